import { createSocketPair, type ManualClock, macrotask, type PairedSocket } from '@patchcord/testing';
import { MonitorClient } from '../src/client.ts';
import { createHub, type Hub, type HubOptions, ticketOf } from '../src/index.ts';
import type { Scope } from '../src/wire/messages.ts';

const EVERYTHING: readonly Scope[] = ['list', 'listen', 'control', 'see'];

/** A hub and what its listeners connect with, all in one process and on one clock. */
export interface InProcess {
  readonly hub: Hub;
  /** A WebSocket class whose sockets lead to the hub. */
  readonly WebSocket: new (
    url: string,
    protocols: string[],
  ) => PairedSocket;
  /** Client ends of all connections so far. */
  readonly sockets: PairedSocket[];
  /** What went to each of them. */
  readonly received: unknown[][];
  /** Where new connections lead. */
  connectTo(hub: Hub | undefined): void;
  client(scopes?: readonly Scope[], calls?: readonly string[]): MonitorClient;
}

export function inProcess(clock: ManualClock, options: HubOptions = {}): InProcess {
  const hub = createHub({ clock, now: () => 1_700_000_000_000 + clock.now(), ...options });
  let target: Hub | undefined = hub;
  const sockets: PairedSocket[] = [];
  const received: unknown[][] = [];

  function connect(protocols: readonly string[]): PairedSocket {
    const [near, far] = createSocketPair();
    const seen: unknown[] = [];
    near.addEventListener('message', ({ data }) => seen.push(data));
    sockets.push(near);
    received.push(seen);
    if (target) void target.accept(far, ticketOf(protocols.join(', ')));
    else queueMicrotask(() => near.drop());
    return near;
  }

  return {
    hub,
    sockets,
    received,
    WebSocket: class {
      constructor(_url: string, protocols: string[]) {
        // biome-ignore lint/correctness/noConstructorReturn: a class is what a client takes, a pair's end is what it needs
        return connect(protocols);
      }
    } as unknown as InProcess['WebSocket'],
    connectTo(other) {
      target = other;
    },
    client(scopes = EVERYTHING, calls) {
      return MonitorClient.connect('ws://gateway.test/monitor', {
        ticket: () => (target ?? hub).issueTicket({ scopes, ...(calls && { calls }), subject: 'ann' }),
        WebSocket: this.WebSocket,
        clock,
        random: () => 0,
      });
    },
  };
}

/** Waits until a client is connected. */
export async function connected(client: MonitorClient): Promise<MonitorClient> {
  await until(() => client.state === 'connected');
  return client;
}

/** Reads what is there, and what comes within the next macrotasks. */
export async function readAll<T>(stream: ReadableStream<T>): Promise<T[]> {
  const reader = stream.getReader();
  const items: T[] = [];
  let pending = true;
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !pending) return;
      items.push(value);
    }
  })();
  reading.catch(() => {}); // a stream that errors has no more items
  await settled();
  pending = false;
  reader.releaseLock();
  return items;
}

/** Lets promises, streams and in-process sockets come to rest. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await macrotask();
}

/** Waits for what also needs the real world, such as a signature's thread: macrotasks pass, the clock stands still. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100_000; i++) {
    if (condition()) return;
    await macrotask();
  }
  throw new Error(`This did not come to pass: ${condition}`);
}
