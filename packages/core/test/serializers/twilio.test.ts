import {
  type AudioFrame,
  type DtmfDigit,
  decodeBase64,
  encodeBase64,
  type Frame,
  type FrameFromCall,
  type Json,
  mulaw,
  type SerializerOptions,
  twilio,
} from '@patchcord/core';
import { describe, expect, expectTypeOf, test } from 'vitest';

const STREAM = 'MZ11223344556677889900aabbccddeeff';
const CALL = 'CAffeeddccbbaa00998877665544332211';
const ACCOUNT = 'AC0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const PAYLOAD = '//7+/n5+fv///v7+fn5+//8=';

const START = {
  event: 'start',
  sequenceNumber: '1',
  start: {
    accountSid: ACCOUNT,
    streamSid: STREAM,
    callSid: CALL,
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { caller: '+15551230001', locale: 'en-GB' },
  },
  streamSid: STREAM,
};
const MEDIA = {
  event: 'media',
  sequenceNumber: '4',
  media: { track: 'inbound', chunk: '3', timestamp: '61', payload: PAYLOAD },
  streamSid: STREAM,
};
const DTMF = {
  event: 'dtmf',
  streamSid: STREAM,
  sequenceNumber: '212',
  dtmf: { track: 'inbound_track', digit: '7' },
};

/** Our side, after `start`. */
function started(options?: SerializerOptions) {
  const serializer = twilio.createSerializer(options);
  serializer.deserialize(JSON.stringify(START));
  return serializer;
}

const read = (message: object): FrameFromCall[] => started().deserialize(JSON.stringify(message));

const audio = (samples: readonly number[], changes: Partial<AudioFrame> = {}): AudioFrame => ({
  kind: 'audio',
  samples: Int16Array.from(samples),
  sampleRate: 8000,
  channels: 1,
  timestampMs: 0,
  track: 'outbound',
  ...changes,
});

const malformed = (words: RegExp) =>
  expect.objectContaining({ code: 'malformed-message', message: expect.stringMatching(words) });

describe('our side reads', () => {
  test('connected as nothing of interest', () => {
    const serializer = twilio.createSerializer();
    expect(serializer.deserialize('{"event":"connected","protocol":"Call","version":"1.0.0"}')).toEqual([]);
  });

  test('start', () => {
    expect(twilio.createSerializer().deserialize(JSON.stringify(START))).toEqual([
      {
        kind: 'start',
        provider: 'twilio',
        streamId: STREAM,
        callId: CALL,
        accountId: ACCOUNT,
        format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
        tracks: ['inbound'],
        parameters: { caller: '+15551230001', locale: 'en-GB' },
      },
    ]);
  });

  test('media', () => {
    expect(read(MEDIA)).toEqual([
      {
        kind: 'audio',
        samples: mulaw.decode(decodeBase64(PAYLOAD)),
        sampleRate: 8000,
        channels: 1,
        timestampMs: 61,
        track: 'inbound',
      },
    ]);
  });

  test('media as samples that own their whole buffer', () => {
    const [frame] = read(MEDIA) as [AudioFrame];
    expect(frame.samples.byteOffset).toBe(0);
    expect(frame.samples.buffer.byteLength).toBe(2 * 17);
  });

  test('media of both tracks', () => {
    expect(read({ ...MEDIA, media: { ...MEDIA.media, track: 'outbound' } })).toMatchObject([
      { track: 'outbound' },
    ]);
    expect(read({ ...MEDIA, media: { ...MEDIA.media, track: 'outbound_track' } })).toMatchObject([
      { track: 'outbound' },
    ]);
  });

  test.each([...'0123456789*#ABCD'])('the key %s', (digit) => {
    expect(read({ ...DTMF, dtmf: { ...DTMF.dtmf, digit } })).toEqual([
      { kind: 'dtmf', digit, track: 'inbound' },
    ]);
  });

  test('mark', () => {
    const mark = { event: 'mark', sequenceNumber: '340', streamSid: STREAM, mark: { name: 'turn-12/end' } };
    expect(read(mark)).toEqual([{ kind: 'mark', name: 'turn-12/end' }]);
  });

  test('stop', () => {
    const stop = {
      event: 'stop',
      sequenceNumber: '9',
      stop: { accountSid: ACCOUNT, callSid: CALL },
      streamSid: STREAM,
    };
    expect(read(stop)).toEqual([{ kind: 'stop' }]);
  });

  test('an event that it does not know as itself', () => {
    const surprise = { event: 'surprise', streamSid: STREAM, anything: [1, { a: null }] };
    expect(read(surprise)).toEqual([{ kind: 'unknown', event: 'surprise', message: surprise }]);
    expect(read({ event: 'clear', streamSid: STREAM })).toMatchObject([{ kind: 'unknown', event: 'clear' }]);
  });

  test('frames that may cross threads', () => {
    for (const message of [MEDIA, DTMF, { event: 'x', y: [{}] }]) {
      expect(structuredClone(read(message))).toEqual(read(message));
    }
  });
});

