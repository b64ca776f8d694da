import { decodeBase64, encodeBase64, encodeWav, MediaError, mulaw } from '@patchcord/core';
import {
  createManualClock,
  createSocketPair,
  type ManualClock,
  macrotask,
  type PairedSocket,
} from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { openPhone } from '../../src/phone/dial.ts';
import type { Phone, PhoneOptions } from '../../src/phone/phone.ts';

/** A message as a test looks at it. */
interface Message {
  readonly event: string;
  readonly sequenceNumber?: string;
  readonly streamSid?: string;
  readonly start?: { readonly accountSid: string };
  readonly media?: {
    readonly track: string;
    readonly chunk: string;
    readonly timestamp: string;
    readonly payload: string;
  };
  readonly dtmf?: { readonly digit: string };
  readonly mark?: { readonly name: string };
}

interface Talk {
  readonly phone: Phone;
  readonly clock: ManualClock;
  /** The app's end of the socket. */
  readonly app: PairedSocket;
  /** What the app got. */
  readonly messages: Message[];
  /** Sends messages of the app, each with the stream's id. */
  send(...messages: readonly Record<string, unknown>[]): void;
}

async function talk(
  options: PhoneOptions = {},
  onMessage?: (message: Message, talk: Talk) => void,
): Promise<Talk> {
  const clock = createManualClock({ startMs: 1234.5 });
  const [app, line] = createSocketPair();
  const messages: Message[] = [];
  let started: Talk | undefined;
  const opening = openPhone(line, { clock, ...options });
  app.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    messages.push(message);
    if (started !== undefined) onMessage?.(message, started);
  });
  const phone = await opening;
  const send: Talk['send'] = (...sent) => {
    for (const message of sent) app.send(JSON.stringify({ streamSid: phone.streamSid, ...message }));
  };
  started = { phone, clock, app, messages, send };
  await macrotask();
  return started;
}

const audio = (samples: Int16Array): Record<string, unknown> => ({
  event: 'media',
  media: { payload: encodeBase64(mulaw.encode(samples)) },
});
const mark = (name: string): Record<string, unknown> => ({ event: 'mark', mark: { name } });
const clear = { event: 'clear' };

/** Sound that survives µ-law as it is, and of which no part is like another. */
function speech(length: number, seed = 1): Int16Array<ArrayBuffer> {
  const codes = Uint8Array.from(
    { length },
    (_, index) => ((index * 37 + seed * 101 + (index >> 7)) % 100) + 0x80,
  );
  return mulaw.decode(codes);
}

const silence = (length: number): Int16Array<ArrayBuffer> => new Int16Array(length);

