/**
 * What every provider promises, whatever its wire: one suite, run once for each with what is particular to it.
 *
 * @module
 */

import {
  type AudioFrame,
  alaw,
  type Frame,
  type FrameFromCall,
  type FrameSerializer,
  type FrameToCall,
  isWellFormed,
  linear16,
  type MessageData,
  mulaw,
  type Provider,
  type ProviderCapabilities,
  type StartFrame,
  type Track,
  type WireMessage,
} from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTranscripts, type TranscriptLine } from './golden.ts';

/** What is particular to a provider, so that differences can be read where the suite is called. */
export interface ProviderExpectations extends ProviderCapabilities {
  /** Whether audio travels as bytes. Elsewhere all messages are text, and bytes are that text in UTF-8. */
  readonly binaryAudio: boolean;
  /** The tracks that its wire can tell apart, towards us. */
  readonly tracks: readonly Track[];
  /** Whether the wire says that the stream is over. Elsewhere the socket closes. */
  readonly saysStop: boolean;
  /** A start frame that its wire can say in full. */
  readonly start: StartFrame;
  /** Well-formed messages by which no call opens, and which are not audio. */
  readonly laterMessages: readonly string[];
  /** Messages that must be refused at any time. */
  readonly malformed: readonly MessageData[];
}

const CODECS = { mulaw, alaw, linear16 };
const RUNS = { seed: 711, numRuns: 100 };

