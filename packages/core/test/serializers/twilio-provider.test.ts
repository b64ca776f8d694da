import {
  type AudioFrame,
  type FrameFromCall,
  type FrameToCall,
  isWellFormed,
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
  accountId: 'AC0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound'],
  parameters: { caller: '+15551230001' },
};
const STREAM = START.streamId;

function started() {
  const provider = twilio.createProviderSerializer();
  provider.serialize(START);
  return provider;
}

const inbound = (samples: Int16Array<ArrayBuffer>, timestampMs = 0): AudioFrame => ({
  kind: 'audio',
  samples,
  sampleRate: 8000,
  channels: 1,
  timestampMs,
  track: 'inbound',
});

describe("the provider's side writes", () => {
  test('connected and start for a start frame', () => {
    const messages = twilio.createProviderSerializer().serialize(START);
    expect(messages.map((message) => JSON.parse(String(message)))).toEqual([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      {
        event: 'start',
        sequenceNumber: '1',
        start: {
          accountSid: START.accountId,
          streamSid: STREAM,
          callSid: START.callId,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { caller: '+15551230001' },
        },
        streamSid: STREAM,
      },
    ]);
    expect(messages.every(twilio.matches)).toBe(true);
  });

  test('counters as strings: one sequence for all messages, one for audio', () => {
    const provider = started();
    const say = (frame: FrameFromCall) =>
      provider.serialize(frame).map((message) => JSON.parse(String(message)));
    expect(say(inbound(new Int16Array(1), 3.4))).toEqual([
      {
        event: 'media',
        sequenceNumber: '2',
        media: { track: 'inbound', chunk: '1', timestamp: '3', payload: '/w==' },
        streamSid: STREAM,
      },
    ]);
    expect(say({ kind: 'dtmf', digit: '#', track: 'inbound' })).toEqual([
      {
        event: 'dtmf',
        streamSid: STREAM,
        sequenceNumber: '3',
        dtmf: { track: 'inbound_track', digit: '#' },
      },
    ]);
    expect(say({ kind: 'mark', name: 'm' })).toEqual([
      { event: 'mark', sequenceNumber: '4', streamSid: STREAM, mark: { name: 'm' } },
    ]);
    expect(say(inbound(new Int16Array(1), 20))).toMatchObject([
      { sequenceNumber: '5', media: { chunk: '2', timestamp: '20' } },
    ]);
    expect(say({ kind: 'stop' })).toEqual([
      {
        event: 'stop',
        sequenceNumber: '6',
        stop: { accountSid: START.accountId, callSid: START.callId },
        streamSid: STREAM,
      },
    ]);
  });

  test('unknown frames as they are, for trying what is to come', () => {
    const message = { event: 'surprise', streamSid: STREAM };
    expect(started().serialize({ kind: 'unknown', event: 'surprise', message })).toEqual([
      JSON.stringify(message),
    ]);
  });

  test('nothing before start, no second start, no clear, no other format', () => {
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => twilio.createProviderSerializer().serialize({ kind: 'stop' })).toThrow(
      refused('invalid-argument'),
    );
    expect(() => started().serialize(START)).toThrow(refused('invalid-argument'));
    expect(() => started().serialize({ kind: 'clear' })).toThrow(refused('unsupported-frame'));
    const format = { ...START.format, sampleRate: 16000 };
    expect(() => twilio.createProviderSerializer().serialize({ ...START, format })).toThrow(
      refused('wrong-format'),
    );
    expect(() => started().serialize({ ...inbound(new Int16Array(2)), channels: 2 })).toThrow(
      refused('wrong-format'),
    );
  });
});

