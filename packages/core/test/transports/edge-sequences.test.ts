/**
 * Conversations in which the reference loses, keeps or mixes audio, through the streams and through a call: nothing
 * from before a clear leaves, the end of an utterance sends its tail, each track is a timeline.
 */

import {
  type AudioFrame,
  type Call,
  createResampler,
  DeserializeStream,
  decodeBase64,
  type Frame,
  type FrameToCall,
  mulaw,
  openCall,
  RechunkStream,
  ResampleStream,
  resample,
  SerializeStream,
  samplesFromBytes,
  type Track,
  twilio,
  type WireMessage,
} from '@patchcord/core';
import { createManualClock, createSocketPair, type ManualClock, type PairedSocket } from '@patchcord/testing';
import { type EdgeSequence, readGolden } from '@patchcord/testing/golden';
import { describe, expect, test } from 'vitest';
import { START } from '../streams/frames.ts';
import { through } from '../streams/through.ts';

const golden = readGolden('edge');
const { edge_sequences: rows } = readGolden('differences');
const start = { ...START, streamId: golden.stream_sid, tracks: ['inbound', 'outbound'] as const };
const named = (beginning: string) => golden.sequences.filter(({ name }) => name.startsWith(beginning));

test('every sequence is decided, and has a test here', () => {
  const names = golden.sequences.map(({ name }) => name).sort();
  expect(rows.flatMap((row) => row.names).sort()).toEqual(names);
  const tested = ['interruption', 'utterance', 'mixed'].flatMap(named).map(({ name }) => name);
  expect(tested.sort()).toEqual(names);
});

const pcm = (base64: string) => samplesFromBytes(decodeBase64(base64));

function sound(samples: Int16Array<ArrayBuffer>, sampleRate: number): AudioFrame {
  return { kind: 'audio', samples, sampleRate, channels: 1, timestampMs: 0, track: 'outbound' };
}

/** What the provider hears in these messages: samples, and where clears stand. */
function heard(messages: readonly WireMessage[]): (Int16Array<ArrayBuffer> | 'clear')[] {
  const provider = twilio.createProviderSerializer();
  provider.serialize(start);
  return messages
    .flatMap((message) => provider.deserialize(message))
    .flatMap((frame): (Int16Array<ArrayBuffer> | 'clear')[] => {
      if (frame.kind === 'audio') return [frame.samples];
      return frame.kind === 'clear' ? ['clear'] : [];
    });
}

const joined = (parts: readonly (Int16Array<ArrayBuffer> | string)[]) =>
  Int16Array.from(parts.flatMap((part) => (typeof part === 'string' ? [] : [...part])));

/** What leaves over streams. */
async function sentByStreams(frames: readonly FrameToCall[]): Promise<WireMessage[]> {
  const converted = await through(frames, new ResampleStream({ sampleRate: 8000 }));
  const cut = await through(converted, new RechunkStream({ ms: 20, pad: true }));
  return through(
    cut as FrameToCall[],
    new SerializeStream(twilio.createSerializer({ streamSid: start.streamId })),
  );
}

interface OpenLine {
  readonly call: Call;
  readonly clock: ManualClock;
  readonly line: PairedSocket;
  readonly sent: WireMessage[];
}

async function openLine(sampleRate: number, tracks: readonly Track[] = ['inbound']): Promise<OpenLine> {
  const clock = createManualClock();
  const [socket, line] = createSocketPair();
  const sent: WireMessage[] = [];
  line.addEventListener('message', ({ data }) => sent.push(data as string));
  const opening = openCall(socket, twilio, { clock, sampleRate, markEveryMs: 0 });
  await clock.advance(1);
  for (const message of twilio.createProviderSerializer().serialize({ ...start, tracks })) line.send(message);
  const call = await opening;
  await clock.advance(1);
  return { call, clock, line, sent };
}

