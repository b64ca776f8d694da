/** Twilio's messages beside what the reference serializer makes of them: equal, but for the rows of `differences.json`. */

import {
  type AudioFrame,
  bytesFromSamples,
  decodeBase64,
  encodeBase64,
  type Frame,
  isWellFormed,
  MediaError,
  type MessageFrame,
  samplesFromBytes,
  twilio,
} from '@patchcord/core';
import { readGolden } from '@patchcord/testing/golden';
import { describe, expect, test } from 'vitest';

const differences = readGolden('differences');

/** What our side makes of a message: in a word, and in the words of the golden data where it has them. */
function outcomeOf(deserialize: () => Frame[]): { readonly ours: string; readonly golden?: unknown } {
  try {
    const [frame, ...more] = deserialize();
    expect(more).toEqual([]);
    if (!frame) return { ours: 'nothing', golden: null };
    if (frame.kind === 'audio') {
      return { ours: frame.kind, golden: { frame: 'InputAudioRawFrame', ...inGoldenWords(frame) } };
    }
    if (frame.kind === 'dtmf') {
      return { ours: frame.kind, golden: { frame: 'InputDTMFFrame', button: frame.digit } };
    }
    return { ours: frame.kind };
  } catch (error) {
    if (error instanceof MediaError) return { ours: error.code, golden: error.code };
    throw error;
  }
}

const inGoldenWords = (frame: AudioFrame) => ({
  sample_rate: frame.sampleRate,
  num_channels: frame.channels,
  num_frames: frame.samples.length,
  audio_b64: encodeBase64(bytesFromSamples(frame.samples)),
});

describe('deserialize.json at 8000 Hz', () => {
  const golden = readGolden('deserialize');
  const cases = golden.cases.filter((row) => row.sample_rate === 8000);
  const used = new Set<object>();

  test('has cases', () => expect(cases.map((row) => row.stream)).toEqual(['speech', 'sweep']));

  test.each(cases)('stream $stream', ({ stream, outcomes }) => {
    const { messages } = golden.streams[stream]!;
    const ours = twilio.createSerializer({ streamSid: golden.stream_sid });
    messages.forEach((message, index) => {
      const outcome = outcomeOf(() => ours.deserialize(message));
      const difference = differences.deserialize.find(({ when }) => isLike(JSON.parse(message), when));
      if (difference) used.add(difference);
      if (difference) {
        expect(outcome.ours).toBe(difference.ours);
        expect(outcome.golden).not.toEqual(outcomes[index]);
      } else {
        expect(outcome.golden, `message ${index}`).toEqual(outcomes[index]);
      }
    });
  });

  test('every difference was met', () => {
    expect(differences.deserialize.filter((row) => !used.has(row))).toEqual([]);
  });

  test.each(Object.entries(golden.streams))('stream %s reads as a call does', (_, { messages }) => {
    const ours = twilio.createSerializer();
    const frames = messages.flatMap((message) => {
      try {
        return ours.deserialize(message);
      } catch {
        return []; // the two malformed keys
      }
    });
    expect(isWellFormed(frames)).toBe(true);
    expect(frames.length).toBeGreaterThanOrEqual(messages.length - 3);
  });

  test.each(Object.entries(golden.streams))('stream %s is written as it was read', (_, { messages }) => {
    const ours = twilio.createSerializer();
    const provider = twilio.createProviderSerializer();
    const written: unknown[] = [];
    // Up to the keys, which stand with numbers that count messages that are not frames.
    const readable = messages.filter((message) => !/"(dtmf|mark|surprise|stop)"/.test(message));
    for (const message of readable) {
      for (const frame of ours.deserialize(message)) written.push(...provider.serialize(frame));
    }
    expect(written).toEqual(readable);
  });
});

