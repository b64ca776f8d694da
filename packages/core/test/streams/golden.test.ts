/**
 * Other rates than the wire's, beside the reference. Its filter is another one, so samples are compared where both
 * pass everything, below 3400 Hz, once the declared delay is taken away; its `full_nodither` has none.
 */

import {
  type AudioFrame,
  createResampler,
  DeserializeStream,
  decodeBase64,
  type Frame,
  mulaw,
  type ResamplerQuality,
  ResampleStream,
  resample,
  SerializeStream,
  samplesFromBytes,
  twilio,
} from '@patchcord/core';
import { readGolden } from '@patchcord/testing/golden';
import { describe, expect, test } from 'vitest';
import { Spectrum } from './spectrum.ts';
import { through } from './through.ts';

const PASSED_HZ = 3400;
const BAND_HZ = 200;
/** Signal to difference, over all frequencies that both pass. Rounding to 16 bits alone leaves 75 to 95 dB. */
const AGREED_DB = 70;
const QUALITIES: readonly ResamplerQuality[] = ['low-latency', 'balanced', 'best'];

const pcm = (base64: string) => samplesFromBytes(decodeBase64(base64));

function joined(frames: readonly Frame[]): Int16Array<ArrayBuffer> {
  return Int16Array.from(frames.flatMap((frame) => (frame.kind === 'audio' ? [...frame.samples] : [])));
}

/** Samples that the tail adds: the declared delay. */
function tailOf(from: number, to: number, quality: ResamplerQuality): number {
  return Math.round((createResampler({ from, to, quality }).delayMs * to) / 1000);
}

/** How much louder each band of one sound is than of another, in dB, where there is anything to hear. */
function bandDifferences(sound: Int16Array, reference: Int16Array, sampleRate: number): number[] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(sound.length, reference.length)));
  const [ours, theirs] = [new Spectrum(sound, sampleRate, size), new Spectrum(reference, sampleRate, size)];
  const bands = Array.from({ length: PASSED_HZ / BAND_HZ - 1 }, (_, band) => 100 + band * BAND_HZ);
  const loudest = Math.max(...bands.map((hz) => theirs.energy(hz, hz + BAND_HZ)));
  return bands
    .filter((hz) => theirs.energy(hz, hz + BAND_HZ) > loudest / 1e6)
    .map((hz) => 10 * Math.log10(ours.energy(hz, hz + BAND_HZ) / theirs.energy(hz, hz + BAND_HZ)));
}

function signalToError(sound: Int16Array, reference: Int16Array, sampleRate: number): number {
  const size = 2 ** Math.ceil(Math.log2(reference.length));
  return new Spectrum(reference, sampleRate, size).signalToError(
    new Spectrum(sound, sampleRate, size),
    PASSED_HZ,
  );
}

describe('deserialize.json at other rates', () => {
  const golden = readGolden('deserialize');

  const read = async (stream: string, sampleRate: number, quality: ResamplerQuality) =>
    (
      await through(
        golden.streams[stream]!.messages,
        new DeserializeStream(twilio.createSerializer(), { onError: () => {} }),
      ).then((frames) => through(frames, new ResampleStream({ sampleRate, quality })))
    ).filter((frame): frame is AudioFrame => frame.kind === 'audio');

  const whole = golden.cases.filter((row) => row.full_nodither_b64 !== undefined);
  const runs = whole.flatMap((row) => QUALITIES.map((quality) => ({ ...row, quality })));

  test('has cases', () => expect(whole.length).toBeGreaterThanOrEqual(8));

  test.each(runs)(
    '$stream at $sample_rate Hz, $quality',
    async ({ stream, sample_rate, quality, ...row }) => {
      const reference = pcm(row.full_nodither_b64!);
      const sound = joined(await read(stream, sample_rate, quality));
      expect(sound.length - tailOf(8000, sample_rate, quality)).toBe(row.full_samples);
      expect(sound.length).toBeGreaterThanOrEqual(row.out_samples.reduce((sum, samples) => sum + samples, 0));
      const aligned = sound.subarray(tailOf(8000, sample_rate, quality));
      for (const difference of bandDifferences(aligned, reference, sample_rate)) {
        expect(Math.abs(difference)).toBeLessThan(0.5);
      }
      if (quality === 'best')
        expect(signalToError(aligned, reference, sample_rate)).toBeGreaterThan(AGREED_DB);
    },
  );

  test.each(whole)(
    '$stream at $sample_rate Hz is the reference’s, sample by sample',
    ({ stream, sample_rate, ...row }) => {
      const codes = decodeBase64(golden.streams[stream]!.ulaw_b64);
      const sound = resample(mulaw.decode(codes), { from: 8000, to: sample_rate, quality: 'best' });
      expect(sound.length).toBe(row.full_samples);
      expect(signalToError(sound, pcm(row.full_nodither_b64!), sample_rate)).toBeGreaterThan(AGREED_DB);
    },
  );

  test.each(golden.cases.filter((row) => row.stream === 'gaps'))(
    'a gap at $sample_rate Hz costs no audio',
    async ({ stream, sample_rate, out_samples }) => {
      const frames = await read(stream, sample_rate, 'balanced');
      const sound = joined(frames);
      expect(sound.length).toBe((50 * 20 * sample_rate) / 1000 + tailOf(8000, sample_rate, 'balanced'));
      expect(sound.length).toBeGreaterThanOrEqual(out_samples.reduce((sum, samples) => sum + samples, 0));
    },
  );

  test('silence stays silence', async () => {
    const sound = joined(await read('silence', 16000, 'balanced'));
    expect(sound.length).toBeGreaterThanOrEqual(6400);
    expect(sound.every((sample) => sample === 0)).toBe(true);
  });
});

