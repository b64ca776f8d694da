/** What goes wrong with pages, tickets and servers: each is said in words, and harms no call. */
import { createManualClock, createSocketPair, type ManualClock } from '@patchcord/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { MonitorClient, type MonitorClientOptions } from '../src/client.ts';
import { type AuditEntry, createHub, type Hub, type MonitorSocket, ticketOf } from '../src/index.ts';
import { MAX_CLIENT_MESSAGE } from '../src/wire/parse.ts';
import { FakeCall, voice } from './fake-call.ts';
import { connected, type InProcess, inProcess, readAll, settled, until } from './in-process.ts';

const NO_ACCESS = 'This page has no access to the calls. Sign in again.';

let clock: ManualClock;
let audit: AuditEntry[];
let monitor: InProcess;
let call: FakeCall;

beforeEach(() => {
  clock = createManualClock();
  audit = [];
  monitor = inProcess(clock, { onAudit: (entry) => audit.push(entry) });
  call = new FakeCall('CA1');
  monitor.hub.watch(call);
});

/** The call goes on as if nobody had ever asked. */
function expectUnharmed(): void {
  const at = call.timestampMs;
  expect(() => call.sound('inbound', at)).not.toThrow();
  expect(call.observers).toBe(1);
  expect([call.ends, call.takeovers]).toEqual([[], 0]);
}

function page(ticket: () => Promise<string>, options: Partial<MonitorClientOptions> = {}): MonitorClient {
  return MonitorClient.connect('ws://gateway.test/monitor', {
    ticket,
    WebSocket: monitor.WebSocket,
    clock,
    random: () => 0,
    ...options,
  });
}

describe('a ticket', () => {
  test('that has expired is asked for again, and said to have run out when the next has, too', async () => {
    const old = [
      await monitor.hub.issueTicket({ scopes: ['list'], ttlMs: 1000 }),
      await monitor.hub.issueTicket({ scopes: ['list'], ttlMs: 1000 }),
    ];
    await clock.advance(5000);
    const client = page(async () => old.shift() ?? '');
    const reason = 'Your access has run out. Reload the page to go on.';
    await until(() => client.reason === reason);
    expect([client.state, old.length]).toEqual(['connecting', 1]);
    await clock.advance(250);
    await until(() => client.state === 'refused');
    expect([client.reason, old.length]).toEqual([reason, 0]);
    expectUnharmed();
  });

  test.each([
    [
      'reused',
      async (hub: Hub) => {
        const ticket = await hub.issueTicket({ scopes: ['list', 'listen', 'control', 'see'] });
        await connected(page(async () => ticket));
        return ticket;
      },
    ],
    ['forged', async () => await createHub({ clock }).issueTicket({ scopes: ['list', 'control'] })],
    ['missing', async () => ''],
    ['garbage', async () => 'not a ticket at all'],
  ])('that is %s opens nothing, and the page is told so', async (_name, make) => {
    const ticket = await make(monitor.hub);
    const before = monitor.hub.listeners;
    const client = page(async () => ticket);
    const calls = client.calls().getReader().read();
    const listening = client.listen('CA1').getReader().read();
    for (const asked of [calls, listening, client.hangUp('CA1'), client.barge('CA1').closed]) {
      asked.catch(() => {});
    }
    await until(() => client.state === 'refused');
    expect(client.reason).toBe(NO_ACCESS);
    await expect(calls).rejects.toMatchObject({ code: 'refused', message: NO_ACCESS });
    await expect(listening).rejects.toMatchObject({ code: 'refused' });
    await expect(client.hangUp('CA1')).rejects.toMatchObject({ code: 'refused', message: NO_ACCESS });
    await expect(client.say('CA1', 'Hello')).rejects.toMatchObject({ code: 'refused' });
    await expect(client.barge('CA1').opened).rejects.toMatchObject({ code: 'refused' });
    expect(monitor.hub.listeners).toBe(before);
    expect(audit).toEqual([]);
    expectUnharmed();
  });
});

test('a page of a wrong origin is told which option lets it in', async () => {
  const client = page(() => monitor.hub.issueTicket({ scopes: ['list'] }), {
    WebSocket: class {
      constructor(_url: string, protocols: string[]) {
        const [near, far] = createSocketPair();
        const headers = { origin: 'https://evil.example', host: 'gateway.test' };
        void monitor.hub.accept(far, ticketOf(protocols.join()), headers);
        // biome-ignore lint/correctness/noConstructorReturn: a class is what a client takes, a pair's end is what it needs
        return near;
      }
    } as unknown as NonNullable<MonitorClientOptions['WebSocket']>,
  });
  await until(() => client.state === 'refused');
  expect(client.reason).toBe("The gateway does not accept this page's address. Add it to `allowedOrigins`.");
  expectUnharmed();
});

