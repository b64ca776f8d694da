import { readFileSync } from 'node:fs';
import { decodeBase64, encodeBase64 } from '@patchcord/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dial } from '../../src/phone/dial.ts';
import { type App, startApp } from '../app.ts';
import { audio, clear, mark, rawCall, type WireMessage } from '../raw-app.ts';
import { sound } from '../virtual-call.ts';

const silence = (length: number): Int16Array<ArrayBuffer> => new Int16Array(length);

describe('the upgrade', () => {
  let app: App;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('asks for no subprotocol and no compression, and is signed over the wss URL', async () => {
    const authToken = '0123456789abcdef0123456789abcdef';
    const signedUrl = 'wss://voice.example.com/media';
    await (await dial(app.url, { authToken, signedUrl })).hangUp();
    const headers = app.requests.at(-1)?.headers ?? {};
    expect(headers['x-twilio-signature']).toBe('ttk+kVY3Kdi/BWVnuJguRoi2Bjs=');
    expect(headers).not.toHaveProperty('sec-websocket-protocol');
    expect(headers).not.toHaveProperty('sec-websocket-extensions');
  });

  test.each([
    [
      'another port is signed as it stands',
      'wss://voice.example.com:8443/media',
      'AF0qiBTAfgMeoczRzOeA7hcSCr0=',
    ],
    [
      'so is the default port, where it is written',
      'wss://voice.example.com:443/media',
      'JI5PyUOwt6GuF3/K92tnPhD5Oeo=',
    ],
  ])('%s', async (_, signedUrl, signature) => {
    await (await dial(app.url, { authToken: '0123456789abcdef0123456789abcdef', signedUrl })).hangUp();
    expect(app.requests.at(-1)?.headers['x-twilio-signature']).toBe(signature);
  });

  test('a bare origin is signed as it is dialled, without a slash of its own', async () => {
    const origin = app.url.replace('/media', '');
    await (await dial(origin, { authToken: 'token' })).hangUp();
    await (await dial(app.url, { authToken: 'token', signedUrl: origin.replace('ws:', 'wss:') })).hangUp();
    const [bare, same] = app.requests.slice(-2).map(({ headers }) => headers['x-twilio-signature']);
    expect(bare).toBe(same);
  });
});

describe('what the phone sends', () => {
  test('connected first, then start with sequenceNumber "1"', async () => {
    const { messages } = await rawCall();
    expect(messages.map(({ event, sequenceNumber }) => [event, sequenceNumber])).toEqual([
      ['connected', undefined],
      ['start', '1'],
    ]);
  });

  test('every 20 ms 160 bytes; sequenceNumber and chunk rise by 1, timestamp by 20, all as text', async () => {
    const { clock, messages } = await rawCall();
    await clock.advance(1000);
    const media = messages.slice(2);
    expect(media).toHaveLength(50);
    for (const [index, message] of media.entries()) {
      expect(message).toMatchObject({
        event: 'media',
        sequenceNumber: String(index + 2),
        media: { track: 'inbound', chunk: String(index + 1), timestamp: String(index * 20) },
      });
      expect(decodeBase64(message.media?.payload ?? '')).toHaveLength(160);
    }
  });

  test('the numbers go on through keys, echoes and stop', async () => {
    const { clock, phone, messages, send } = await rawCall();
    await send(mark('a'));
    void phone.press('5');
    await clock.advance(40);
    await clock.run(phone.hangUp());
    const numbers = messages.slice(1).map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1)));
    expect(messages.map(({ event }) => event)).toEqual([
      ...['connected', 'start', 'mark', 'dtmf', 'media', 'media', 'stop'],
    ]);
  });

  test('messages arrive a few ms early or late, and their timestamps do not tell', async () => {
    const { clock, app, messages } = await rawCall({ faults: { jitterMs: 8, seed: 4 } });
    const arrivals: number[] = [];
    app.addEventListener('message', () => arrivals.push(clock.now()));
    await clock.advance(1000);
    const media = messages.flatMap((message) => message.media ?? []);
    expect(media.map(({ timestamp }) => timestamp)).toEqual(media.map((_, index) => String(index * 20)));
    const late = arrivals.slice(-40).map((at) => at % 20);
    expect(Math.max(...late)).toBeLessThanOrEqual(8);
    expect(new Set(late.map(Math.round)).size).toBeGreaterThan(4);
  });

  test('stop at the end, with both ids, then the socket closes', async () => {
    const { clock, phone, app, messages } = await rawCall({ accountSid: 'AC1' });
    const order: string[] = [];
    app.addEventListener('message', () => order.push('message'));
    app.addEventListener('close', ({ code }) => order.push(`close ${code}`));
    await clock.run(phone.hangUp());
    expect(messages.at(-1)?.stop).toEqual({ accountSid: 'AC1', callSid: phone.callSid });
    expect(order).toEqual(['message', 'close 1000']);
  });

  test('or nothing at all: the socket closes without stop', async () => {
    const { clock, phone, messages } = await rawCall();
    await clock.advance(20);
    await clock.run(phone.drop());
    expect(messages.map(({ event }) => event)).toEqual(['connected', 'start', 'media']);
  });
});

