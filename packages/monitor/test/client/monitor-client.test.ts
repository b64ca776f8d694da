import { MediaError } from '@patchcord/core';
import { createManualClock, type ManualClock } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { type CallEvent, MonitorClient, type MonitorClientOptions } from '../../src/client.ts';
import { createHub } from '../../src/index.ts';
import { FakeCall } from '../fake-call.ts';
import { connected, inProcess, readAll, settled, until } from '../in-process.ts';

/** A socket that a test plays the hub on. */
class PlayedSocket {
  static last: PlayedSocket;
  readyState = 0;
  binaryType = 'blob';
  readonly said: { type: string; id: number }[] = [];
  readonly #listeners = new Map<string, (event: object) => void>();

  constructor() {
    PlayedSocket.last = this;
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener as (event: object) => void);
  }
  send(data: string): void {
    this.said.push(JSON.parse(data) as { type: string; id: number });
  }
  close(): void {
    this.readyState = 3;
  }

  say(data: unknown): void {
    this.readyState = 1;
    this.#listeners.get('message')?.({
      data: data instanceof ArrayBuffer || typeof data === 'string' ? data : JSON.stringify(data),
    });
  }
  closeWith(code: number, reason = ''): void {
    this.readyState = 3;
    this.#listeners.get('close')?.({ code, reason });
  }
}

const welcome = { type: 'welcome', scopes: ['list', 'listen', 'control'], gatewayNowMs: 1 };

async function played(
  options: Partial<MonitorClientOptions> = {},
): Promise<{ client: MonitorClient; clock: ManualClock; states: string[] }> {
  const clock = createManualClock();
  const client = MonitorClient.connect('ws://gateway.test/monitor', {
    ticket: async () => 'a.b.c',
    WebSocket: PlayedSocket,
    clock,
    random: () => 0,
    ...options,
  });
  const states: string[] = [];
  client.addEventListener('state', () => states.push(client.state));
  await settled();
  return { client, clock, states };
}

describe('a client that loses its gateway', () => {
  test('comes back with a fresh ticket and goes on: list, sound, and events without a repetition', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const client = await connected(monitor.client());
    const calls = client.calls();
    const heard = client.listen('CA1');
    const events = client.events('CA1');
    await settled();
    const publish = (words: string): void =>
      monitor.hub.publish('CA1', { words, track: 'inbound', timestampMs: 0 });
    publish('one');
    call.sound('inbound', 0);
    expect(await readAll(calls)).toMatchObject([{ kind: 'calls' }]);
    expect(await readAll(heard)).toHaveLength(1);
    expect(await readAll(events)).toHaveLength(1);

    monitor.connectTo(undefined);
    monitor.sockets[0]?.drop();
    await settled();
    expect([client.state, client.reason]).toEqual([
      'reconnecting',
      'Lost the gateway. The call itself goes on.',
    ]);
    publish('two');
    call.sound('inbound', 20);
    await clock.advance(3000);
    expect(client.state).toBe('reconnecting');

    monitor.connectTo(monitor.hub);
    await clock.advance(2000);
    await connected(client);
    expect(client.reason).toMatch(/^The gateway is back\. You missed [45] s\.$/);
    await settled();
    publish('three');
    call.sound('inbound', 5000);
    expect(await readAll(calls)).toMatchObject([{ kind: 'calls', calls: [{ callId: 'CA1' }] }]);
    expect(await readAll(heard)).toMatchObject([{ timestampMs: 5000 }]);
    const words = (await readAll(events)).map((event: CallEvent) => event.kind === 'words' && event.words);
    expect(words).toEqual(['two', 'three']);
  });

  test('hears of a call that ended meanwhile by the end of its streams', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    monitor.hub.watch(new FakeCall('CA1'));
    const client = await connected(monitor.client());
    const heard = client.listen('CA1').getReader();
    await settled();
    const restarted = createHub({ clock });
    monitor.connectTo(restarted);
    monitor.sockets[0]?.drop();
    await settled();
    await clock.advance(250);
    await connected(client);
    expect((await heard.read()).done).toBe(true);
  });

  test('tries ever less often, and at once when asked to', async () => {
    const { client, clock } = await played();
    const attempts: number[] = [];
    for (let i = 0; i < 8; i++) {
      const last = PlayedSocket.last;
      last.closeWith(1006);
      const before = clock.now();
      while (PlayedSocket.last === last) await clock.advance(50);
      attempts.push(clock.now() - before);
    }
    expect(attempts).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect([client.state, client.reason]).toEqual([
      'connecting',
      'The gateway does not answer. Still trying.',
    ]);
    PlayedSocket.last.closeWith(1006);
    const last = PlayedSocket.last;
    client.reconnect();
    await settled();
    expect(PlayedSocket.last).not.toBe(last);
    client.close();
    expect(clock.pending).toBe(0);
  });

  test('gives up on a gateway that does not answer for 10 s, or falls silent for 30 s', async () => {
    const { client, clock, states } = await played();
    const first = PlayedSocket.last;
    await clock.advance(10_000);
    expect(first.readyState).toBe(3);
    await clock.advance(250);
    PlayedSocket.last.say(welcome);
    expect(client.state).toBe('connected');
    const second = PlayedSocket.last;
    await clock.advance(29_999);
    expect(second.readyState).toBe(1);
    await clock.advance(1);
    expect(second.readyState).toBe(3);
    expect(states.at(-1)).toBe('reconnecting');
  });

  test('does not hang up later what it was asked to hang up before', async () => {
    const { client, clock } = await played();
    PlayedSocket.last.say(welcome);
    const hangingUp = client.hangUp('CA1');
    const rejected = expect(hangingUp).rejects.toMatchObject({ code: 'transport-closed' });
    expect(PlayedSocket.last.said.at(-1)).toMatchObject({ type: 'hang-up', callId: 'CA1' });
    PlayedSocket.last.closeWith(1006);
    await rejected;
    await clock.advance(250);
    PlayedSocket.last.say(welcome);
    expect(PlayedSocket.last.said).toEqual([]);
  });
});