/** Tests both sides of a provider's wire against each other and against its transcripts. */
export function describeProvider(provider: Provider, expected: ProviderExpectations): void {
  const { start } = expected;
  const { sampleRate, channels, encoding } = start.format;

  /** Both sides of a stream that has begun. */
  const open = () => {
    const theirs = provider.createProviderSerializer({ sampleRate });
    const ours = provider.createSerializer({ sampleRate });
    const opening = theirs.serialize(start);
    return { ours, theirs, opening, opened: opening.flatMap((message) => ours.deserialize(message)) };
  };

  /** Sound that the wire carries unchanged, a whole number of milliseconds long. */
  const samples = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat()).map(([ms, seed]) => {
    const codec = CODECS[encoding];
    const noise = Int16Array.from({ length: (ms * sampleRate) / 1000 }, (_, index) =>
      Math.imul(seed + index, 2654435761),
    );
    return codec.decode(codec.encode(noise));
  });
  const audio = (track: fc.Arbitrary<Track>): fc.Arbitrary<AudioFrame> =>
    fc
      .record({ samples, track })
      .map((sound) => ({ kind: 'audio', ...sound, sampleRate, channels, timestampMs: 0 }));
  const mark = fc.record({ kind: fc.constant('mark' as const), name: fc.string({ unit: 'grapheme' }) });
  const clear = fc.constant({ kind: 'clear' } as const);
  const key = (track: Track) =>
    fc.record({
      kind: fc.constant('dtmf' as const),
      digit: fc.constantFrom(...('0123456789*#ABCD' as unknown as '1'[])),
      track: fc.constant(track),
    });
  const fromCall: fc.Arbitrary<FrameFromCall[]> = fc
    .tuple(
      fc.array(
        fc.oneof<fc.Arbitrary<FrameFromCall>[]>(
          audio(fc.constantFrom(...expected.tracks)),
          mark,
          key('inbound'),
          ...(expected.confirmsClear ? [clear] : []),
        ),
        { maxLength: 12 },
      ),
      fc.boolean(),
    )
    .map(([frames, stopped]) => placed([...frames, ...(stopped && expected.saysStop ? [STOP] : [])]));
  const toCall: fc.Arbitrary<FrameToCall[]> = fc
    .array(
      fc.oneof<fc.Arbitrary<FrameToCall>[]>(
        audio(fc.constant('outbound')),
        mark,
        clear,
        ...(expected.sendsDtmf ? [key('outbound')] : []),
      ),
      { maxLength: 12 },
    )
    .map(placed);

  const refusal = (code: string) => expect.objectContaining({ name: 'MediaError', code });

  describe(`provider ${provider.name}`, () => {
    test('says what it can say', () => {
      const { confirmsClear, clearedMarks, sendsDtmf } = expected;
      expect(provider.capabilities).toEqual({ confirmsClear, clearedMarks, sendsDtmf });
      expect(start.provider).toBe(provider.name);
      expect(encoding).toBe(provider.format.encoding);
    });

    test('opens with the start frame, and is known by its first message', () => {
      const { opening, opened } = open();
      expect(opened).toEqual([start]);
      expect(provider.matches(opening[0]!)).toBe(true);
      for (const other of [
        ...expected.laterMessages,
        '',
        '{',
        '[]',
        'null',
        '{}',
        '"x"',
        new Uint8Array(320),
      ])
        expect(provider.matches(other), String(other)).toBe(false);
    });

    test('what the provider says, our side hears', () => {
      fc.assert(
        fc.property(fromCall, (frames) => {
          const { ours, theirs } = open();
          const heard = frames.flatMap((frame) =>
            theirs.serialize(frame).flatMap((message) => ours.deserialize(message)),
          );
          expect(heard).toEqual(frames);
          expect(isWellFormed([start, ...heard])).toBe(true);
        }),
        RUNS,
      );
    });

    test('what our side says, the provider hears', () => {
      fc.assert(
        fc.property(toCall, (frames) => {
          const { ours, theirs } = open();
          const heard = frames.flatMap((frame) =>
            ours.serialize(frame).flatMap((message) => theirs.deserialize(message)),
          );
          expect(heard).toEqual(frames);
        }),
        RUNS,
      );
    });

    test('both sides keep apart: nothing that is read is kept, and nothing that is written is shared', () => {
      const { ours, theirs } = open();
      const [frame] = fc.sample(audio(fc.constant('inbound')), { seed: 1, numRuns: 1 }) as [AudioFrame];
      const before = frame.samples.slice();
      const [message] = theirs.serialize(frame) as [WireMessage];
      const [heard] = ours.deserialize(message) as [AudioFrame];
      if (typeof message !== 'string') message.fill(0);
      expect(heard.samples).toEqual(before);
      heard.samples.fill(1);
      expect(frame.samples).toEqual(before);
      expect(heard.samples.byteOffset).toBe(0);
      expect(heard.samples.buffer.byteLength).toBe(heard.samples.byteLength);
    });

    test('messages are read in every form in which bytes come', () => {
      const { opening, theirs } = open();
      const [first, second] = fc.sample(audio(fc.constant('inbound')), { seed: 2, numRuns: 2 }) as [
        AudioFrame,
        AudioFrame,
      ];
      const messages = [
        ...opening,
        ...placed([first, { kind: 'mark', name: 'é\u{1f4de}"' }, second]).flatMap((frame) =>
          theirs.serialize(frame),
        ),
      ];
      const read = (form: (bytes: Uint8Array<ArrayBuffer>) => MessageData) => {
        const ours = provider.createSerializer({ sampleRate });
        return messages.flatMap((message) => {
          if (typeof message === 'string' && expected.binaryAudio) return ours.deserialize(message);
          const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message;
          return ours.deserialize(form(bytes));
        });
      };
      const asWritten = provider.createSerializer({ sampleRate });
      const frames = messages.flatMap((message) => asWritten.deserialize(message));
      expect(read((bytes) => bytes)).toEqual(frames);
      expect(read((bytes) => bytes.slice().buffer)).toEqual(frames);
      expect(read((bytes) => Buffer.from(bytes))).toEqual(frames);
      // at an odd place of a larger buffer, where no 16-bit view may begin
      expect(read((bytes) => new Uint8Array([1, ...bytes, 2]).subarray(1, -1))).toEqual(frames);
    });

    test('refuses frames that its wire cannot carry, and goes on', () => {
      const { ours, theirs } = open();
      const [frame] = fc.sample(audio(fc.constant('outbound')), { seed: 3, numRuns: 1 }) as [AudioFrame];
      const refused: [FrameToCall, string][] = [
        [{ ...frame, channels: 2 }, 'wrong-format'],
        [{ ...frame, sampleRate: 44_100 }, 'wrong-format'],
        [start as unknown as FrameToCall, 'unsupported-frame'],
        [STOP as unknown as FrameToCall, 'unsupported-frame'],
      ];
      if (!expected.sendsDtmf) {
        refused.push([{ kind: 'dtmf', digit: '1', track: 'outbound' }, 'unsupported-frame']);
      }
      for (const [bad, code] of refused) expect(() => ours.serialize(bad), bad.kind).toThrow(refusal(code));
      expect(ours.serialize(frame).flatMap((message) => theirs.deserialize(message))).toEqual([frame]);
      if (!expected.confirmsClear) {
        expect(() => theirs.serialize({ kind: 'clear' })).toThrow(refusal('unsupported-frame'));
      }
      expect(() => theirs.serialize(start)).toThrow(refusal('invalid-argument'));
      const unopened = provider.createProviderSerializer({ sampleRate });
      expect(() => unopened.serialize({ kind: 'mark', name: 'a' })).toThrow(refusal('invalid-argument'));
    });

    test('sends a message as it is, but for those that are not the provider’s', () => {
      const { ours } = open();
      const message = { action: 'é', label: 'rtvi-ai' };
      expect(ours.serialize({ kind: 'message', message })).toEqual([]);
      const all = provider.createSerializer({ streamSid: start.streamId, sampleRate, sendRtvi: true });
      expect(all.serialize({ kind: 'message', message })).toEqual([JSON.stringify(message)]);
      expect(() => ours.serialize({ kind: 'message', message: [] as never })).toThrow(
        refusal('invalid-argument'),
      );
    });

    test('refuses what is malformed, in words without the content, and goes on', () => {
      const { ours, theirs } = open();
      for (const bad of expected.malformed) {
        expect(() => ours.deserialize(bad), String(bad)).toThrow(refusal('malformed-message'));
        try {
          theirs.deserialize(bad);
        } catch (error) {
          expect(error).toEqual(refusal('malformed-message'));
        }
      }
      const frame: FrameFromCall = { kind: 'mark', name: 'still here' };
      expect(theirs.serialize(frame).flatMap((message) => ours.deserialize(message))).toEqual([frame]);
    });

    test('a second start is refused', () => {
      const { ours, opening } = open();
      expect(() => opening.flatMap((message) => ours.deserialize(message))).toThrow(
        refusal('malformed-message'),
      );
    });

    test('an event that nobody knows is kept', () => {
      const { ours, theirs } = open();
      const frame: FrameFromCall = { kind: 'unknown', event: 'new', message: { event: 'new', more: [1] } };
      expect(theirs.serialize(frame).flatMap((message) => ours.deserialize(message))).toEqual([frame]);
    });
  });

  describe.each(readTranscripts(provider.name))(`transcript ${provider.name}/$name`, ({ lines }) => {
    const read = (some: readonly TranscriptLine[]) => readTranscript(provider, some);

    test('reads as a call does', () => {
      expect(isWellFormed(read(lines))).toBe(true);
    });

    test('every prefix of it gives a prefix of its frames', () => {
      const frames = read(lines);
      for (let length = 0; length <= lines.length; length++) {
        const prefix = read(lines.slice(0, length));
        expect(prefix).toEqual(frames.slice(0, prefix.length));
        if (prefix.length > 0) expect(isWellFormed(prefix)).toBe(true);
      }
    });

    test('says where each piece of audio belongs', () => {
      const heard = new Map<string, number>();
      for (const frame of read(lines)) {
        if (frame.kind !== 'audio') continue;
        heard.set(frame.track, (heard.get(frame.track) ?? 0) + frame.samples.length);
        expect(frame.timestampMs).toBeGreaterThanOrEqual(0);
      }
      expect(heard.get('inbound')).toBeGreaterThan(0);
    });
  });
}