describe('what the app gets', () => {
  test('begins with connected and start, as Twilio says them', async () => {
    const { messages } = await talk({
      callSid: 'CA1',
      streamSid: 'MZ1',
      accountSid: 'AC1',
      from: '+15550001',
      to: '+15550002',
      parameters: { locale: 'en-GB' },
    });
    expect(messages).toEqual([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      {
        event: 'start',
        sequenceNumber: '1',
        start: {
          accountSid: 'AC1',
          streamSid: 'MZ1',
          callSid: 'CA1',
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { from: '+15550001', to: '+15550002', locale: 'en-GB' },
        },
        streamSid: 'MZ1',
      },
    ]);
  });

  test('has ids that look like those of Twilio, another for each phone', async () => {
    const [one, two] = [await talk(), await talk()];
    expect(one.phone.callSid).toMatch(/^CA[0-9a-f]{32}$/);
    expect(one.phone.streamSid).toMatch(/^MZ[0-9a-f]{32}$/);
    expect(one.messages[1]?.start?.accountSid).toMatch(/^AC[0-9a-f]{32}$/);
    expect(two.phone.callSid).not.toBe(one.phone.callSid);
  });

  test('is 20 ms of silence every 20 ms while nothing is said', async () => {
    const { clock, messages } = await talk();
    await clock.advance(19.9);
    expect(messages).toHaveLength(2);
    await clock.advance(40.1);
    expect(messages.slice(2)).toEqual(
      [0, 1, 2].map((index) => ({
        event: 'media',
        sequenceNumber: String(index + 2),
        media: {
          track: 'inbound',
          chunk: String(index + 1),
          timestamp: String(index * 20),
          payload: encodeBase64(new Uint8Array(160).fill(0xff)),
        },
        streamSid: messages[1]?.streamSid,
      })),
    );
  });

  test('catches up after a stall, without drift', async () => {
    const { messages } = await stalled(130);
    expect(messages.map(({ media }) => media?.timestamp)).toEqual([
      '0',
      '20',
      '40',
      '60',
      '80',
      '100',
      '120',
    ]);
  });

  test('after a long stall has lost audio, in place of a flood', async () => {
    const { messages } = await stalled(60_000);
    expect(messages).toHaveLength(5000 / 20 + 1);
    expect(messages[0]?.media?.timestamp).toBe('55000');
    expect(messages.at(-1)?.media?.timestamp).toBe('60000');
  });

  /** Media after a stall of the process: a timer that fires late, then one in time. */
  async function stalled(ms: number): Promise<{ messages: Message[] }> {
    const clock = createManualClock();
    let extraMs = 0;
    const late = { now: () => clock.now() + extraMs, after: clock.after };
    const { messages } = await talk({ clock: late });
    extraMs = ms - 20;
    await clock.advance(20); // it is `ms` now
    await clock.advance(20 - (ms % 20));
    return { messages: messages.filter(({ event }) => event === 'media') };
  }

  test('is what the caller says, sample by sample', async () => {
    const { phone, clock, messages } = await talk();
    let spoken = false;
    await clock.advance(20);
    void phone.say(speech(400)).then(() => {
      spoken = true;
    });
    void phone.say(speech(50, 2));
    await clock.advance(40);
    expect(spoken).toBe(false);
    await clock.advance(20);
    expect(spoken).toBe(true);
    const payloads = messages.flatMap(({ media }) =>
      media ? [...mulaw.decode(decodeBase64(media.payload))] : [],
    );
    expect(payloads).toEqual([...silence(160), ...speech(400), ...speech(50, 2), ...silence(30)]);
    expect(phone.events).toEqual([
      { kind: 'said', timestampMs: 20, endMs: 70 },
      { kind: 'said', timestampMs: 70, endMs: 76.25 },
    ]);
  });

  test('is said at 8 kHz whatever the sound has: another rate, two channels, a WAV file', async () => {
    const { phone, clock, messages } = await talk();
    const stereo = Int16Array.from({ length: 320 }, (_, index) => (index % 2 === 0 ? 900 : 1100));
    void phone.say({ samples: stereo, sampleRate: 8000, channels: 2 });
    void phone.say(encodeWav({ samples: new Int16Array(480).fill(500), sampleRate: 24_000, channels: 1 }));
    await clock.advance(60);
    const [first, second, third] = messages.flatMap(({ media }) =>
      media ? [mulaw.decode(decodeBase64(media.payload))] : [],
    );
    expect(first).toEqual(mulaw.decode(mulaw.encode(new Int16Array(160).fill(1000))));
    expect(second?.[80]).toBeCloseTo(500, -2);
    expect(third).toEqual(silence(160));
  });

  test('has keys 200 ms apart, beside the sound', async () => {
    const { phone, clock, messages } = await talk();
    let pressed = false;
    void phone.press('1#').then(() => {
      pressed = true;
    });
    await clock.advance(200);
    expect(pressed).toBe(false);
    await clock.advance(20);
    expect(pressed).toBe(true);
    const keys = messages.filter(({ event }) => event === 'dtmf');
    expect(keys.map(({ dtmf }) => dtmf)).toEqual([
      { track: 'inbound_track', digit: '1' },
      { track: 'inbound_track', digit: '#' },
    ]);
    expect(phone.events).toEqual([
      { kind: 'pressed', digit: '1', timestampMs: 0 },
      { kind: 'pressed', digit: '#', timestampMs: 200 },
    ]);
    expect(messages.map(({ sequenceNumber }) => sequenceNumber)).toEqual([
      undefined,
      ...Array.from({ length: messages.length - 1 }, (_, index) => String(index + 1)),
    ]);
  });
});

describe('what the caller hears', () => {
  test('is what the app sends, from the moment that it comes, and silence around it', async () => {
    const { phone, clock, send } = await talk();
    await clock.advance(100);
    send(audio(speech(250)), audio(speech(70, 2)));
    await clock.advance(100);
    expect(phone.heard).toEqual(
      Int16Array.of(...silence(800), ...speech(250), ...speech(70, 2), ...silence(480)),
    );
  });

  test('is the caller, one step later, where the app is an echo', async () => {
    const { phone, clock } = await talk({}, ({ event, media }, { send }) => {
      if (event === 'media') send({ event, media: { payload: media?.payload } });
    });
    void phone.say(speech(1600));
    await clock.advance(400);
    expect(phone.heard).toEqual(Int16Array.of(...silence(160), ...speech(1600), ...silence(1440)));
  });

  test('ten minutes through an echo: every frame within its step', { timeout: 20_000 }, async () => {
    const { phone, clock, messages } = await talk({}, ({ event, media }, { send }) => {
      if (event === 'media') send({ event, media: { payload: media?.payload } });
    });
    const said = speech(600 * 8000);
    void phone.say(said);
    await clock.advance(600_020);
    expect(phone.heard.length).toBe(said.length + 160);
    expect(phone.heard.subarray(160).every((sample, index) => sample === said[index])).toBe(true);
    expect(messages.length).toBe(2 + 30_001);
  });
});