describe('our side is liberal about', () => {
  const frame = read(MEDIA);

  test.each<[string, object]>([
    ['a number for sequenceNumber', { ...MEDIA, sequenceNumber: 4 }],
    ['a number for chunk', { ...MEDIA, media: { ...MEDIA.media, chunk: 3 } }],
    ['a number for timestamp', { ...MEDIA, media: { ...MEDIA.media, timestamp: 61 } }],
    ['unknown fields', { ...MEDIA, extra: 1, media: { ...MEDIA.media, level: { db: -3 } } }],
    ['no streamSid', { ...MEDIA, streamSid: undefined }],
    ['no sequenceNumber and no chunk', { event: 'media', media: { ...MEDIA.media, chunk: undefined } }],
    ['no track', { ...MEDIA, media: { ...MEDIA.media, track: undefined } }],
    [
      'fields in another order',
      { streamSid: STREAM, media: { payload: PAYLOAD, timestamp: '61' }, event: 'media' },
    ],
  ])('%s', (_, message) => {
    expect(read(message)).toEqual(frame);
  });

  test('whitespace in JSON', () => {
    expect(started().deserialize(`\r\n ${JSON.stringify(MEDIA, null, 2)}\n`)).toEqual(frame);
  });

  test('strings for sampleRate and channels, numbers for ids, digits and names', () => {
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: '8000', channels: '1' };
    const serializer = twilio.createSerializer();
    const message = {
      ...START,
      start: { ...START.start, streamSid: 5, callSid: 6, mediaFormat },
      streamSid: 5,
    };
    expect(serializer.deserialize(JSON.stringify(message))).toMatchObject([{ streamId: '5', callId: '6' }]);
    expect(read({ ...DTMF, dtmf: { digit: 0 } })).toEqual([{ kind: 'dtmf', digit: '0', track: 'inbound' }]);
    expect(read({ event: 'mark', mark: { name: 12 } })).toEqual([{ kind: 'mark', name: '12' }]);
  });

  test('a start without the fields that nothing depends on', () => {
    const message = { event: 'start', start: { callSid: CALL }, streamSid: STREAM };
    expect(twilio.createSerializer().deserialize(JSON.stringify(message))).toEqual([
      {
        kind: 'start',
        provider: 'twilio',
        streamId: STREAM,
        callId: CALL,
        format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
        tracks: ['inbound'],
        parameters: {},
      },
    ]);
  });

  test('the long names of tracks', () => {
    const message = {
      ...START,
      start: { ...START.start, tracks: ['inbound_track', 'outbound_track', 'third'] },
    };
    expect(twilio.createSerializer().deserialize(JSON.stringify(message))).toMatchObject([
      { tracks: ['inbound', 'outbound'] },
    ]);
  });

  test('parameters that are no text, and one named __proto__', () => {
    const text = JSON.stringify({
      ...START,
      start: { ...START.start, customParameters: { n: 5, on: true } },
    });
    expect(twilio.createSerializer().deserialize(text)).toMatchObject([
      { parameters: { n: '5', on: 'true' } },
    ]);
    const [frame] = twilio.createSerializer().deserialize(text.replace('"n":5', '"__proto__":{"evil":1}'));
    expect(Object.keys((frame as { parameters: object }).parameters)).toEqual(['__proto__', 'on']);
    expect(({} as { evil?: number }).evil).toBeUndefined();
  });

  test('a payload of any length, and an empty one, which is no frame', () => {
    for (const length of [1, 2, 159, 160, 161, 8000]) {
      const payload = encodeBase64(new Uint8Array(length).fill(0xff));
      expect(read({ ...MEDIA, media: { ...MEDIA.media, payload } })).toMatchObject([
        { samples: new Int16Array(length) },
      ]);
    }
    expect(read({ ...MEDIA, media: { ...MEDIA.media, payload: '' } })).toEqual([]);
  });

  test('missing timestamps, which it counts from the audio of the track', () => {
    const serializer = started();
    const media = (track: string, timestamp?: string) =>
      serializer.deserialize(
        JSON.stringify({
          event: 'media',
          media: { track, timestamp, payload: encodeBase64(new Uint8Array(160)) },
        }),
      );
    expect(media('inbound')).toMatchObject([{ timestampMs: 0 }]);
    expect(media('inbound')).toMatchObject([{ timestampMs: 20 }]);
    expect(media('outbound')).toMatchObject([{ timestampMs: 0 }]);
    expect(media('inbound', '1000')).toMatchObject([{ timestampMs: 1000 }]);
    expect(media('inbound')).toMatchObject([{ timestampMs: 1020 }]);
  });

  test('media before start, which is for the call to judge', () => {
    expect(twilio.createSerializer().deserialize(JSON.stringify(MEDIA))).toEqual(frame);
  });
});

