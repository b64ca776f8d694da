/** Media messages in the usual layout are read and written without JSON; nobody can tell. */

import {
  type AudioFrame,
  encodeBase64,
  type FrameFromCall,
  MediaError,
  type MessageData,
  mulaw,
  type StartFrame,
  twilio,
} from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const START: StartFrame = {
  kind: 'start',
  provider: 'twilio',
  streamId: 'MZ11223344556677889900aabbccddeeff',
  callId: 'CAffeeddccbbaa00998877665544332211',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound', 'outbound'],
  parameters: {},
};

function started(start = START) {
  const serializer = twilio.createSerializer();
  for (const message of twilio.createProviderSerializer().serialize(start)) serializer.deserialize(message);
  return serializer;
}

/** The frames of a message, or why it has none. */
function read(message: MessageData): FrameFromCall[] | string {
  try {
    return started().deserialize(message);
  } catch (error) {
    if (error instanceof MediaError) return error.message;
    throw error;
  }
}

/** The same message in a layout that is not the usual one, so that JSON parses it; as it is where it is not JSON. */
function inAnotherLayout(message: string): string {
  try {
    return ` ${JSON.stringify(JSON.parse(message), null, 1)}`;
  } catch {
    return `${message} `;
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);

interface Parts {
  readonly sequence: string;
  readonly track: string;
  readonly chunk: string;
  readonly timestamp: string;
  readonly payload: string;
  readonly streamSid: string;
}

const write = ({ sequence, track, chunk, timestamp, payload, streamSid }: Parts) =>
  `{"event":"media","sequenceNumber":"${sequence}","media":{"track":"${track}","chunk":"${chunk}",` +
  `"timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${streamSid}"}`;

const number = fc.oneof(
  fc.nat(1e6).map(String),
  fc.constantFrom('', '0', '007', '1.5', '-1', '1e3', '999999999999999', '1234567890123456', ' 1', '٣', '"'),
);
const payload = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 170 }).map((bytes) => encodeBase64(bytes)) },
  { weight: 1, arbitrary: fc.base64String({ maxLength: 9 }).map((text) => text.replaceAll('=', '')) },
  fc.constantFrom('=', '==', '====', 'A', 'AA=A', 'A===', 'AAA\u0141', '\\/w==', '/w==/w==', 'qO-4', 'qO"4'),
);
const parts = fc.record({
  sequence: number,
  track: fc.constantFrom('inbound', 'outbound', 'inbound_track', 'both', 'in', 'outbound","x":"'),
  chunk: number,
  timestamp: number,
  payload,
  streamSid: fc.constantFrom(START.streamId, START.streamId, START.streamId, 'MZ00', '', '\\u004d'),
});

const usual = fc.record({
  sequence: fc.nat(1e9).map(String),
  track: fc.constantFrom('inbound', 'outbound'),
  chunk: fc.nat(1e9).map(String),
  timestamp: fc.nat(1e9).map(String),
  payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => encodeBase64(bytes)),
  streamSid: fc.constant(START.streamId),
});

describe('reading in place and reading by JSON', () => {
  test('agree on usual messages', () => {
    fc.assert(
      fc.property(usual, (message) => {
        const text = write(message);
        expect(read(text)).toEqual(read(inAnotherLayout(text)));
        expect(read(text)).toBeInstanceOf(Array);
      }),
      { seed: 711, numRuns: 300 },
    );
  });

  test('agree on messages with odd parts', () => {
    fc.assert(
      fc.property(parts, (message) => {
        const text = write(message);
        expect(sameWords(read(text))).toEqual(sameWords(read(inAnotherLayout(text))));
      }),
      { seed: 711, numRuns: 1000 },
    );
  });

  const edit = fc.tuple(
    fc.constantFrom('replace', 'insert', 'remove', 'cut', 'double'),
    fc.nat(),
    fc.nat(0x17f),
  );

  test('agree on messages damaged anywhere', () => {
    fc.assert(
      fc.property(usual, fc.array(edit, { minLength: 1, maxLength: 3 }), (message, edits) => {
        const text = edits.reduce((before, [what, place, code]) => {
          const at = place % (before.length + 1);
          const char = String.fromCharCode(code);
          const [head, tail] = [before.slice(0, at), before.slice(at)];
          if (what === 'replace') return head + char + tail.slice(1);
          if (what === 'insert') return head + char + tail;
          if (what === 'remove') return head + tail.slice(1);
          return what === 'cut' ? head : head + tail.slice(0, 5) + tail;
        }, write(message));
        expect(sameWords(read(text))).toEqual(sameWords(read(inAnotherLayout(text))));
        expect(read(bytes(text))).toEqual(read(text));
      }),
      { seed: 711, numRuns: 2000 },
    );
  });

  test('agree on every single character replaced', () => {
    const text = write({
      sequence: '4',
      track: 'outbound',
      chunk: '3',
      timestamp: '61',
      payload: '//7+/n4=',
      streamSid: START.streamId,
    });
    for (let at = 0; at < text.length; at++) {
      for (const char of ['', '0', 'A', '"', '\\', '=', ' ', '}', '-', '\u0141', '\n']) {
        const damaged = text.slice(0, at) + char + text.slice(at + 1);
        expect(sameWords(read(damaged)), damaged).toEqual(sameWords(read(inAnotherLayout(damaged))));
      }
    }
  });

  test('leave the same state behind', () => {
    const untimed = JSON.stringify({ event: 'media', media: { payload: '/w==' } });
    const text = write({
      sequence: '4',
      track: 'inbound',
      chunk: '3',
      timestamp: '61',
      payload: '/////w==',
      streamSid: START.streamId,
    });
    for (const message of [text, inAnotherLayout(text)]) {
      const serializer = started();
      serializer.deserialize(message);
      expect(serializer.deserialize(untimed)).toMatchObject([{ timestampMs: 61.5 }]);
    }
  });

  test('agree where the stream’s id needs escaping', () => {
    const streamId = 'MZ"é';
    const provider = twilio.createProviderSerializer();
    provider.serialize({ ...START, streamId });
    const frame: AudioFrame = {
      kind: 'audio',
      samples: Int16Array.of(0, 4),
      sampleRate: 8000,
      channels: 1,
      timestampMs: 5,
      track: 'inbound',
    };
    const [message] = provider.serialize(frame) as [string];
    const ours = () => started({ ...START, streamId });
    expect(ours().deserialize(message)).toEqual(ours().deserialize(inAnotherLayout(message)));
  });

  /** Errors that count characters count the added whitespace too. */
  function sameWords(outcome: FrameFromCall[] | string): FrameFromCall[] | string {
    return typeof outcome === 'string' ? outcome.replace(/\d+ characters came/, 'characters came') : outcome;
  }
});

describe('writing', () => {
  test('payloads are the codec’s codes in base64, for any number of samples', () => {
    const ours = started();
    fc.assert(
      fc.property(fc.int16Array({ minLength: 1, maxLength: 200 }), (sound) => {
        const samples = Int16Array.from(sound);
        const frame: AudioFrame = {
          kind: 'audio',
          samples,
          sampleRate: 8000,
          channels: 1,
          timestampMs: 0,
          track: 'outbound',
        };
        const [text] = ours.serialize(frame) as [string];
        expect(text).toBe(
          `{"event": "media", "streamSid": "${START.streamId}", "media": {"payload": "${encodeBase64(mulaw.encode(samples))}"}}`,
        );
      }),
      { seed: 711, numRuns: 300 },
    );
  });
});