describe('a call', () => {
  test('that is not known is said to be so, whatever is asked of it', async () => {
    const client = await connected(monitor.client());
    const unknown = {
      code: 'invalid-argument',
      message: 'This call is not there any more. It may have just ended.',
    };
    await expect(client.listen('CA9').getReader().read()).rejects.toMatchObject(unknown);
    await expect(client.events('CA9').getReader().read()).rejects.toMatchObject(unknown);
    await expect(client.hangUp('CA9')).rejects.toMatchObject(unknown);
    await expect(client.say('CA9', 'Hello')).rejects.toMatchObject(unknown);
    await expect(client.barge('CA9').opened).rejects.toMatchObject(unknown);
    expect(client.state).toBe('connected');
    expectUnharmed();
  });

  test('outside the ticket is as unknown as one that does not exist', async () => {
    const client = await connected(monitor.client(undefined, ['CA2']));
    await expect(client.hangUp('CA1')).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(client.barge('CA1').opened).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(audit).toEqual([]);
    expectUnharmed();
  });

  test('that ends while it is heard ends what is heard, after its last sound and its last event', async () => {
    const client = await connected(monitor.client());
    const heard = client.listen('CA1');
    const events = client.events('CA1').getReader();
    await settled();
    call.sound('inbound', 0);
    call.finish('stopped');
    const reader = heard.getReader();
    expect((await reader.read()).value).toMatchObject({ kind: 'audio', timestampMs: 0 });
    expect((await reader.read()).done).toBe(true);
    expect((await events.read()).value).toMatchObject({ kind: 'ended', message: 'The caller hung up.' });
    expect((await events.read()).done).toBe(true);
    expect(client.state).toBe('connected');
  });
});

test('a server that restarts: the page says so, comes back with a fresh ticket, and finds what is there', async () => {
  const client = await connected(monitor.client());
  const calls = client.calls();
  await readAll(calls);
  await monitor.hub.close();
  await settled();
  expect([client.state, client.reason]).toEqual([
    'reconnecting',
    'The gateway closes down. The page comes back by itself.',
  ]);
  const restarted = createHub({ clock });
  restarted.watch(new FakeCall('CA7'));
  monitor.connectTo(restarted);
  await clock.advance(250);
  await connected(client);
  expect(client.reason).toMatch(/^The gateway is back\. You missed \d+ s\.$/);
  expect(await readAll(calls)).toMatchObject([{ kind: 'calls', calls: [{ callId: 'CA7' }] }]);
  expect(call.ends).toEqual([]);
  client.close();
  await restarted.close();
});

describe('a listener that sends', () => {
  test.each([
    ['text that is no message', '}{', 1008],
    ['a message that does not exist', '{"type":"shout","id":1}', 1008],
    ['bytes that are no packet', new Uint8Array(1000), 1008],
    ['10 MB of text', `"${'x'.repeat(10_000_000)}"`, 1009],
    ['10 MB of bytes', new Uint8Array(10_000_000), 1008],
    ['more than the longest message', 'x'.repeat(MAX_CLIENT_MESSAGE + 1), 1009],
  ])('%s is closed in words, and nobody else notices', async (_name, garbage, code) => {
    const other = await connected(monitor.client());
    const heard = other.listen('CA1');
    const client = await connected(monitor.client());
    const closes: { code?: number; reason?: string }[] = [];
    monitor.sockets[1]?.addEventListener('close', (event) => closes.push(event));
    monitor.sockets[1]?.send(garbage);
    await until(() => client.state === 'reconnecting');
    expect(closes).toMatchObject([{ code, reason: expect.stringMatching(/^The monitor .*\.$/) }]);
    expectUnharmed();
    expect(await readAll(heard)).toHaveLength(1);
    expect(other.state).toBe('connected');
  });

  test('a thousand questions at once gets a thousand answers, and the call does not wait', async () => {
    const client = await connected(monitor.client());
    const answers = await Promise.allSettled(
      Array.from({ length: 1000 }, () => client.listen('CA9').getReader().read()),
    );
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expectUnharmed();
  });
});