const STOP = { kind: 'stop' } as const;

/** Frames whose audio follows on, track by track. */
function placed<F extends Frame>(frames: readonly F[]): F[] {
  const endsMs = new Map<Track, number>();
  return frames.map((frame) => {
    if (frame.kind !== 'audio') return frame;
    const timestampMs = endsMs.get(frame.track) ?? 0;
    endsMs.set(frame.track, timestampMs + (1000 * frame.samples.length) / frame.sampleRate);
    return { ...frame, timestampMs };
  });
}

/** The provider's frames of these lines; a line that must be refused is, and leaves no trace. */
function readTranscript(provider: Provider, lines: readonly TranscriptLine[]): Frame[] {
  const ours = provider.createSerializer();
  const theirs = provider.createProviderSerializer();
  return lines.flatMap(({ from, message, error }): Frame[] => {
    const side: Pick<FrameSerializer<Frame, never>, 'deserialize'> = from === 'provider' ? ours : theirs;
    if (error !== undefined) {
      expect(() => side.deserialize(message), String(message)).toThrow(
        expect.objectContaining({ code: error }),
      );
      return [];
    }
    const frames = side.deserialize(message);
    const start = frames.find((frame): frame is StartFrame => frame.kind === 'start');
    if (start) theirs.serialize(start);
    return from === 'provider' ? frames : [];
  });
}
