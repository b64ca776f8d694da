/**
 * Odd input, beside what the reference makes of it. Every case has a decided outcome: it is matched, or stands in
 * `differences.json` with what happens here and why.
 */

import {
  type AudioFrame,
  bytesFromSamples,
  createResampler,
  DeserializeStream,
  decodeBase64,
  encodeBase64,
  type Frame,
  type FrameFromCall,
  type FrameToCall,
  MediaError,
  type MessageData,
  type MessageFrame,
  openCall,
  ResampleStream,
  samplesFromBytes,
  twilio,
} from '@patchcord/core';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { type DeserializeOutcome, type NamedDifference, readGolden } from '@patchcord/testing/golden';
import { describe, expect, test } from 'vitest';
import { createFrameResampler } from '../../src/streams/resample.ts';
import { START } from '../streams/frames.ts';
import { through } from '../streams/through.ts';

const golden = readGolden('edge');
const differences = readGolden('differences');
const streamSid = golden.stream_sid;
const start = { ...START, streamId: streamSid };
const GOOD =
  '{"event":"media","media":{"track":"inbound","timestamp":"60000","payload":"/wB/gA=="},"streamSid":"' +
  `${streamSid}"}`;

/** Decides each case: the same as the reference's, or as its row in `differences.json` says. */
function decider(rows: readonly NamedDifference[], names: readonly string[]) {
  const byName = new Map(rows.flatMap((row) => row.names.map((name) => [name, row] as const)));
  test('every difference is one of a case, and says why', () => {
    expect([...byName.keys()].filter((name) => !names.includes(name))).toEqual([]);
    expect(rows.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });
  return (name: string, ours: { readonly word: string; readonly value?: unknown }, theirs: unknown) => {
    const row = byName.get(name);
    if (!row) return expect(ours.value).toEqual(theirs);
    expect(ours.word).toBe(row.ours);
    expect(ours.value).not.toEqual(theirs);
  };
}

/** What we make of a message: in a word, and in the words of the golden data where it has them. */
function read(deserialize: () => Frame[]): { readonly word: string; readonly value?: unknown } {
  try {
    const [frame, ...more] = deserialize();
    expect(more).toEqual([]);
    if (!frame) return { word: 'nothing', value: null };
    if (frame.kind === 'dtmf') {
      return { word: frame.kind, value: { frame: 'InputDTMFFrame', button: frame.digit } };
    }
    if (frame.kind !== 'audio') return { word: frame.kind };
    const { sampleRate: sample_rate, channels: num_channels, samples } = frame;
    const sound = { sample_rate, num_channels, num_frames: samples.length };
    const audio_b64 = encodeBase64(bytesFromSamples(samples));
    return { word: frame.kind, value: { frame: 'InputAudioRawFrame', ...sound, audio_b64 } };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    expect(error.message).not.toContain('qOW4');
    return { word: error.code, value: 'error' };
  }
}

const theirs = (outcome: DeserializeOutcome) => (outcome && 'error' in outcome ? 'error' : outcome);
const inputOf = (row: (typeof golden.deserialize_single)[number]): string | Uint8Array<ArrayBuffer> =>
  row.input_text ?? decodeBase64(row.input_b64!);

describe('deserialize_single', () => {
  const cases = golden.deserialize_single;
  const decide = decider(
    differences.edge,
    cases.map(({ name }) => name),
  );

  test.each(cases)('$name', (row) => {
    const ours = twilio.createSerializer({ streamSid });
    const outcome = read(() => ours.deserialize(inputOf(row)));
    decide(row.name, outcome, theirs(row.outcome));
    // The serializer is usable after: a good message gives what it always gives.
    expect(row.usable_after).toBe(true);
    if (outcome.word === 'stop') return;
    const fresh = twilio.createSerializer({ streamSid });
    if (outcome.word === 'start') fresh.deserialize(inputOf(row));
    expect(ours.deserialize(GOOD)).toEqual(fresh.deserialize(GOOD));
  });

  /** Kinds of frames, and samples: of a case behind a `start`, and of a good message behind it. */
  const expectedOf = (row: (typeof cases)[number], rate: number) => {
    const ours = twilio.createSerializer();
    const resampler = createFrameResampler({ sampleRate: rate });
    let malformed = 0;
    const frames = [...twilio.createProviderSerializer().serialize(start), inputOf(row), GOOD].flatMap(
      (message): FrameFromCall[] => {
        try {
          return ours.deserialize(message);
        } catch {
          malformed++;
          return [];
        }
      },
    );
    const converted = [...frames.flatMap((frame) => resampler.push(frame)), ...resampler.end()];
    return { frames: converted, malformed };
  };

  test.each([8000, 16_000, 24_000])('through streams at %i Hz', async (rate) => {
    for (const row of cases) {
      const expected = expectedOf(row, rate);
      let malformed = 0;
      const messages = [...twilio.createProviderSerializer().serialize(start), inputOf(row), GOOD];
      const frames = await through(
        await through(
          messages,
          new DeserializeStream(twilio.createSerializer(), { onError: () => malformed++ }),
        ),
        new ResampleStream({ sampleRate: rate }),
      );
      expect(frames, row.name).toEqual(expected.frames);
      expect(malformed, row.name).toBe(expected.malformed);
    }
  });

  test.each([8000, 16_000, 24_000])('through openCall at %i Hz', async (rate) => {
    for (const row of cases) {
      const { frames, malformed } = expectedOf(row, rate);
      const clock = createManualClock();
      const [socket, line] = createSocketPair();
      const opening = openCall(socket, twilio, { clock, sampleRate: rate, gapCapMs: 20 });
      await clock.advance(1);
      for (const message of twilio.createProviderSerializer().serialize(start)) line.send(message);
      line.send(inputOf(row));
      line.send(GOOD);
      const call = await opening;
      const kinds: string[] = [];
      let heardMs = 0;
      call.observe((frame, phase) => {
        if (phase !== 'received') return;
        if (frame.kind === 'audio') heardMs = frame.timestampMs + (1000 * frame.samples.length) / rate;
        else kinds.push(frame.kind);
      });
      await clock.advance(2);
      const stopped = frames.some(({ kind }) => kind === 'stop');
      expect(kinds, row.name).toEqual(
        frames.map(({ kind }) => kind).filter((kind) => kind !== 'audio' && kind !== 'start'),
      );
      expect(call.stats.malformed, row.name).toBe(malformed - (stopped ? 1 : 0));
      // The good message, 4 samples at 60 s, is heard in its place whatever came before it.
      if (!stopped) expect(Math.abs(heardMs - 60_000.5), row.name).toBeLessThan(0.2);
      void call.end({ when: 'now' });
      line.close();
      await clock.advance(2500);
    }
  });
});

describe('deserialize_argument_types', () => {
  const cases = golden.deserialize_argument_types;
  const decide = decider(
    differences.edge_argument_types,
    cases.map(({ name }) => name),
  );
  const bytes = decodeBase64(golden.deserialize_single.find(({ name }) => name === 'bytes_utf8')!.input_b64!);
  const likenesses = new Map<string, unknown>([
    ['null', null],
    ['number', 1e9],
    ['object', { length: 1e9 }],
    ['list', [123, 125]],
    ['bytearray_valid', bytes],
    ['memoryview_valid', new DataView(bytes.buffer)],
  ]);

  test.each(cases)('$name', ({ name, outcome }) => {
    expect(likenesses.has(name)).toBe(true);
    const ours = twilio.createSerializer({ streamSid });
    decide(
      name,
      read(() => ours.deserialize(likenesses.get(name) as MessageData)),
      theirs(outcome),
    );
    expect(ours.deserialize(GOOD)).toHaveLength(1);
  });
});

describe('serialize', () => {
  const cases = golden.serialize;
  const decide = decider(
    differences.edge_serialize,
    cases.map(({ name }) => name),
  );
  const python: Readonly<Record<string, unknown>> = {
    message_python_bytes: { b: 1n },
    message_python_set: undefined,
    message_python_nan: { b: Number.NaN },
    message_python_inf: { b: Number.POSITIVE_INFINITY },
    message_python_int_keys: { 1: 2 },
    message_python_tuple_key: Symbol('1, 2'),
    message_python_tuple_value: { t: [1, 2] },
  };

  test.each(cases)('$name', ({ name, params = {}, steps, outcome }) => {
    const { twilio_sample_rate: sampleRate = 8000, ignore_rtvi_messages } = params;
    const ours = twilio.createSerializer({
      streamSid,
      sampleRate,
      sendRtvi: ignore_rtvi_messages === false,
    });
    const resampler = createFrameResampler({ sampleRate });
    const all = steps ?? [{ frame: { type: 'message', message: python[name] }, outcome: outcome! }];
    const made = all.map(({ frame }) => {
      try {
        const texts = resampler
          .push(frameOf(frame))
          .flatMap((converted) => ours.serialize(converted as FrameToCall));
        if (texts.length === 0) return { word: 'nothing', value: null };
        return { word: texts.map(() => 'text').join(' + '), value: texts.length > 1 ? texts : texts[0] };
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
        return { word: error.code, value: 'error' };
      }
    });
    decide(
      name,
      { word: made.map(({ word }) => word).join(', '), value: made.map(({ value }) => parsed(value)) },
      all.map(({ outcome }) => (outcome && 'error' in outcome ? 'error' : outcome && parsed(outcome.text))),
    );
    expect(ours.serialize({ kind: 'clear' })).toHaveLength(1);
  });

  /** The exact text of media messages, the value of others. */
  const parsed = (text: unknown): unknown =>
    typeof text === 'string' && text.startsWith('{') && !text.includes('"media"')
      ? JSON.parse(text.replaceAll(/\b(NaN|Infinity)\b/g, '"$1"'))
      : text;

  function frameOf(frame: NonNullable<(typeof cases)[number]['steps']>[number]['frame']): FrameToCall {
    if (frame.audio_b64 === undefined) {
      return { kind: 'message', message: frame.message as MessageFrame['message'] };
    }
    return {
      kind: 'audio',
      samples: samplesFromBytes(decodeBase64(frame.audio_b64)),
      sampleRate: frame.sample_rate!,
      channels: frame.num_channels!,
      timestampMs: 0,
      track: 'outbound',
    };
  }
});

describe('setup', () => {
  const cases = golden.setup as readonly { readonly name: string; readonly outcome?: unknown }[];
  const decide = decider(
    differences.edge_setup,
    cases.map(({ name }) => name),
  );
  const notApplicable = { word: 'not applicable' };
  const text = (samples: Int16Array<ArrayBuffer>) =>
    twilio.createSerializer({ streamSid }).serialize({
      kind: 'audio',
      samples,
      sampleRate: 8000,
      channels: 1,
      timestampMs: 0,
      track: 'outbound',
    })[0];
  const media = (codes: Uint8Array) =>
    JSON.stringify({ event: 'media', media: { payload: encodeBase64(codes) }, streamSid });

  test.each(cases)('$name', ({ name, outcome }) => {
    const ours = twilio.createSerializer({ streamSid });
    switch (name) {
      case 'deserialize_before_setup':
        return decide(
          name,
          read(() => ours.deserialize(media(new Uint8Array(160)))),
          'error',
        );
      case 'dtmf_before_setup':
        return decide(
          name,
          read(() => ours.deserialize('{"event":"dtmf","dtmf":{"digit":"5"}}')),
          outcome,
        );
      case 'serialize_8k_before_setup': {
        const { text: expected } = outcome as { text: string };
        const codes = decodeBase64(JSON.parse(expected).media.payload);
        const sound = twilio.createSerializer({ streamSid }).deserialize(media(codes))[0] as AudioFrame;
        return decide(name, { word: 'text', value: text(sound.samples) }, expected);
      }
      case 'start_frame_rate_zero':
        return decide(
          name,
          read(() =>
            twilio
              .createSerializer()
              .deserialize(
                (twilio.createProviderSerializer().serialize(start)[1] as string).replace(
                  '"sampleRate":8000',
                  '"sampleRate":0',
                ),
              ),
          ),
          'error',
        );
      default:
        return decide(name, notApplicable, outcome ?? []);
    }
  });

  test.each([0, -1, 8000.5, Number.NaN])(
    'a call at %d Hz is refused when it is opened',
    async (sampleRate) => {
      const [socket] = createSocketPair();
      await expect(openCall(socket, twilio, { sampleRate })).rejects.toMatchObject({
        code: 'invalid-argument',
      });
    },
  );

  test('frames of one rate after another are all converted', async () => {
    const frames = [16_000, 24_000, 8000, 24_000].map(
      (sampleRate, index): AudioFrame => ({
        kind: 'audio',
        samples: new Int16Array(sampleRate / 50).fill(1000),
        sampleRate,
        channels: 1,
        timestampMs: 20 * index,
        track: 'inbound',
      }),
    );
    const converted = await through(frames, new ResampleStream({ sampleRate: 8000 }));
    const samples = converted.reduce((sum, frame) => sum + (frame as AudioFrame).samples.length, 0);
    const tails = [16_000, 24_000, 24_000].map((from) =>
      Math.round(createResampler({ from, to: 8000 }).delayMs * 8),
    );
    expect(samples).toBe(4 * 160 + tails.reduce((sum, tail) => sum + tail, 0));
  });
});

describe('constructor', () => {
  const names = golden.constructor.map((_, index) => String(index));
  const decide = decider(differences.edge_constructor, names);

  test.each(names)('arguments %s', (name) => {
    const row = golden.constructor[Number(name)] as {
      readonly stream_sid: string | null;
      readonly params: { readonly auto_hang_up?: boolean } | null;
      readonly outcome: unknown;
    };
    if (row.params?.auto_hang_up !== false) return decide(name, { word: 'not applicable' }, row.outcome);
    const { stream_sid } = row;
    const ours = twilio.createSerializer(stream_sid === null ? {} : { streamSid: stream_sid });
    expect(ours.deserialize('{"event":"dtmf","dtmf":{"digit":"5"}}')).toHaveLength(1);
    return decide(name, { word: 'made', value: 'ok' }, row.outcome);
  });

  test('a call that is to hang up with nothing to do it is refused when it is opened', async () => {
    const [socket] = createSocketPair();
    await expect(openCall(socket, twilio, { autoHangUp: true })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});