describe("the provider's side reads", () => {
  const read = (message: unknown) => started().deserialize(JSON.stringify(message));

  test('media, with time counted from the audio', () => {
    const provider = started();
    const message = JSON.stringify({ event: 'media', streamSid: STREAM, media: { payload: '/////w==' } });
    const expected = { ...inbound(new Int16Array(4)), track: 'outbound' };
    expect(provider.deserialize(message)).toEqual([expected]);
    expect(provider.deserialize(message)).toEqual([{ ...expected, timestampMs: 0.5 }]);
  });

  test('mark and clear', () => {
    expect(read({ event: 'mark', streamSid: STREAM, mark: { name: 'a' } })).toEqual([
      { kind: 'mark', name: 'a' },
    ]);
    expect(read({ event: 'clear', streamSid: STREAM })).toEqual([{ kind: 'clear' }]);
  });

  const media = { payload: '/w==' };
  test.each<[string, unknown, RegExp]>([
    ['an unknown event', { event: 'dtmf', streamSid: STREAM }, /media, mark and clear; an event `dtmf`/],
    ['an event with words in it', { event: 'say hello', streamSid: STREAM }, /unreadable name/],
    [
      'an extra field',
      { event: 'clear', streamSid: STREAM, sequenceNumber: '1' },
      /one more, `sequenceNumber`/,
    ],
    [
      'an extra field in media',
      { event: 'media', streamSid: STREAM, media: { ...media, track: 'outbound' } },
      /`track`/,
    ],
    ['an extra field in mark', { event: 'mark', streamSid: STREAM, mark: { name: 'a', id: 1 } }, /`id`/],
    ['no streamSid', { event: 'clear' }, /`streamSid` holds text; here it is missing/],
    ['no media', { event: 'media', streamSid: STREAM }, /`media` holds an object; here it is missing/],
    [
      'no payload',
      { event: 'media', streamSid: STREAM, media: {} },
      /`media.payload` holds text; here it is missing/,
    ],
    ['no mark', { event: 'mark', streamSid: STREAM }, /`mark` holds an object; here it is missing/],
    ['no name', { event: 'mark', streamSid: STREAM, mark: {} }, /`mark.name` holds text; here it is missing/],
    [
      'a number for a name',
      { event: 'mark', streamSid: STREAM, mark: { name: 1 } },
      /`mark.name` holds text/,
    ],
    [
      'a number for a payload',
      { event: 'media', streamSid: STREAM, media: { payload: 1 } },
      /`media.payload` holds text/,
    ],
    ['bad base64', { event: 'media', streamSid: STREAM, media: { payload: '/w=' } }, /multiple of 4/],
    ['another streamSid', { event: 'clear', streamSid: 'MZ00' }, /`clear` message is for another stream/],
    ['a number for a streamSid', { event: 'clear', streamSid: 5 }, /`streamSid` holds text/],
    ['an array', [], /an array/],
  ])('not %s', (_, message, words) => {
    expect(() => read(message)).toThrow(
      expect.objectContaining({ code: 'malformed-message', message: expect.stringMatching(words) }),
    );
  });

  test('not binary, and nothing that is not JSON', () => {
    expect(() => started().deserialize(new Uint8Array(3))).toThrow(/binary/);
    expect(() => started().deserialize('clear')).toThrow(/not JSON/);
  });

  test('nothing before start', () => {
    const message = JSON.stringify({ event: 'clear', streamSid: STREAM });
    expect(() => twilio.createProviderSerializer().deserialize(message)).toThrow(/before `start`/);
  });
});

describe('both sides of the wire', () => {
  const sound = fc
    .uint8Array({ minLength: 1, maxLength: 200 })
    .map((codes) => mulaw.decode(Uint8Array.from(codes)));
  const digit = fc.constantFrom(...('0123456789*#ABCD'.split('') as ('0' | 'A')[]));

  const fromCall = fc.oneof(
    fc
      .record({ samples: sound, timestampMs: fc.nat(1e9), track: fc.constantFrom('inbound', 'outbound') })
      .map((rest): FrameFromCall => ({ kind: 'audio', sampleRate: 8000, channels: 1, ...rest })),
    digit.map((key): FrameFromCall => ({ kind: 'dtmf', digit: key, track: 'inbound' })),
    fc.string().map((name): FrameFromCall => ({ kind: 'mark', name })),
  );

  test('what the provider says, our side hears', () => {
    fc.assert(
      fc.property(fc.array(fromCall, { maxLength: 8 }), fc.boolean(), (middle, hasStop) => {
        const frames: FrameFromCall[] = [START, ...middle, ...(hasStop ? [{ kind: 'stop' } as const] : [])];
        const provider = twilio.createProviderSerializer();
        const ours = twilio.createSerializer();
        const heard = frames
          .flatMap((frame) => provider.serialize(frame))
          .flatMap((m) => ours.deserialize(m));
        expect(heard).toEqual(frames);
        expect(isWellFormed(heard)).toBe(true);
      }),
      { seed: 711 },
    );
  });

  const toCall = fc.oneof(
    sound.map((samples): FrameToCall => ({ ...inbound(samples), track: 'outbound' })),
    fc.string().map((name): FrameToCall => ({ kind: 'mark', name })),
    fc.constant<FrameToCall>({ kind: 'clear' }),
  );

  test('what our side says, the provider hears', () => {
    fc.assert(
      fc.property(fc.array(toCall, { maxLength: 8 }), fc.string({ minLength: 1 }), (frames, streamId) => {
        const provider = twilio.createProviderSerializer();
        const ours = twilio.createSerializer();
        for (const message of provider.serialize({ ...START, streamId })) ours.deserialize(message);
        const heard = frames
          .flatMap((frame) => ours.serialize(frame))
          .flatMap((m) => provider.deserialize(m));
        let timestampMs = 0;
        const expected = frames.map((frame) => {
          if (frame.kind !== 'audio') return frame;
          const placed = { ...frame, timestampMs };
          timestampMs += frame.samples.length / 8;
          return placed;
        });
        expect(heard).toEqual(expected);
      }),
      { seed: 711 },
    );
  });
});