describe('marks and clear', () => {
  const echoes = ({ messages }: Talk): (string | undefined)[] =>
    messages.flatMap((message) => (message.event === 'mark' ? [message.mark?.name] : []));

  test('a mark comes back when its audio was heard: not sooner, not at the next 20 ms', async () => {
    const call = await talk();
    const { phone, clock, send } = call;
    send(mark('at once'), audio(speech(240)), mark('half way'), audio(speech(160)), mark('end'));
    await macrotask();
    expect(echoes(call)).toEqual(['at once']);
    await clock.advance(29.875);
    expect(echoes(call)).toEqual(['at once']);
    await clock.advance(0.125);
    expect(echoes(call)).toEqual(['at once', 'half way']);
    await clock.advance(20);
    expect(echoes(call)).toEqual(['at once', 'half way', 'end']);
    expect(phone.events.filter(({ kind }) => kind === 'echo')).toEqual([
      { kind: 'echo', name: 'at once', outcome: 'played', sentMs: 0, timestampMs: 0 },
      { kind: 'echo', name: 'half way', outcome: 'played', sentMs: 0, timestampMs: 30 },
      { kind: 'echo', name: 'end', outcome: 'played', sentMs: 0, timestampMs: 50 },
    ]);
  });

  test('clear silences at once and gives back what was pending; the phone knows what was heard', async () => {
    const call = await talk();
    const { phone, clock, send } = call;
    send(audio(speech(160)), mark('a'), audio(speech(1600, 2)), mark('b'), mark('c'));
    await clock.advance(50);
    send(clear, mark('fence'));
    await macrotask();
    expect(echoes(call)).toEqual(['a', 'b', 'c', 'fence']);
    await clock.advance(50);
    expect(phone.heard).toEqual(Int16Array.of(...speech(160), ...speech(240, 2), ...silence(400)));
    expect(phone.events.filter(({ kind }) => kind !== 'mark')).toEqual([
      { kind: 'echo', name: 'a', outcome: 'played', sentMs: 0, timestampMs: 20 },
      { kind: 'clear', droppedMs: 170, timestampMs: 50 },
      { kind: 'echo', name: 'b', outcome: 'cleared', sentMs: 0, timestampMs: 50 },
      { kind: 'echo', name: 'c', outcome: 'cleared', sentMs: 0, timestampMs: 50 },
      { kind: 'echo', name: 'fence', outcome: 'played', sentMs: 50, timestampMs: 50 },
    ]);
  });
});