describe.each(named('interruption'))('$name', ({ source_rate = 0, chunk_samples = 0, ...sequence }) => {
  const tone = pcm(sequence.tone_pcm_b64!);
  const frames = (): FrameToCall[] => {
    let at = 0;
    return sequence.steps.map((step): FrameToCall => {
      if (step.in === 'InterruptionFrame') return { kind: 'clear' };
      if (step.in === 'silence') return sound(new Int16Array(chunk_samples), source_rate);
      at += chunk_samples;
      return sound(tone.slice(at - chunk_samples, at), source_rate);
    });
  };
  const check = (parts: (Int16Array<ArrayBuffer> | 'clear')[]) => {
    const at = parts.indexOf('clear');
    expect(at).toBeGreaterThan(0);
    expect(joined(parts.slice(0, at)).some((sample) => Math.abs(sample) > 1000)).toBe(true);
    const after = joined(parts.slice(at));
    expect(after.length).toBeGreaterThanOrEqual(8 * 300);
    expect(after.findIndex((sample) => sample !== 0)).toBe(-1);
    expect(sequence.stale_ms_heard_after_clear).toBeGreaterThan(50);
  };

  test('through streams', async () => check(heard(await sentByStreams(frames()))));

  test.each(['written', 'called'])('through a call, the interruption %s', async (how) => {
    const { call, clock, sent } = await openLine(source_rate);
    const all = frames();
    for (const [index, frame] of all.entries()) {
      await clock.advance(sequence.steps[index]!.at_ms - (sequence.steps[index - 1]?.at_ms ?? 0));
      if (frame.kind === 'clear' && how === 'called') call.interrupt();
      else call.send(frame);
    }
    await clock.advance(1000);
    check(heard(sent));
  });
});

describe.each(named('utterance'))('$name', ({ source_rate = 0, in_ms = 0, ...sequence }) => {
  const utterance = pcm(sequence.utterance_pcm_b64!);
  const whole = () => resample(utterance, { from: source_rate, to: 8000, quality: 'balanced' });
  const delay = Math.round(createResampler({ from: source_rate, to: 8000 }).delayMs * 8);
  const piece = ({ first_sample = 0, samples = 0 }: EdgeSequence['steps'][number]) =>
    sound(utterance.slice(first_sample, first_sample + samples), source_rate);
  /** Both utterances stand in what was heard from start to end, the filter's delay before each. */
  const check = (all: Int16Array<ArrayBuffer>) => {
    const one = mulaw.decode(mulaw.encode(whole()));
    expect((1000 * utterance.length) / source_rate).toBe(in_ms / 2);
    expect(one.length).toBe(4 * in_ms);
    expect(sequence.out_ms).toBeLessThan(in_ms);
    // Cut anew to 20 ms, each is filled up with silence.
    const length = 160 * Math.ceil((one.length + delay) / 160);
    expect(all.length).toBe(2 * length);
    for (const at of [delay, length + delay]) {
      expect([...all.subarray(at, at + one.length)]).toEqual([...one]);
    }
  };

  test('through streams, with a mark at the end of each', async () => {
    const frames = sequence.steps.flatMap((step, index): FrameToCall[] =>
      sequence.steps[index + 1]?.first_sample ? [piece(step)] : [piece(step), { kind: 'mark', name: 'end' }],
    );
    check(joined(heard(await sentByStreams(frames))));
  });

  test('through streams, one for each', async () => {
    const second = sequence.steps.findIndex((step, index) => index > 0 && step.first_sample === 0);
    const parts = [sequence.steps.slice(0, second), sequence.steps.slice(second)];
    const sent = await Promise.all(parts.map((steps) => sentByStreams(steps.map(piece))));
    check(joined(heard(sent.flat())));
  });

  test('through a call, with the pause alone', async () => {
    const { call, clock, sent } = await openLine(source_rate);
    for (const [index, step] of sequence.steps.entries()) {
      const sinceMs = step.at_ms - (sequence.steps[index - 1]?.at_ms ?? 0);
      // Each piece comes a little early, as from a source that is ahead: an empty queue for 40 ms ends an utterance.
      await clock.advance(sinceMs > 40 ? sinceMs : 0.9 * sinceMs);
      call.send(piece(step));
    }
    await clock.advance(1000);
    check(joined(heard(sent)));
  });
});

