import { type CallEnd, type CallOptions, handleCall, openCall, twilio } from '@patchcord/core';
import { openPhone } from '@patchcord/simulator';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { countable, findWhole } from './line.ts';

const START = JSON.stringify({
  event: 'start',
  sequenceNumber: '1',
  start: {
    accountSid: 'AC0',
    streamSid: 'MZ0',
    callSid: 'CA0',
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { caller: '+15551230001' },
  },
  streamSid: 'MZ0',
});
const CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}';
const STOP =
  '{"event":"stop","sequenceNumber":"3","stop":{"accountSid":"AC0","callSid":"CA0"},"streamSid":"MZ0"}';
const KEY =
  '{"event":"dtmf","streamSid":"MZ0","sequenceNumber":"4","dtmf":{"track":"inbound_track","digit":"7"}}';
const MEDIA = JSON.stringify({
  event: 'media',
  sequenceNumber: '2',
  media: { track: 'inbound', chunk: '1', timestamp: '0', payload: '/////w==' },
  streamSid: 'MZ0',
});

async function tryOpening(
  messages: readonly (string | Uint8Array<ArrayBuffer>)[],
  options: CallOptions = {},
  waitMs = 50,
) {
  const clock = createManualClock();
  const [socket, provider] = createSocketPair();
  const opening = openCall(socket, twilio, { clock, ...options }).then(
    (call) => ({ call, error: undefined }),
    (error: unknown) => ({ call: undefined, error }),
  );
  await clock.advance(1);
  for (const message of messages) provider.send(message);
  await clock.advance(waitMs);
  const outcome = await Promise.race([opening, Promise.resolve('pending' as const)]);
  return { outcome, clock, socket, provider };
}

describe('opening', () => {
  test('resolves at start with the start frame', async () => {
    const { outcome } = await tryOpening([CONNECTED, START]);
    expect(outcome).toMatchObject({
      call: {
        info: { kind: 'start', callId: 'CA0', streamId: 'MZ0', parameters: { caller: '+15551230001' } },
      },
    });
  });

  test.each<[string, Parameters<typeof tryOpening>, string, RegExp]>([
    ['audio before start', [[CONNECTED, MEDIA]], 'opened-too-late', /openCall was called too late/],
    [
      'a start that cannot be used',
      [[CONNECTED, START.replace('audio/x-mulaw', 'audio/x-l16'), MEDIA]],
      'malformed-message',
      /no start that can be used/,
    ],
    ['nothing at all', [[], {}, 10_001], 'timeout', /no message at all came/],
    [
      'only strangers',
      [[CONNECTED, 'hello'], {}, 10_001],
      'timeout',
      /2 message\(s\), 1 of which could not be read/,
    ],
    ['a stream of rubbish', [Array.from({ length: 20 }, () => '{')], 'malformed-message', /no start/],
    [
      'a rate that cannot be had',
      [[], { sampleRate: 11_025 }],
      'invalid-argument',
      /sampleRate is 11025; .*48000/,
    ],
    ['hang-up with no control', [[], { autoHangUp: true }], 'invalid-argument', /no control/],
    ['a caller who is not welcome', [[CONNECTED, START], { authorize: () => false }], 'refused', /authorize/],
    [
      'a check that fails',
      [[CONNECTED, START], { authorize: () => Promise.reject(new Error('db')) }],
      'refused',
      /authorize/,
    ],
    [
      'a check that takes too long',
      [[CONNECTED, START], { authorize: () => new Promise(() => {}) }, 10_001],
      'timeout',
      /authorize/,
    ],
  ])('%s is refused in words, and the socket closed', async (_name, args, code, words) => {
    const { outcome, socket, clock } = await tryOpening(...args);
    expect(outcome).toMatchObject({ error: { code } });
    expect(String((outcome as { error: unknown }).error)).toMatch(words);
    expect(socket.readyState).toBeGreaterThanOrEqual(2);
    await clock.advance(3000);
    expect(clock.pending).toBe(0);
  });

  test('a socket that closes before start', async () => {
    const clock = createManualClock();
    const [socket, provider] = createSocketPair();
    const refused = expect(openCall(socket, twilio, { clock })).rejects.toMatchObject({
      code: 'transport-closed',
    });
    await clock.advance(1);
    provider.close();
    await refused;
    expect(clock.pending).toBe(0);
  });

  test('a signal that fires before start', async () => {
    const stop = new AbortController();
    const { clock, outcome } = await tryOpening([CONNECTED], { signal: stop.signal });
    expect(outcome).toBe('pending');
    stop.abort();
    await clock.advance(1);
    expect(clock.pending).toBe(0);
  });

  test('audio that comes while the caller is being authorized is not lost', async () => {
    let welcome: (yes: boolean) => void = () => {};
    const authorize = () => new Promise<boolean>((resolve) => (welcome = resolve));
    const clock = createManualClock();
    const [socket, provider] = createSocketPair();
    const opening = openCall(socket, twilio, { clock, authorize });
    const phone = await openPhone(provider, { clock });
    const said = countable(300);
    void phone.say(said);
    await clock.advance(500);
    welcome(true);
    const call = await opening;
    await clock.advance(1);
    const reader = call.readable.getReader();
    const samples: number[] = [];
    while (samples.length < 3600) {
      const { value } = await reader.read();
      if (value?.kind === 'audio') samples.push(...value.samples);
    }
    expect(findWhole(Int16Array.from(samples), said)).toBeGreaterThanOrEqual(0);
  });

  test('what comes in one burst with start is observed whole', async () => {
    const clock = createManualClock();
    const [socket, provider] = createSocketPair();
    const seen: string[] = [];
    let end: CallEnd | undefined;
    void handleCall(socket, twilio, { clock }, async (call) => {
      call.observe((frame, phase) => seen.push(`${phase} ${frame.kind}`));
      call.addEventListener('warning', ({ warning }) => seen.push(warning.code));
      await call.closed;
    }).then((value) => {
      end = value;
    });
    await clock.advance(1);
    for (const message of [CONNECTED, START, '{', MEDIA, STOP]) provider.send(message);
    provider.close();
    await clock.advance(3000);
    expect(seen).toEqual(['malformed-message', 'received audio', 'received stop']);
    expect(end).toMatchObject({ reason: 'stopped' });
  });

  test('of a long burst with start nothing is lost', async () => {
    const clock = createManualClock();
    const [socket, provider] = createSocketPair();
    let heard = 0;
    void handleCall(socket, twilio, { clock }, async (call) => {
      call.observe((frame) => {
        if (frame.kind === 'dtmf') heard++;
      });
      await call.closed;
    });
    await clock.advance(1);
    provider.send(CONNECTED);
    provider.send(START);
    for (let i = 0; i < 1500; i++) provider.send(KEY);
    await clock.advance(10);
    expect(heard).toBe(1500);
  });

  test('several providers are told apart by the first messages', async () => {
    const other = { ...twilio, name: 'other', matches: () => false };
    const [socket, provider] = createSocketPair();
    const clock = createManualClock();
    const opening = openCall(socket, [other, twilio], { clock });
    await clock.advance(1);
    provider.send(CONNECTED);
    provider.send(START);
    expect((await opening).info.provider).toBe('twilio');
  });
});