describe('a client that is refused', () => {
  test.each([
    ['a forged ticket', 4403, 'This page has no access to the calls. Sign in again.'],
    ['a wrong origin', 4403, "The gateway does not accept this page's address. Add it to `allowedOrigins`."],
  ])('for %s says why and does not come back', async (_name, code, reason) => {
    const { client, clock, states } = await played();
    const stream = client.calls().getReader().read();
    const hangingUp = client.hangUp('CA1');
    PlayedSocket.last.closeWith(code, reason);
    expect([client.state, client.reason]).toEqual(['refused', reason]);
    await expect(stream).rejects.toMatchObject({ code: 'refused', message: reason });
    await expect(hangingUp).rejects.toMatchObject({ code: 'refused', message: reason });
    await expect(client.listen('CA1').getReader().read()).rejects.toMatchObject({ code: 'refused' });
    await expect(client.hangUp('CA1')).rejects.toMatchObject({ code: 'refused' });
    client.reconnect();
    expect(clock.pending).toBe(0);
    expect(states).toEqual(['refused']);
  });

  test('for an expired ticket asks for another one, once', async () => {
    let asked = 0;
    const { client, clock } = await played({ ticket: async () => `ticket-${++asked}` });
    const reason = 'Your access has run out. Reload the page to go on.';
    PlayedSocket.last.closeWith(4401, reason);
    expect(client.state).toBe('connecting');
    await clock.advance(250);
    expect(asked).toBe(2);
    PlayedSocket.last.closeWith(4401, reason);
    expect([client.state, client.reason]).toEqual(['refused', reason]);
  });

  test('by its own page, when it asks for a ticket', async () => {
    const refused = new MediaError('refused', 'Sign in first.');
    const { client } = await played({ ticket: () => Promise.reject(refused) });
    expect([client.state, client.reason]).toEqual(['refused', 'Sign in first.']);
  });

  test('a ticket that cannot be fetched, or is none, is another matter', async () => {
    let fail = true;
    const { client, clock } = await played({
      ticket: () => (fail ? Promise.reject(new TypeError('fetch failed')) : Promise.resolve('a.b.c')),
    });
    expect([client.state, client.reason]).toEqual([
      'connecting',
      'Could not ask for access to the calls. Still trying.',
    ]);
    fail = false;
    await clock.advance(250);
    PlayedSocket.last.say(welcome);
    expect(client.state).toBe('connected');

    const { client: other } = await played({ ticket: async () => '<!doctype html>' });
    expect(other.state).toBe('refused');
  });
});