describe('warnings', () => {
  const streamSid = 'MZ1';
  const good = { event: 'media', streamSid, media: { payload: '/////w==' } };

  test.each<[string, unknown]>([
    ['not JSON', '{"event":'],
    ['no object', '[]'],
    ['no event', { streamSid }],
    ['an unknown event', { event: 'dtmf', streamSid, dtmf: { digit: '1' } }],
    ['a missing field', { event: 'media', streamSid }],
    ['a missing field inside', { event: 'media', streamSid, media: {} }],
    ['a field too many', { ...good, sequenceNumber: '1' }],
    ['a field too many inside', { ...good, media: { payload: '', track: 'outbound' } }],
    ['no streamSid', { event: 'clear' }],
    ["another stream's streamSid", { ...good, streamSid: 'MZ2' }],
    ['a payload that is not base64', { ...good, media: { payload: 'not base64!' } }],
    ['a number for a name', { event: 'mark', streamSid, mark: { name: 7 } }],
  ])('%s is 31951, once per stream, and is ignored', async (_, message) => {
    const { phone, clock, app } = await talk({ streamSid });
    const heard: unknown[] = [];
    phone.addEventListener('warning', ({ detail }) => heard.push(detail));
    for (let sent = 0; sent < 3; sent++) {
      app.send(typeof message === 'string' ? message : JSON.stringify(message));
    }
    app.send(JSON.stringify(good));
    await clock.advance(20);
    expect(phone.warnings).toEqual([{ code: 31951, message: expect.stringMatching(/^Twilio: .+\.$/) }]);
    expect(heard).toEqual(phone.warnings);
    expect(phone.events.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
    expect(phone.rejectedMessages).toBe(3);
  });

  test('binary is 31950', async () => {
    const { phone, clock, app } = await talk();
    app.send(new TextEncoder().encode('{"event":"clear"}'));
    app.send(new Uint8Array(160));
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31950]);
    expect(phone.rejectedMessages).toBe(2);
  });

  test('more than ten minutes is 31931, and the newest is not heard', async () => {
    const { phone, clock, send } = await talk();
    for (let minute = 0; minute < 10; minute++) send(audio(new Int16Array(60 * 8000).fill(924)));
    await macrotask();
    expect(phone.warnings).toEqual([]);
    send(audio(speech(160)), audio(speech(160)), mark('end'));
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31931]);
    expect(phone.rejectedMessages).toBe(0);
  });

  test('each code is reported for itself', async () => {
    const { phone, clock, app } = await talk();
    app.send('?');
    app.send(new Uint8Array(1));
    app.send('?');
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31951, 31950]);
  });

  test('anything on a unidirectional stream is 31924 and ends it', async () => {
    const { phone, clock, messages, send } = await talk({
      unidirectional: true,
      tracks: ['inbound', 'outbound'],
    });
    void phone.say(speech(160), { track: 'outbound' });
    await clock.advance(20);
    expect(messages.slice(2).map(({ media }) => [media?.track, media?.chunk, media?.timestamp])).toEqual([
      ['inbound', '1', '0'],
      ['outbound', '2', '0'],
    ]);
    send(clear);
    await clock.advance(20);
    expect(phone.warnings.map(({ code }) => code)).toEqual([31924]);
    expect(await phone.closed).toMatchObject({ endedBy: 'phone', reason: 'protocol-error', closeCode: 1002 });
  });
});

describe('the end', () => {
  test('hanging up says stop, then closes; time stands still', async () => {
    const { phone, clock, app, messages } = await talk({ accountSid: 'AC1' });
    await clock.advance(50);
    let code: unknown;
    app.addEventListener('close', (event) => {
      code = event.code;
    });
    const end = await phone.hangUp();
    expect(end).toEqual({
      endedBy: 'caller',
      reason: 'hung-up',
      message: 'The caller hung up.',
      closeCode: 1000,
      durationMs: 50,
      unheardMs: 0,
    });
    expect(messages.at(-1)).toEqual({
      event: 'stop',
      sequenceNumber: '4',
      stop: { accountSid: 'AC1', callSid: phone.callSid },
      streamSid: phone.streamSid,
    });
    expect(code).toBe(1000);
    await clock.advance(1000);
    expect([phone.timestampMs, clock.pending, phone.heard.length]).toEqual([50, 0, 400]);
    expect(await phone.hangUp()).toBe(end);
  });

  test('a dropped line says nothing', async () => {
    const { phone, clock, messages } = await talk();
    await clock.advance(20);
    expect(await phone.drop()).toMatchObject({ endedBy: 'caller', reason: 'dropped' });
    expect(messages.at(-1)?.event).toBe('media');
  });

  test('the app closes: its last audio has been heard as far as time went', async () => {
    const { phone, clock, app, send } = await talk();
    send(audio(speech(400)));
    await clock.advance(30);
    app.close(1000, 'bye');
    const end = await phone.closed;
    expect(end).toMatchObject({ endedBy: 'app', reason: 'app-closed', closeCode: 1000, durationMs: 30 });
    expect(end.unheardMs).toBe(20);
    expect(phone.heard).toEqual(speech(240));
    expect(phone.events.at(-1)).toEqual({ kind: 'ended', end, timestampMs: 30 });
  });

  test('the connection is lost', async () => {
    const { phone, app } = await talk();
    app.drop();
    expect(await phone.closed).toMatchObject({
      endedBy: 'network',
      reason: 'connection-lost',
      closeCode: 1006,
    });
  });

  test('an app that does not answer the closing is not waited for long', async () => {
    const clock = createManualClock();
    const [app, line] = createSocketPair({ clock, delayMs: 60_000 });
    const phone = await openPhone(line, { clock });
    const hungUp = phone.hangUp();
    await clock.advance(2500);
    expect(await hungUp).toMatchObject({ endedBy: 'caller', reason: 'hung-up', durationMs: 0 });
    expect(app.readyState).toBe(1);
  });

  test('an app that does not read is left', async () => {
    const clock = createManualClock();
    const [, line] = createSocketPair();
    Object.defineProperty(line, 'bufferedAmount', { get: () => 2 ** 21 });
    const phone = await openPhone(line, { clock });
    await clock.advance(20);
    expect(await phone.closed).toMatchObject({ endedBy: 'app', reason: 'app-stalled' });
  });

  test('what is being said or pressed is refused, with the reason; unawaited, it harms nothing', async () => {
    const { phone, clock, app } = await talk();
    void phone.say(speech(8000));
    const saying = phone.say(speech(8000));
    const pressing = phone.press('123');
    const waiting = phone.wait(10_000);
    await clock.advance(20);
    app.close(1000);
    await expect(saying).rejects.toThrow('The call is over. The app closed the connection (code 1000).');
    await expect(pressing).rejects.toMatchObject({ code: 'transport-closed' });
    await expect(phone.say(speech(1))).rejects.toMatchObject({ code: 'transport-closed' });
    await waiting;
    await phone.wait(10_000);
    expect(clock.pending).toBe(0);
  });
});