describe.each(named('mixed'))('$name', ({ pipeline_rate = 0, steps }) => {
  const messages = steps.map(({ input_text }) => input_text!);
  const frames = () => {
    const ours = twilio.createSerializer({ streamSid: start.streamId });
    return messages.flatMap((message) => ours.deserialize(message)) as AudioFrame[];
  };
  /** A track as it was: what never came is silence. */
  const timeline = (
    track: Track,
  ): { readonly samples: Int16Array<ArrayBuffer>; readonly startMs: number } => {
    const own = frames().filter((frame) => frame.track === track);
    const startMs = Math.min(...own.map(({ timestampMs }) => timestampMs));
    const endMs = Math.max(...own.map(({ timestampMs }) => timestampMs + 20));
    const samples = new Int16Array((endMs - startMs) * 8);
    for (const frame of own) samples.set(frame.samples, (frame.timestampMs - startMs) * 8);
    return { samples, startMs };
  };
  const convert = (samples: Int16Array<ArrayBuffer>) =>
    pipeline_rate === 8000 ? samples : createResampler({ from: 8000, to: pipeline_rate }).push(samples);

  test('through streams each track is converted by itself, each piece in its place', async () => {
    const converted = (await through(
      await through(messages, new DeserializeStream(twilio.createSerializer({ streamSid: start.streamId }))),
      new ResampleStream({ sampleRate: pipeline_rate }),
    )) as AudioFrame[];
    for (const track of ['inbound', 'outbound'] as const) {
      const own = frames().filter((frame) => frame.track === track);
      const out = converted.filter((frame) => frame.track === track);
      expect(out.slice(0, own.length).map(({ timestampMs }) => timestampMs)).toEqual(
        own.map(({ timestampMs }) => timestampMs),
      );
      const whole = convert(Int16Array.from(own.flatMap(({ samples }) => [...samples])));
      expect(joined(out.map(({ samples }) => samples)).subarray(0, whole.length)).toEqual(whole);
    }
  });

  /** What a call hears of each track when these messages come. */
  async function heardByCall(all: readonly string[]) {
    const { call, clock, line } = await openLine(pipeline_rate, ['inbound', 'outbound']);
    const tracks: Record<Track, AudioFrame[]> = { inbound: [], outbound: [] };
    call.observe((frame: Frame, phase) => {
      if (frame.kind === 'audio' && phase === 'received') tracks[frame.track].push(frame);
    });
    for (const message of all) {
      line.send(message);
      await clock.advance(1);
    }
    return { tracks, stats: call.stats };
  }

  const checkCall = (tracks: Record<Track, AudioFrame[]>) => {
    for (const track of ['inbound', 'outbound'] as const) {
      const { samples, startMs } = timeline(track);
      expect(joined(tracks[track].map((frame) => frame.samples)), track).toEqual(convert(samples));
      let nextMs = startMs;
      for (const frame of tracks[track]) {
        expect(frame.timestampMs).toBe(nextMs);
        nextMs += (1000 * frame.samples.length) / pipeline_rate;
      }
    }
  };

  test('through a call each track is a timeline, with silence where audio never came', async () => {
    const { tracks, stats } = await heardByCall(messages);
    checkCall(tracks);
    expect(tracks.inbound.filter(({ concealed }) => concealed)).not.toEqual([]);
    expect(stats).toMatchObject({ late: 0, duplicate: 0, malformed: 0 });
  });

  test('through a call what comes twice or too late changes nothing', async () => {
    const again = messages.flatMap((message, index) => {
      const earlier = messages[index - 4];
      return [message, message, ...(earlier === undefined ? [] : [earlier])];
    });
    const { tracks, stats } = await heardByCall(again);
    checkCall(tracks);
    expect(stats.duplicate).toBe(messages.length);
    expect(stats.late).toBe(messages.length - 4);
  });
});

describe('a gap', () => {
  const { streams } = readGolden('deserialize');
  const { messages } = streams.gaps!;

  test.each([8000, 16_000, 24_000])(
    'neither loses what is held nor restarts a delay, at %i Hz',
    async (sampleRate) => {
      const { call, clock, line } = await openLine(sampleRate);
      const ours = twilio.createSerializer();
      const frames = messages
        .flatMap((message) => ours.deserialize(message))
        .filter((frame): frame is AudioFrame => frame.kind === 'audio');
      const out: AudioFrame[] = [];
      call.observe((frame, phase) => {
        if (frame.kind === 'audio' && phase === 'received') out.push(frame);
      });
      // The numbers of the golden stream follow on, so the gaps are written into them: 170 ms and 520 ms.
      const gaps = new Map([
        [15, 170],
        [35, 520],
      ]);
      let atMs = 0;
      const provider = twilio.createProviderSerializer();
      provider.serialize(start);
      const whole = new Int16Array((frames.length * 20 + 690) * 8);
      for (const [index, frame] of frames.entries()) {
        atMs += gaps.get(index) ?? 0;
        whole.set(frame.samples, atMs * 8);
        for (const message of provider.serialize({ ...frame, timestampMs: atMs })) line.send(message);
        atMs += 20;
        await clock.advance(1);
      }
      const expected =
        sampleRate === 8000 ? whole : createResampler({ from: 8000, to: sampleRate }).push(whole);
      const all = joined(out.map(({ samples }) => samples));
      expect(all.length).toBe((whole.length * sampleRate) / 8000);
      expect(all).toEqual(expected);
      expect(call.stats.lostMs).toBe(690);
    },
  );
});