describe('what the phone does with what it gets', () => {
  test('bytes are a queue of which 160 are heard in 20 ms', async () => {
    const { clock, phone, send } = await rawCall();
    const said = sound(1000, 1);
    await send(audio(said.slice(0, 8)), audio(said.slice(8, 3000)), audio(said.slice(3000)));
    await clock.advance(500);
    expect(phone.heard).toEqual(said.slice(0, 4000));
    await clock.advance(600);
    expect(phone.heard).toEqual(Int16Array.of(...said, ...silence(800)));
  });

  test('a mark comes back when it reaches the head of the queue; at once where nothing is queued', async () => {
    const { clock, send, echoes } = await rawCall();
    await send(mark('now'), audio(sound(100, 1)), mark('later'));
    expect(echoes()).toEqual(['now']);
    await clock.advance(99.875);
    expect(echoes()).toEqual(['now']);
    await clock.advance(0.125);
    expect(echoes()).toEqual(['now', 'later']);
  });

  test('clear drops the bytes and gives back all marks in order, at once', async () => {
    const { clock, phone, send, echoes } = await rawCall();
    await send(audio(sound(100, 1)), mark('a'), audio(sound(100, 2)), mark('b'), mark('c'));
    await clock.advance(40);
    await send(clear);
    expect(echoes()).toEqual(['a', 'b', 'c']);
    await clock.advance(100);
    expect(phone.heard.subarray(320)).toEqual(silence(800));
  });

  const good = { event: 'media', media: { payload: '/////w==' } };

  test.each<[string, unknown]>([
    ['bad JSON', '{"event":'],
    ['an unknown event', { event: 'stop' }],
    ['a missing field', { event: 'media' }],
    ['a field too many', { ...good, track: 'outbound' }],
    ['a wrong streamSid', { ...good, streamSid: 'MZ0' }],
  ])('%s is 31951, counted, and not heard', async (_, message) => {
    const { clock, phone, app, send } = await rawCall();
    if (typeof message === 'string') app.send(message);
    else await send(message as Record<string, unknown>);
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31951]);
    expect(phone.rejectedMessages).toBe(1);
    expect(await finished(phone.closed)).toBe(false);
  });

  test('binary is 31950', async () => {
    const { clock, phone, app } = await rawCall();
    app.send(new TextEncoder().encode('{"event":"clear"}'));
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31950]);
  });

  test('more than 600 s is 31931, and the newest is dropped', async () => {
    const { clock, phone, send } = await rawCall();
    const minute = { event: 'media', media: { payload: encodeBase64(new Uint8Array(480_000).fill(0x90)) } };
    await send(...Array.from({ length: 10 }, () => minute));
    expect(phone.warnings).toEqual([]);
    await send(audio(sound(20, 1)), mark('end'));
    expect(phone.warnings.map(({ code }) => code)).toEqual([31931]);
    await clock.advance(600_040);
    expect(phone.heard.subarray(600 * 8000).every((sample) => sample === 0)).toBe(true);
    expect(phone.events.at(-1)).toMatchObject({ kind: 'echo', name: 'end', timestampMs: 600_000 });
  });

  test('anything on a unidirectional stream is 31924, and the socket closes', async () => {
    const { clock, phone, send } = await rawCall({ unidirectional: true });
    await send(good);
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31924]);
    expect((await phone.closed).reason).toBe('protocol-error');
  });
});

describe('both kinds of stream', () => {
  test.each([[['inbound']], [['outbound']], [['inbound', 'outbound']]] as const)(
    'a unidirectional one carries %s, one counter for all, and no echo of what is said',
    async (tracks) => {
      const { clock, phone, messages } = await rawCall({ unidirectional: true, tracks });
      for (const [index, track] of tracks.entries()) void phone.say(sound(40, index), { track });
      await clock.advance(60);
      await clock.run(phone.hangUp());
      expect(messages[1]?.start?.tracks).toEqual(tracks);
      const media = messages.flatMap((message) => message.media ?? []);
      expect(media.map(({ track, chunk, timestamp }) => [track, chunk, timestamp])).toEqual(
        [0, 20, 40].flatMap((timestampMs, step) =>
          tracks.map((track, index) => [
            track,
            String(step * tracks.length + index + 1),
            String(timestampMs),
          ]),
        ),
      );
      for (const [index, track] of tracks.entries()) {
        const payloads = media.filter((one) => one.track === track).map(({ payload }) => payload);
        expect(payloads).toEqual([0, 1, 2].map((step) => payloadOf(sound(40, index), step)));
      }
      expect(messages.at(-1)?.event).toBe('stop');
      expect(phone.heard.every((sample) => sample === 0)).toBe(true);
    },
  );

  test('on a unidirectional one no key can be pressed, and a socket may close without stop', async () => {
    const { clock, phone, messages } = await rawCall({ unidirectional: true });
    await expect(phone.press('1')).rejects.toMatchObject({ code: 'unsupported-frame' });
    await clock.run(phone.drop());
    expect(messages.map(({ event }: WireMessage) => event)).not.toContain('stop');
  });

  test('several phones in one process have nothing in common but the clock', async () => {
    const first = await rawCall({ parameters: { caller: '1' } });
    const { clock } = first;
    const second = await rawCall({ parameters: { caller: '2' } }, clock);
    const third = await rawCall({ unidirectional: true, tracks: ['inbound', 'outbound'] }, clock);
    await first.send(audio(sound(100, 1)));
    await second.send(audio(sound(60, 2)), mark('second'));
    void third.phone.say(sound(20, 3));
    await clock.advance(50);
    await clock.run(first.phone.hangUp());
    await clock.advance(50);
    expect(first.phone.heard).toEqual(sound(100, 1).slice(0, 400));
    expect(second.phone.heard).toEqual(Int16Array.of(...sound(60, 2), ...silence(320)));
    expect([first.echoes(), second.echoes()]).toEqual([[], ['second']]);
    expect(third.messages.at(-1)?.media?.timestamp).toBe('80');
    const sids = [first, second, third].flatMap(({ phone }) => [phone.callSid, phone.streamSid]);
    expect(new Set(sids).size).toBe(6);
  });

  test('a second stream of one call has a socket and a streamSid of its own', async () => {
    const first = await rawCall();
    await first.clock.run(first.phone.hangUp());
    const second = await rawCall({ callSid: first.phone.callSid });
    expect(second.phone.callSid).toBe(first.phone.callSid);
    expect(second.phone.streamSid).not.toBe(first.phone.streamSid);
  });

  function payloadOf(samples: Int16Array, step: number): string {
    const frame = silence(160);
    frame.set(samples.subarray(step * 160, (step + 1) * 160));
    return audio(frame).media.payload;
  }
});