describe('our side refuses in words', () => {
  test.each<[string, string, RegExp]>([
    ['no JSON', 'hello', /one JSON object; 5 characters came that are not JSON/],
    ['nothing', '', /0 characters/],
    ['half a message', '{"event":"media",', /not JSON/],
    ['two messages', '{"event":"mark"}{"event":"mark"}', /not JSON/],
    ['a byte order mark', `\ufeff${JSON.stringify(MEDIA)}`, /not JSON/],
    ['NaN', '{"event":"mark","x":NaN}', /not JSON/],
    ['null', 'null', /this is null/],
    ['a number', '5', /this is a number/],
    ['text', '"media"', /this is text/],
    ['an array', '[]', /this is an array/],
    ['a boolean', 'true', /this is true or false/],
    ['no event', '{}', /names its event/],
    ['an event that is no text', '{"event":7}', /names its event/],
    ['an event by inheritance', '{"__proto__":{"event":"stop"}}', /names its event/],
  ])('%s', (_, message, words) => {
    expect(() => started().deserialize(message)).toThrow(malformed(words));
  });

  test.each<[string, object, RegExp]>([
    ['media without media', { event: 'media' }, /`media` holds an object; here it is missing/],
    ['media: null', { event: 'media', media: null }, /here it is null/],
    ['media: text', { event: 'media', media: 'x' }, /here it is text/],
    ['media: array', { event: 'media', media: [] }, /here it is an array/],
    ['no payload', { event: 'media', media: {} }, /`media.payload`/],
    ['a payload that is a number', { event: 'media', media: { payload: 12 } }, /`media.payload`/],
    [
      'base64 cut short',
      { event: 'media', media: { payload: 'qOW4qw' } },
      /`media.payload`.*multiple of 4.*6 characters/,
    ],
    ['bad base64', { event: 'media', media: { payload: 'qO%4' } }, /`media.payload`.*4 characters/],
    ['no such track', { event: 'media', media: { payload: PAYLOAD, track: 'both' } }, /`media.track`/],
    ['no such time', { event: 'media', media: { payload: PAYLOAD, timestamp: 'soon' } }, /`media.timestamp`/],
    [
      'a time before the start',
      { event: 'media', media: { payload: PAYLOAD, timestamp: -20 } },
      /`media.timestamp`/,
    ],
    [
      'a time that is null',
      { event: 'media', media: { payload: PAYLOAD, timestamp: null } },
      /here it is null/,
    ],
    ['dtmf without dtmf', { event: 'dtmf' }, /`dtmf` holds an object/],
    ['no digit', { event: 'dtmf', dtmf: {} }, /`dtmf.digit` holds text; here it is missing/],
    ['no such key', { event: 'dtmf', dtmf: { digit: 'E' } }, /one key of/],
    ['an empty key', { event: 'dtmf', dtmf: { digit: '' } }, /one key of/],
    ['two keys', { event: 'dtmf', dtmf: { digit: '11' } }, /one key of/],
    ['a full-width key', { event: 'dtmf', dtmf: { digit: '\uff11' } }, /one key of/],
    ['mark without mark', { event: 'mark' }, /`mark` holds an object/],
    ['a mark without a name', { event: 'mark', mark: {} }, /`mark.name`/],
    ['a second start', START, /second one/],
    [
      'a message for another stream',
      { ...MEDIA, streamSid: 'MZ00' },
      /`media` message is for another stream/,
    ],
    [
      'an unknown event for another stream',
      { event: 'x y', streamSid: 'MZ00' },
      /unreadable name message is for another/,
    ],
  ])('%s', (_, message, words) => {
    expect(() => read(message)).toThrow(malformed(words));
  });

  test.each<[string, object, RegExp]>([
    ['start without start', { event: 'start' }, /`start` holds an object; here it is missing/],
    ['no callSid', { event: 'start', start: { streamSid: STREAM } }, /`start.callSid`/],
    ['no streamSid', { event: 'start', start: { callSid: CALL } }, /`start.streamSid`/],
    ['an empty streamSid', { event: 'start', start: { callSid: CALL, streamSid: '' } }, /is empty/],
    ['two streamSids', { ...START, streamSid: 'MZ00' }, /differ/],
    [
      'another encoding',
      {
        ...START,
        start: { ...START.start, mediaFormat: { encoding: 'audio/x-alaw', sampleRate: 8000, channels: 1 } },
      },
      /audio\/x-mulaw/,
    ],
    ['stereo', { ...START, start: { ...START.start, mediaFormat: { channels: 2 } } }, /one channel/],
    [
      'another rate',
      { ...START, start: { ...START.start, mediaFormat: { sampleRate: 16000 } } },
      /at 8000 Hz.*something else.*\{ sampleRate: 16000 \}/,
    ],
    [
      'no parameters but a list',
      { ...START, start: { ...START.start, customParameters: [] } },
      /customParameters/,
    ],
  ])('a start with %s', (_, message, words) => {
    const serializer = twilio.createSerializer();
    expect(() => serializer.deserialize(JSON.stringify(message))).toThrow(malformed(words));
    // and is then started by a good one
    expect(serializer.deserialize(JSON.stringify(START))).toMatchObject([{ kind: 'start' }]);
  });

  test('binary where text belongs', () => {
    expect(() => started().deserialize(new Uint8Array(160))).toThrow(
      malformed(/160 characters came that are not JSON/),
    );
    expect(() => started().deserialize(new Uint8Array(160).fill(255))).toThrow(
      malformed(/UTF-8, and these 160 bytes are not.*audio/),
    );
  });

  test('anything after stop', () => {
    const serializer = started();
    serializer.deserialize(JSON.stringify({ event: 'stop', streamSid: STREAM }));
    expect(() => serializer.deserialize(JSON.stringify(MEDIA))).toThrow(malformed(/`stop` is the last/));
  });

  test('and stays usable', () => {
    const serializer = started();
    const usual = started().deserialize(JSON.stringify(MEDIA));
    for (const bad of ['', 'null', '{}', '{"event":"media"}', '{"event":"media","media":{"payload":"*"}}']) {
      expect(() => serializer.deserialize(bad)).toThrow();
      expect(serializer.deserialize(JSON.stringify(MEDIA))).toEqual(usual);
    }
  });

  test('and repeats nothing of what came', () => {
    const secret = 'Zm9vYmFy';
    const messages = [
      secret,
      JSON.stringify(secret),
      JSON.stringify({ event: 'media', streamSid: secret }),
      JSON.stringify({ event: 'media', media: { payload: `${secret}!`, track: 'inbound' } }),
      JSON.stringify({ event: 'media', media: { payload: PAYLOAD, track: secret } }),
      JSON.stringify({ event: 'media', media: { payload: PAYLOAD, timestamp: secret } }),
      JSON.stringify({ event: 'dtmf', dtmf: { digit: secret } }),
      JSON.stringify({ event: 'mark', mark: [secret] }),
    ];
    for (const message of messages) {
      try {
        started().deserialize(message);
        expect.unreachable(message);
      } catch (error) {
        expect(String(error)).not.toContain(secret);
        expect(String((error as Error).cause)).not.toContain(secret);
      }
    }
  });
});

