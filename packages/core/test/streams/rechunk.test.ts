import { type AudioFrame, type Frame, RechunkStream } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { audio, count } from './frames.ts';
import { through } from './through.ts';

const mark: Frame = { kind: 'mark', name: 'm' };
const clear: Frame = { kind: 'clear' };

const lengths = (frames: readonly Frame[]) =>
  frames.map((frame) => (frame.kind === 'audio' ? frame.samples.length : frame.kind));

describe('RechunkStream', () => {
  test('cuts long frames, with the time of each piece', async () => {
    const frames = await through([audio(count(400), { timestampMs: 100 })], new RechunkStream({ ms: 20 }));
    expect(frames).toEqual([
      audio(count(160), { timestampMs: 100 }),
      audio(count(160, 161), { timestampMs: 120 }),
      audio(count(80, 321), { timestampMs: 140 }),
    ]);
  });

  test('joins short frames, with the time of the first', async () => {
    const frames = await through(
      [audio(count(100), { timestampMs: 40 }), audio(count(100, 101), { timestampMs: 52.5 })],
      new RechunkStream({ ms: 20 }),
    );
    expect(frames).toEqual([
      audio(count(160), { timestampMs: 40 }),
      audio(count(40, 161), { timestampMs: 52.5 + 60 / 8 }),
    ]);
  });

  test('lets a frame of the right length pass as it is', async () => {
    const frame = audio(count(160));
    const [out] = await through([frame], new RechunkStream({ ms: 20 }));
    expect(out).toBe(frame);
  });

  test('fills up the last frame of an utterance with silence', async () => {
    const frames = await through([audio(count(200))], new RechunkStream({ ms: 20, pad: true }));
    expect(frames).toEqual([
      audio(count(160)),
      audio([...count(40, 161), ...new Array<number>(120).fill(0)], { timestampMs: 20 }),
    ]);
  });

  test('keeps the order: an utterance ends before whatever follows it', async () => {
    const input: Frame[] = [
      audio(count(10)),
      mark,
      audio(count(10)),
      { kind: 'dtmf', digit: '1', track: 'inbound' },
    ];
    expect(lengths(await through(input, new RechunkStream({ ms: 20, pad: true })))).toEqual([
      160,
      'mark',
      160,
      'dtmf',
    ]);
    expect(lengths(await through(input, new RechunkStream({ ms: 20 })))).toEqual([10, 'mark', 10, 'dtmf']);
  });

  test('drops at clear what it holds', async () => {
    const input = [audio(count(170)), clear, audio(count(160, 1000))];
    const frames = await through(input, new RechunkStream({ ms: 20, pad: true }));
    expect(frames).toEqual([audio(count(160)), clear, audio(count(160, 1000))]);
  });

  test('keeps tracks apart', async () => {
    const input = [
      audio(count(100)),
      audio(count(100, 1001), { track: 'outbound' }),
      audio(count(60, 101)),
      audio(count(60, 1101), { track: 'outbound' }),
    ];
    expect(await through(input, new RechunkStream({ ms: 20 }))).toEqual([
      audio(count(160)),
      audio(count(160, 1001), { track: 'outbound' }),
    ]);
  });

  test('ends an utterance where the rate or the channels change', async () => {
    const input = [
      audio(count(100)),
      audio(count(320), { sampleRate: 16000 }),
      audio(count(320), { channels: 2 }),
    ];
    const frames = await through(input, new RechunkStream({ ms: 20, pad: true }));
    expect(
      frames.map((frame) => [(frame as AudioFrame).samples.length, (frame as AudioFrame).sampleRate]),
    ).toEqual([
      [160, 8000],
      [320, 16000],
      [320, 8000],
    ]);
  });

  test('calls samples made up only where all of a frame are', async () => {
    const madeUp = { concealed: true } as const;
    const input = [
      audio(count(100), madeUp),
      audio(count(220, 101)),
      audio(count(160), madeUp),
      audio(count(80), madeUp),
    ];
    const frames = await through(input, new RechunkStream({ ms: 20 }));
    expect(frames.map((frame) => 'concealed' in frame)).toEqual([false, false, true, true]);
  });

  test('neither loses nor invents a sample, whatever the cuts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(500), { maxLength: 10 }),
        fc.constantFrom(5, 10, 20, 30),
        fc.boolean(),
        async (cuts, ms, pad) => {
          let at = 0;
          const input = cuts.map((length) => {
            const frame = audio(count(length, at + 1), { timestampMs: at / 8 });
            at += length;
            return frame;
          });
          const output = (await through(input, new RechunkStream({ ms, pad }))) as AudioFrame[];
          const samples = output.flatMap((frame) => [...frame.samples]);
          expect(samples.slice(0, at)).toEqual(count(at).map((value) => (value << 16) >> 16));
          expect(samples.slice(at).every((sample) => sample === 0)).toBe(true);
          expect(output.every((frame, index) => frame.timestampMs === index * ms)).toBe(true);
          expect(output.slice(0, -1).every((frame) => frame.samples.length === ms * 8)).toBe(true);
          if (pad) expect(samples.length % (ms * 8)).toBe(0);
          else expect(samples.length).toBe(at);
        },
      ),
      { seed: 711 },
    );
  });

  test.each([0, -20, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d ms', (ms) => {
    expect(() => new RechunkStream({ ms })).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});