/** Whether all of the pattern's fields stand in the value. */
function isLike(value: unknown, pattern: object): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    const actual = (value as Record<string, unknown>)[key];
    return typeof expected === 'object' ? isLike(actual ?? {}, expected) : actual === expected;
  });
}

describe('serialize_audio.json at 8000 Hz', () => {
  const golden = readGolden('serialize_audio');
  const source = samplesFromBytes(decodeBase64(golden.sources_pcm_b64['8000']!));
  const cases = golden.cases.filter((row) => row.source_rate === 8000);

  test('has cases', () => expect(cases.map((row) => row.chunking)).toEqual(['10ms', '20ms', '40ms', 'odd']));

  test.each(cases)('in pieces of $chunking', ({ chunk_samples, texts }) => {
    const ours = twilio.createSerializer({ streamSid: readGolden('deserialize').stream_sid });
    let at = 0;
    const written = chunk_samples.map((length) => {
      const samples = source.slice(at, at + length);
      at += length;
      return ours.serialize(audio(samples, 8000, 1))[0] ?? null;
    });
    expect(written).toEqual(texts);
  });
});

function audio(samples: Int16Array<ArrayBuffer>, sampleRate: number, channels: number): AudioFrame {
  return { kind: 'audio', samples, sampleRate, channels, timestampMs: 0, track: 'outbound' };
}

describe('serialize_other.json', () => {
  const golden = readGolden('serialize_other');

  test.each(golden.cases.map((row, index) => ({ index, type: row.frame.type, ...row })))(
    '$index $type',
    ({ stream_sid, params, frame, outcome }) => {
      const ours = twilio.createSerializer({
        streamSid: stream_sid,
        sendRtvi: params.ignore_rtvi_messages === false,
      });
      const difference = differences.serialize.find((row) => row.frame === frame.type);
      const likeness = likenessOf(frame);
      if (difference) {
        expect(outcome).toBeNull();
        if (difference.ours === 'no such frame') expect(likeness).toBeUndefined();
        else
          expect(() => ours.serialize(likeness as MessageFrame)).toThrow(
            expect.objectContaining({ code: difference.ours }),
          );
        return;
      }
      const written = ours.serialize(likeness as MessageFrame);
      if (outcome === null) return expect(written).toEqual([]);
      const expected = (outcome as { text: string }).text;
      expect(written).toHaveLength(1);
      if (likeness?.kind === 'message')
        expect(withoutNegativeZero(written[0])).toEqual(withoutNegativeZero(expected));
      else expect(written[0]).toBe(expected);
    },
  );

  test('every difference was met', () => {
    const types = new Set(golden.cases.map((row) => row.frame.type));
    expect(differences.serialize.filter((row) => !types.has(row.frame))).toEqual([]);
  });

  /** JSON parsed; `-0.0`, which JavaScript writes as `0`, counts as 0. */
  function withoutNegativeZero(text: unknown): unknown {
    return JSON.parse(String(text), (_, value) => (value === 0 ? 0 : value));
  }

  /** The frame of ours that stands for the reference's. */
  function likenessOf(frame: (typeof golden.cases)[number]['frame']): Frame | undefined {
    if (frame.audio_b64 !== undefined) {
      return audio(samplesFromBytes(decodeBase64(frame.audio_b64)), frame.sample_rate!, frame.num_channels!);
    }
    switch (frame.type) {
      case 'InterruptionFrame':
        return { kind: 'clear' };
      case 'OutputTransportMessageFrame':
      case 'OutputTransportMessageUrgentFrame':
        return { kind: 'message', message: frame.message as MessageFrame['message'] };
      case 'OutputDTMFFrame':
      case 'InputDTMFFrame':
        return { kind: 'dtmf', digit: '5', track: 'outbound' };
      case 'InputTransportMessageFrame':
        return { kind: 'unknown', event: 'x', message: {} };
      case 'StartFrame':
      case 'StopFrame':
        return { kind: 'stop' };
      default:
        return undefined;
    }
  }
});