/** What is known of how Twilio behaves, line by line, and the tests of it: those above, and those of other files. */
const SMALL_PRINT: readonly (readonly [line: string, file: string, ...tests: readonly string[]])[] = [
  [
    'Dials with no subprotocol, and signs the upgrade over the wss URL',
    'phone/small-print',
    'asks for no subprotocol and no compression, and is signed over the wss URL',
    'another port is signed as it stands',
    'a bare origin is signed as it is dialled, without a slash of its own',
  ],
  [
    'Sends connected, then start with sequenceNumber "1"',
    'phone/small-print',
    'connected first, then start with sequenceNumber "1"',
  ],
  [
    'Every 20 ms media with 160 bytes, sequenceNumber and chunk +1, timestamp +20',
    'phone/small-print',
    'every 20 ms 160 bytes; sequenceNumber and chunk rise by 1, timestamp by 20, all as text',
    'the numbers go on through keys, echoes and stop',
  ],
  ['Timestamps begin a few ms above 0', 'phone/habits', 'timestamps begin at 0, or a little above'],
  [
    'Arrival jitters by a few ms, timestamps do not',
    'phone/small-print',
    'messages arrive a few ms early or late, and their timestamps do not tell',
  ],
  [
    'A queue of bytes, of which 160 are consumed in 20 ms',
    'phone/small-print',
    'bytes are a queue of which 160 are heard in 20 ms',
  ],
  [
    'A mark is echoed when it reaches the head',
    'phone/small-print',
    'a mark comes back when it reaches the head of the queue; at once where nothing is queued',
  ],
  [
    'clear drops the bytes and echoes all marks in order, at once',
    'phone/small-print',
    'clear drops the bytes and gives back all marks in order, at once',
  ],
  ['Binary is rejected and counted: 31950', 'phone/small-print', 'binary is 31950'],
  [
    'Bad JSON, unknown events, missing or extra fields, wrong streamSid are rejected and counted: 31951',
    'phone/small-print',
    'bad JSON',
    'an unknown event',
    'a missing field',
    'a field too many',
    'a wrong streamSid',
  ],
  [
    'More than 600 s queued: 31931, and one end is dropped',
    'phone/small-print',
    'more than 600 s is 31931, and the newest is dropped',
  ],
  ['... the other end', 'phone/habits', 'beyond ten minutes the newest is discarded, or the oldest'],
  [
    'Any message on a unidirectional stream: 31924, and the socket closes',
    'phone/small-print',
    'anything on a unidirectional stream is 31924, and the socket closes',
  ],
  [
    'Ends with stop, then closes',
    'phone/small-print',
    'stop at the end, with both ids, then the socket closes',
  ],
  ['Closes with no stop', 'phone/small-print', 'or nothing at all: the socket closes without stop'],
  ['A gap in timestamp', 'faults/faults', 'timestamps jump where there was no audio'],
  ['Bursts after a stall', 'faults/faults', 'nothing comes for a while, then all at once'],
  ['start out of order', 'faults/faults', 'audio before start is named'],
  ['Frames of odd length', 'faults/faults', 'messages hold any number of samples'],
];

test.each(SMALL_PRINT)('tested: %s', (_, file, ...tests) => {
  const source = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
  const own = source.replace(/^const SMALL_PRINT[\s\S]*?^\];/m, ''); // this table is no test
  for (const name of tests) expect(own.includes(`'${name}'`), name).toBe(true);
});

async function finished(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve(false)]);
}