describe('waiting', () => {
  test('for speech and silence, as a caller listens to a menu', async () => {
    const { phone, clock, send } = await talk();
    const log: [string, number][] = [];
    void (async () => {
      log.push(['speech', await phone.waitForSpeech()]);
      log.push(['silence', await phone.waitForSilence({ ms: 300 })]);
      log.push(['now', phone.timestampMs]);
    })();
    await clock.advance(500);
    send(audio(speech(800)));
    await clock.advance(200);
    send(audio(speech(800)));
    await clock.advance(1000);
    expect(log).toEqual([
      ['speech', 500],
      ['silence', 800],
      ['now', 1100],
    ]);
  });

  test('for speech means: from now on', async () => {
    const { phone, clock, send } = await talk();
    send(audio(speech(160)));
    await clock.advance(100);
    let heard = false;
    void phone.waitForSpeech().then(() => {
      heard = true;
    });
    await clock.advance(100);
    expect(heard).toBe(false);
    send(audio(speech(160)));
    await clock.advance(20);
    expect(heard).toBe(true);
  });

  test('ends with an error in words when nothing comes', async () => {
    const { phone, clock } = await talk();
    const waiting = phone.waitForSpeech({ timeoutMs: 500 });
    const until = phone.waitUntil(() => false, { timeoutMs: 100, what: 'the goodbye' });
    await clock.advance(500);
    await expect(waiting).rejects.toThrow('Waited 500 ms for something to be heard, which did not come.');
    await expect(until).rejects.toThrow('Waited 100 ms for the goodbye, which did not come.');
    await expect(until).rejects.toBeInstanceOf(MediaError);
  });

  test('passes on what a condition throws', async () => {
    const { phone } = await talk();
    await expect(
      phone.waitUntil(() => {
        throw new Error('no such thing');
      }),
    ).rejects.toThrow('no such thing');
  });

  test('for a time', async () => {
    const { phone, clock } = await talk();
    let over = false;
    void phone.wait(33).then(() => {
      over = true;
    });
    await clock.advance(32);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
  });
});

describe('refusals', () => {
  test.each<[PhoneOptions, RegExp]>([
    [{ tracks: [] }, /'inbound', 'outbound' or both/],
    [{ tracks: ['inbound', 'inbound'] }, /31941/],
    [{ tracks: ['both_tracks' as never] }, /31941/],
    [{ tracks: ['outbound'] }, /unidirectional: true/],
  ])('%o', async (options, words) => {
    await expect(openPhone(createSocketPair()[0], options)).rejects.toThrow(words);
  });

  test('a socket that is closed already', async () => {
    const [, line] = createSocketPair();
    await macrotask();
    line.drop();
    await expect(openPhone(line)).rejects.toThrow(/closed already/);
  });

  test('a socket that does not open in time', async () => {
    const clock = createManualClock();
    const never = { ...noSocket, readyState: 0 };
    const opening = openPhone(never, { clock, connectTimeoutMs: 100 });
    opening.catch(() => {});
    await clock.advance(100);
    await expect(opening).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('100 ms'),
    });
  });

  const noSocket = { send: () => {}, close: () => {}, addEventListener: () => {} };

  test('what is no sound, no key, or not on this stream', async () => {
    const { phone } = await talk();
    await expect(phone.say(new Uint8Array(100))).rejects.toThrow('This is not a WAV file');
    await expect(phone.say('hello' as never)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(phone.say(speech(1), { track: 'outbound' })).rejects.toMatchObject({
      code: 'unsupported-frame',
    });
    await expect(phone.press('1x')).rejects.toMatchObject({ code: 'invalid-argument' });
    const { phone: tapped } = await talk({ unidirectional: true });
    await expect(tapped.press('1')).rejects.toMatchObject({ code: 'unsupported-frame' });
  });
});