test('a page in a background tab for an hour is let go after 30 s, costs nothing, and is whole when it comes back', async () => {
  const pageClock = createManualClock();
  let frozen = false;
  const held: (() => void)[] = [];
  const client = page(() => monitor.hub.issueTicket({ scopes: ['list', 'listen'] }), {
    clock: pageClock,
    WebSocket: class {
      constructor(url: string, protocols: string[]) {
        const socket = new monitor.WebSocket(url, protocols);
        const add = socket.addEventListener.bind(socket);
        // A frozen page runs neither its timers nor its listeners; what came meanwhile is told when it thaws.
        socket.addEventListener = ((type: 'message', listener: (event: { data: unknown }) => void) =>
          add(type, (event) => {
            if (frozen) held.push(() => listener(event));
            else listener(event);
          })) as typeof socket.addEventListener;
        // biome-ignore lint/correctness/noConstructorReturn: a class is what a client takes, a pair's end is what it needs
        return socket;
      }
    } as unknown as NonNullable<MonitorClientOptions['WebSocket']>,
  });
  await connected(client);
  const calls = client.calls();
  const heard = client.listen('CA1');
  const events = client.events('CA1');
  await readAll(calls);
  monitor.hub.publish('CA1', { words: 'before', track: 'inbound', timestampMs: 0 });
  expect(await readAll(events)).toHaveLength(1);

  frozen = true;
  await clock.advance(31_000);
  expect(monitor.hub.listeners).toBe(0);
  const told = held.length;
  for (let minute = 0; minute < 60; minute++) {
    await clock.advance(60_000);
    call.sound('inbound', 60_000 * minute);
    monitor.hub.publish('CA1', { words: `${minute}`, track: 'inbound', timestampMs: 0 });
  }
  expect(held.length).toBe(told);

  frozen = false;
  for (const tell of held.splice(0)) tell();
  await settled();
  expect([client.state, client.reason]).toEqual([
    'reconnecting',
    'Lost the gateway. The call itself goes on.',
  ]);
  await pageClock.advance(1000);
  await connected(client);
  await settled();
  expect((await readAll(calls)).at(-1)).toMatchObject({ kind: 'calls', calls: [{ callId: 'CA1' }] });
  const words = (await readAll(events)).flatMap((event) => (event.kind === 'words' ? event.words : []));
  expect(words).toEqual(Array.from({ length: 60 }, (_, minute) => `${minute}`));
  call.sound('inbound', 3_700_000);
  expect((await readAll(heard)).at(-1)).toMatchObject({ timestampMs: 3_700_000 });
  client.close();
});

/** A little more than it takes to give up a listener that does not answer, or a minute, in seconds. */
const STALLED_S = process.env.PATCHCORD_LONG === '1' ? 60 : 31;
const STALLED_CALLS = process.env.PATCHCORD_LONG === '1' ? 50 : 10;

/** The policy for listeners that do not read, counted; `scripts/bench-monitor.mjs` measures it. */
test(`20 stalled dashboards on ${STALLED_CALLS} calls hold, in ${STALLED_S} s, at most their bounds`, async () => {
  const calls = Array.from({ length: STALLED_CALLS }, (_, n) => new FakeCall(`CC${n}`));
  for (const each of calls) monitor.hub.watch(each);

  class StalledSocket implements MonitorSocket {
    readyState = 1;
    bufferedAmount = 0;
    largest = 0;
    receive: ((event: { data: unknown }) => void) | undefined;
    closed: (() => void) | undefined;
    send(data: string | Uint8Array<ArrayBuffer>): void {
      this.bufferedAmount += data.length;
      this.largest = Math.max(this.largest, data.length);
    }
    close(): void {
      this.terminate();
    }
    terminate(): void {
      this.readyState = 3;
      this.closed?.();
    }
    addEventListener(type: string, listener: (event: never) => void): void {
      if (type === 'message') this.receive = listener as NonNullable<StalledSocket['receive']>;
      // Two are added: the hub's and the session's.
      const closed = this.closed;
      if (type === 'close') {
        this.closed = () => {
          closed?.();
          (listener as () => void)();
        };
      }
    }
  }

  const sockets: StalledSocket[] = [];
  const stall = async (n: number): Promise<void> => {
    const socket = new StalledSocket();
    sockets[n] = socket;
    await monitor.hub.accept(socket, await monitor.hub.issueTicket({ scopes: ['list', 'listen', 'see'] }));
    const ask = (id: number, topic: object): void =>
      socket.receive?.({ data: JSON.stringify({ type: 'open', id, ...topic }) });
    ask(1, { topic: 'calls' });
    ask(2, { topic: 'levels' });
    for (let i = 0; i < 5; i++) {
      const callId = `CC${(5 * n + i) % STALLED_CALLS}`;
      ask(3 + 2 * i, { topic: 'audio', callId });
      ask(4 + 2 * i, { topic: 'events', callId, from: 0 });
    }
  };
  for (let n = 0; n < 20; n++) await stall(n);

  let cut = 0;
  const samples = voice(0, 160);
  for (let ms = 0; ms < STALLED_S * 1000; ms += 1000) {
    for (const each of calls) {
      for (let at = ms; at < ms + 1000; at += 20) {
        each.sound('inbound', at, { samples });
        each.sound('outbound', at, { samples });
      }
    }
    await clock.advance(1000);
    expect(monitor.hub.listeners).toBeLessThanOrEqual(20);
    for (const [n, socket] of sockets.entries()) {
      // What is in the socket: less than 16 KiB, and one text on top, of the whole list.
      expect(socket.bufferedAmount).toBeLessThanOrEqual(16 * 1024 + socket.largest);
      expect(socket.largest).toBeLessThan(32 * 1024);
      if (socket.readyState !== 3) continue;
      cut++;
      await stall(n); // as a page does that finds its connection gone
    }
  }
  expect(cut).toBe(20 * Math.floor(STALLED_S / 30)); // each after 30 s without an answer
  expect(calls.every(({ observers, ends }) => observers === 1 && ends.length === 0)).toBe(true);
}, 60_000);