describe('a client', () => {
  test('gives up a question after 10 s', async () => {
    const { client, clock } = await played();
    PlayedSocket.last.say(welcome);
    const asked = [client.hangUp('CA1'), client.calls().getReader().read()];
    const rejected = asked.map((one) => expect(one).rejects.toMatchObject({ code: 'timeout' }));
    await clock.advance(9_000);
    PlayedSocket.last.say({ type: 'ping', id: 1 });
    await clock.advance(1_000);
    await Promise.all(rejected);
    expect(client.state).toBe('connected');
  });

  test('does not give up waiting for a gateway that is away', async () => {
    const { client, clock } = await played();
    let settledRead = false;
    const read = client.calls().getReader().read();
    read.finally(() => {
      settledRead = true;
    });
    for (let i = 0; i < 4; i++) await clock.advance(10_000);
    expect(settledRead).toBe(false);
    client.close();
    expect((await read).done).toBe(true);
  });

  test('answers pings and knows the round trip from them', async () => {
    const { client } = await played();
    PlayedSocket.last.say(welcome);
    PlayedSocket.last.say({ type: 'ping', id: 1 });
    PlayedSocket.last.say({ type: 'ping', id: 2, roundTripMs: 12.5 });
    expect(PlayedSocket.last.said).toEqual([
      { type: 'pong', id: 1 },
      { type: 'pong', id: 2 },
    ]);
    expect(client.roundTripMs).toBe(12.5);
  });

  test('keeps 2 s of sound for a slow reader, the latest', async () => {
    const monitor = inProcess(createManualClock());
    const call = new FakeCall('CA1');
    monitor.hub.watch(call);
    const heard = (await connected(monitor.client())).listen('CA1');
    await settled();
    for (let ms = 0; ms < 10_000; ms += 20) {
      call.sound('inbound', ms);
      if (ms % 500 === 0) await settled();
    }
    await settled();
    const frames = await readAll(heard);
    const times = frames.map((frame) => (frame.kind === 'audio' ? frame.timestampMs : -1));
    expect(times).toEqual(Array.from({ length: 101 }, (_, i) => 7980 + 20 * i));
  });

  test('asks for the whole list again when its reader is 1,000 changes behind', async () => {
    const clock = createManualClock();
    const monitor = inProcess(clock);
    const client = await connected(monitor.client());
    const calls = client.calls();
    await settled();
    for (let i = 0; i < 1200; i++) {
      monitor.hub.watch(new FakeCall(`CA${i}`));
      if (i % 100 === 0) await settled();
    }
    const changes = await readAll(calls);
    expect(changes.length).toBeLessThan(400);
    const last = changes.findLast(({ kind }) => kind === 'calls');
    const since = changes.slice(changes.findLastIndex(({ kind }) => kind === 'calls') + 1);
    expect((last?.kind === 'calls' ? last.calls.length : 0) + since.length).toBe(1200);
  });

  test('passes over what is no message, and goes on', async () => {
    const { client } = await played();
    const socket = PlayedSocket.last;
    const garbage = [
      'hello',
      '{}',
      '[]',
      new ArrayBuffer(0),
      new ArrayBuffer(5_000_000),
      { type: 'done', id: 99 },
      { type: 'calls', id: 99, change: { kind: 'up' } },
      { type: 'over', id: -1 },
    ];
    for (const one of garbage) socket.say(one);
    socket.say(welcome);
    for (const one of garbage) socket.say(one);
    socket.say(welcome);
    expect(client.state).toBe('connected');
    expect(socket.said).toEqual([]);
  });

  test('that is closed says no more, and nothing of it is left', async () => {
    const { client, clock, states } = await played();
    PlayedSocket.last.say(welcome);
    const list = client.calls().getReader().read();
    const hangingUp = client.hangUp('CA1');
    client.close();
    client.close();
    expect((await list).done).toBe(true);
    await expect(hangingUp).rejects.toMatchObject({ code: 'transport-closed' });
    expect((await client.events('CA1').getReader().read()).done).toBe(true);
    await expect(client.hangUp('CA1')).rejects.toMatchObject({ code: 'transport-closed' });
    expect(states).toEqual(['connected', 'closed']);
    expect(PlayedSocket.last.readyState).toBe(3);
    expect(clock.pending).toBe(0);
  });

  test('that is closed while it waits for its ticket opens no socket', async () => {
    let give: (ticket: string) => void = () => {};
    const before = PlayedSocket.last;
    const { client } = await played({
      ticket: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    client.close();
    give('a.b.c');
    await settled();
    expect(PlayedSocket.last).toBe(before);
  });

  test.each(['', 'ftp://gateway.test', 'not a url', '/monitor'])('does not take the URL %j', (url) => {
    expect(() => MonitorClient.connect(url, { ticket: async () => 'a' })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });

  test.each([
    ['http://gateway.test/monitor', 'ws://gateway.test/monitor'],
    ['https://gateway.test/monitor#key=1', 'wss://gateway.test/monitor'],
  ])('takes %s for %s', async (url, expected) => {
    let opened = '';
    class Recorded extends PlayedSocket {
      constructor(address: string) {
        super();
        opened = address;
      }
    }
    MonitorClient.connect(url, {
      ticket: async () => 'a',
      WebSocket: Recorded,
      clock: createManualClock(),
    });
    await until(() => opened !== '');
    expect(opened).toBe(expected);
  });
});