describe('our side writes', () => {
  test('media with exactly the documented fields', () => {
    const [text] = started().serialize(audio([0, 0, 0, 0])) as [string];
    expect(text).toBe(`{"event": "media", "streamSid": "${STREAM}", "media": {"payload": "/////w=="}}`);
    expect(JSON.parse(text)).toEqual({ event: 'media', streamSid: STREAM, media: { payload: '/////w==' } });
  });

  test('mark and clear with exactly the documented fields', () => {
    const serializer = started();
    expect(serializer.serialize({ kind: 'mark', name: 'turn-12/end' })).toEqual([
      `{"event": "mark", "streamSid": "${STREAM}", "mark": {"name": "turn-12/end"}}`,
    ]);
    expect(serializer.serialize({ kind: 'clear' })).toEqual([`{"event": "clear", "streamSid": "${STREAM}"}`]);
  });

  test.each(['', '"', '\\', '\n\t\b\u0000\u001f', 'é你😀', '\u007f\u2028', '\ud83d'])(
    'the mark %j in ASCII',
    (name) => {
      const [text] = started().serialize({ kind: 'mark', name }) as [string];
      expect(text).toMatch(/^[ -~]+$/);
      expect(JSON.parse(text)).toEqual({ event: 'mark', streamSid: STREAM, mark: { name } });
    },
  );

  test('audio of no samples as nothing', () => {
    expect(started().serialize(audio([]))).toEqual([]);
  });

  test('every code that a sample has', () => {
    const samples = Array.from({ length: 65536 }, (_, index) => index - 32768);
    const [text] = started().serialize(audio(samples)) as [string];
    const { payload } = JSON.parse(text).media;
    expect(decodeBase64(payload)).toEqual(mulaw.encode(Int16Array.from(samples)));
  });

  test('its streamSid before start, where it was given', () => {
    const serializer = twilio.createSerializer({ streamSid: STREAM });
    expect(serializer.serialize({ kind: 'clear' })).toEqual([`{"event": "clear", "streamSid": "${STREAM}"}`]);
  });

  test('another rate, where it was given', () => {
    const serializer = twilio.createSerializer({ streamSid: STREAM, sampleRate: 16000 });
    expect(serializer.serialize(audio([0], { sampleRate: 16000 }))).toHaveLength(1);
    expect(() => serializer.serialize(audio([0]))).toThrow(
      /one channel at 16000 Hz; this frame has 1 at 8000 Hz/,
    );
  });

  test('messages as they are', () => {
    const message: { [key: string]: Json } = {
      event: 'mark',
      list: [1, 2.5, null, true],
      nested: { k: 'é' },
    };
    const [text] = twilio.createSerializer().serialize({ kind: 'message', message }) as [string];
    expect(JSON.parse(text)).toEqual(message);
  });

  test('messages labelled rtvi-ai when asked to, and no others dropped', () => {
    const rtvi: Frame = { kind: 'message', message: { label: 'rtvi-ai', type: 'bot-ready' } };
    expect(started().serialize(rtvi)).toEqual([]);
    expect(started({ sendRtvi: true }).serialize(rtvi)).toHaveLength(1);
    for (const label of ['RTVI-AI', 'other', null]) {
      expect(started().serialize({ kind: 'message', message: { label } })).toHaveLength(1);
    }
  });
});