describe('serialize_audio.json at other rates', () => {
  const golden = readGolden('serialize_audio');
  const cases = golden.cases.filter((row) => row.source_rate !== 8000);
  const references = new Map(
    cases.flatMap((row) =>
      row.full_nodither_pcm_b64 ? [[row.source_rate, pcm(row.full_nodither_pcm_b64)]] : [],
    ) as [number, Int16Array][],
  );

  function pieces(rate: number, lengths: readonly number[]): AudioFrame[] {
    const source = pcm(golden.sources_pcm_b64[String(rate)]!);
    let at = 0;
    return lengths.map((length) => {
      const frame: AudioFrame = {
        kind: 'audio',
        samples: source.slice(at, at + length),
        sampleRate: rate,
        channels: 1,
        timestampMs: (1000 * at) / rate,
        track: 'outbound',
      };
      at += length;
      return frame;
    });
  }

  test('has cases', () =>
    expect(new Set(references.keys())).toEqual(new Set([16000, 22050, 24000, 44100, 48000])));

  test.each(cases)(
    'from $source_rate Hz in pieces of $chunking',
    async ({ source_rate, chunk_samples, ...row }) => {
      const reference = references.get(source_rate)!;
      const converted = await through(
        pieces(source_rate, chunk_samples),
        new ResampleStream({ sampleRate: 8000 }),
      );
      const sound = joined(converted);
      expect(
        Math.abs(sound.length - tailOf(source_rate, 8000, 'balanced') - reference.length),
      ).toBeLessThanOrEqual(1);
      expect(sound.length).toBeGreaterThanOrEqual(row.out_bytes.reduce((sum, bytes) => sum + bytes, 0));
      for (const difference of bandDifferences(sound, reference, 8000))
        expect(Math.abs(difference)).toBeLessThan(0.5);

      const messages = await through(
        converted as AudioFrame[],
        new SerializeStream(twilio.createSerializer({ streamSid: 'MZ1' })),
      );
      const codes = messages.map((message) => decodeBase64(JSON.parse(message as string).media.payload));
      expect(codes.flatMap((part) => [...mulaw.decode(part)])).toEqual([
        ...mulaw.decode(mulaw.encode(sound)),
      ]);
    },
  );

  test.each([...references])('from %i Hz is the reference’s, sample by sample', async (rate, reference) => {
    const source = pcm(golden.sources_pcm_b64[String(rate)]!);
    const sound = resample(source, { from: rate, to: 8000, quality: 'best' });
    expect(Math.abs(sound.length - reference.length)).toBeLessThanOrEqual(1);
    expect(signalToError(sound, reference, 8000)).toBeGreaterThan(AGREED_DB);
    // The stream gives the same, the declared delay later.
    const { chunk_samples } = cases.find((row) => row.source_rate === rate && row.chunking === 'odd')!;
    const frames = await through(
      pieces(rate, chunk_samples),
      new ResampleStream({ sampleRate: 8000, quality: 'best' }),
    );
    expect(joined(frames).subarray(tailOf(rate, 8000, 'best'))).toEqual(sound);
  });
});