describe('handling', () => {
  async function handled(handler: Parameters<typeof handleCall>[3], options: CallOptions = {}) {
    const clock = createManualClock();
    const [socket, provider] = createSocketPair();
    let end: CallEnd | undefined;
    void handleCall(socket, twilio, { clock, ...options }, handler).then((value) => {
      end = value;
    });
    const phone = await openPhone(provider, { clock });
    return { clock, phone, end: () => end, socket };
  }

  test('when the handler is done, what it said is heard and the call ended', async () => {
    const goodbye = countable(700);
    const { clock, phone, end } = await handled(async (call) => {
      call.play(goodbye.slice());
    });
    await clock.advance(600);
    expect(end()).toBeUndefined();
    await clock.advance(500);
    expect(end()).toMatchObject({ reason: 'ended' });
    expect(findWhole(phone.heard, goodbye)).toBeGreaterThanOrEqual(0);
  });

  test('a handler that fails is reported without its words, and the call ended at once', async () => {
    const codes: string[] = [];
    const { clock, end } = await handled(async (call) => {
      call.addEventListener('warning', ({ warning }) => {
        codes.push(warning.code);
        expect(warning.message).not.toContain('secret');
      });
      call.play(countable(5000));
      throw new TypeError('secret');
    });
    await clock.advance(100);
    expect(end()).toMatchObject({ reason: 'handler-failed', error: expect.any(TypeError) });
    expect(codes).toEqual(['handler-failed']);
  });

  test('a handler that throws before it returns is treated alike', async () => {
    const { clock, end } = await handled(() => {
      throw new Error('at once');
    });
    await clock.advance(100);
    expect(end()).toMatchObject({ reason: 'handler-failed' });
  });

  test('a handler that returns no promise is warned', async () => {
    const codes: string[] = [];
    const { clock, end } = await handled((call) => {
      call.addEventListener('warning', ({ warning }) => codes.push(warning.code));
      return undefined as never;
    });
    await clock.advance(100);
    expect(codes).toEqual(['handler-returned-early']);
    expect(end()).toMatchObject({ reason: 'ended' });
  });

  test('a handler that goes on writing after the caller hung up has not failed', async () => {
    const { clock, phone, end } = await handled(async (call) => {
      const writer = call.writable.getWriter();
      while (true) {
        await writer.write({
          kind: 'audio',
          samples: new Int16Array(160),
          sampleRate: 8000,
          channels: 1,
          timestampMs: 0,
          track: 'outbound',
        });
      }
    });
    await clock.advance(300);
    void phone.hangUp();
    await clock.advance(300);
    expect(end()).toMatchObject({ reason: 'stopped' });
  });

  test('a call that never opens is told as such, not thrown', async () => {
    const clock = createManualClock();
    const [socket] = createSocketPair();
    const ending = handleCall(socket, twilio, { clock }, async () => {});
    await clock.advance(10_001);
    expect(await ending).toMatchObject({ reason: 'not-opened', error: { code: 'timeout' } });
  });
});