describe('our side does not write', () => {
  test('before it knows the stream', () => {
    const serializer = twilio.createSerializer();
    for (const frame of [audio([0]), { kind: 'mark', name: 'a' }, { kind: 'clear' }] as const) {
      expect(() => serializer.serialize(frame)).toThrow(
        expect.objectContaining({
          code: 'invalid-argument',
          message: expect.stringMatching(/`start`.*\{ streamSid \}/),
        }),
      );
    }
  });

  test('another rate, with the cure', () => {
    expect(() => started().serialize(audio([0], { sampleRate: 16000 }))).toThrow(
      expect.objectContaining({
        code: 'wrong-format',
        message: expect.stringMatching(/8000 Hz.*16000 Hz.*ResampleStream.*openCall/),
      }),
    );
  });

  test('stereo', () => {
    expect(() => started().serialize(audio([0, 0], { channels: 2 }))).toThrow(
      expect.objectContaining({
        code: 'wrong-format',
        message: expect.stringMatching(/one channel.*has 2 at/),
      }),
    );
  });

  test('keys, with the cure', () => {
    const digit: DtmfDigit = '5';
    expect(() => started().serialize({ kind: 'dtmf', digit, track: 'outbound' })).toThrow(
      expect.objectContaining({ code: 'unsupported-frame', message: expect.stringMatching(/dtmfTone/) }),
    );
  });

  test('frames that are the provider’s to send', () => {
    const serializer = started();
    for (const frame of [{ kind: 'stop' }, { kind: 'unknown', event: 'x', message: {} }] as const) {
      // @ts-expect-error these kinds are not for our side
      const serialize = () => serializer.serialize(frame);
      expect(serialize).toThrow(expect.objectContaining({ code: 'unsupported-frame' }));
    }
  });

  test.each([[[1]], ['hi'], [null], [3]])('a message that is no object: %j', (message) => {
    const frame = { kind: 'message', message } as unknown as Frame & { kind: 'message' };
    expect(() => started().serialize(frame)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});

describe('matches', () => {
  test.each<[string, object]>([
    ['connected', { event: 'connected', protocol: 'Call', version: '1.0.0' }],
    ['connected of another version', { event: 'connected', protocol: 'Call', version: '0.2.0' }],
    ['start', START],
  ])('%s', (_, message) => {
    expect(twilio.matches(JSON.stringify(message))).toBe(true);
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['Telnyx connected', '{"event":"connected","version":"1.0.0"}'],
    ['Telnyx start', '{"event":"start","stream_id":"7d0c","start":{"call_control_id":"v3:abc"}}'],
    ['Plivo start', '{"event":"start","start":{"streamId":"a","callId":"b"}}'],
    ['Exotel start', '{"event":"start","start":{"stream_sid":"a","call_sid":"b","account_sid":"c"}}'],
    ['Bandwidth start', '{"eventType":"start","streamId":"a"}'],
    ['Vonage', '{"event":"websocket:connected","content-type":"audio/l16;rate=16000"}'],
    ['Genesys', '{"type":"open","version":"2"}'],
    ['a start without body', '{"event":"start"}'],
    ['media', JSON.stringify(MEDIA)],
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['binary', new Uint8Array(2)],
  ])('not %s', (_, message) => {
    expect(twilio.matches(message)).toBe(false);
  });
});

test('types say which side sends what', () => {
  expectTypeOf(twilio.createSerializer().deserialize).returns.toEqualTypeOf<FrameFromCall[]>();
  expectTypeOf(twilio.createProviderSerializer().serialize).parameter(0).toEqualTypeOf<FrameFromCall>();
});
