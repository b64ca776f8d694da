/**
 * The bus across machines: NATS.
 *
 * @module
 */

import {
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  type Subscription,
} from '@nats-io/transport-node';
import { type Clock, systemClock } from '@patchcord/core';
import type { Bus } from './bus.ts';

const DEFAULT_PREFIX = 'patchcord';

/** First and longest wait between two attempts to connect for the first time, in milliseconds. */
const FIRST_MS = 250;
const LONGEST_MS = 5000;

/** Wait between two attempts to connect again, and what is added at random, in milliseconds. */
const RECONNECT_MS = 500;
const RECONNECT_JITTER_MS = 500;

/** A server that does not answer two of these is gone, in milliseconds. */
const PING_MS = 5000;
const MAX_PINGS = 2;

/** Longest wait for a server to greet, in milliseconds. */
const HANDSHAKE_MS = 5000;

/** Bytes that the server has not said to have read, at most: what is published beyond is dropped. */
const MAX_UNREAD = 1024 * 1024;

/** The server is asked whether it has read whenever this much was published since, in bytes. */
const ASK_EVERY = 32 * 1024;

/** Options of a NATS bus. */
export interface NatsBusOptions {
  /** Such as `nats://10.0.0.5:4222`, or several of one cluster. */
  readonly servers: string | readonly string[];
  /** What stands before all subjects. Hubs with the same one see each other. Default: `patchcord`. */
  readonly prefix?: string;
  /** What else the connection needs: `user` and `pass`, `token`, `authenticator`, `tls`. */
  readonly connection?: Omit<NodeConnectionOptions, 'servers' | 'port'>;
  readonly clock?: Clock;
}

interface Wanted {
  readonly subject: string;
  readonly take: (bytes: Uint8Array, subject: string) => void;
  open: Subscription | undefined;
}

/**
 * Takes a place on a NATS server or cluster. Returns at once and connects by itself, again and again: while NATS is away, a hub
 * has its own calls.
 */
export function natsBus(options: NatsBusOptions): Bus {
  return new NatsBus(options);
}

class NatsBus implements Bus {
  readonly #options: NatsBusOptions;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #wanted = new Set<Wanted>();
  #listener: ((connected: boolean) => void) | undefined;
  #connection: NatsConnection | undefined;
  #connected = false;
  #closed = false;
  #cancelRetry: (() => void) | undefined;
  /** Of what was published on this connection: bytes in all, said to have been read, and last asked about. */
  #published = 0;
  #read = 0;
  #asked = 0;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#prefix = `${options.prefix ?? DEFAULT_PREFIX}.`;
    void this.#connect(0);
  }

  get connected(): boolean {
    return this.#connected;
  }

  publish(subject: string, bytes: Uint8Array): boolean {
    const connection = this.#connection;
    if (!connection || !this.#connected || this.#published - this.#read > MAX_UNREAD) return false;
    try {
      connection.publish(this.#prefix + subject, bytes);
    } catch {
      return false; // it closes, or the message is larger than the server takes
    }
    this.#published += subject.length + bytes.length;
    if (this.#published - this.#asked >= ASK_EVERY) this.#askRead(connection);
    return true;
  }

  subscribe(subject: string, take: (bytes: Uint8Array, subject: string) => void): () => void {
    const wanted: Wanted = { subject, take, open: undefined };
    this.#wanted.add(wanted);
    this.#open(wanted);
    return () => {
      this.#wanted.delete(wanted);
      try {
        wanted.open?.unsubscribe();
      } catch {
        // The connection is closing, and takes its subscriptions along.
      }
    };
  }

  onConnection(listener: (connected: boolean) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = false;
    this.#cancelRetry?.();
    this.#wanted.clear();
    try {
      // What was said last, such as a goodbye, still goes out; but nobody waits long for it.
      await this.#atMost(this.#connection?.flush());
      await this.#atMost(this.#connection?.close());
    } catch {
      // It was closed already.
    }
  }

  async #connect(attempt: number): Promise<void> {
    const { servers, connection: more } = this.#options;
    try {
      const connection = await connect({
        reconnectTimeWait: RECONNECT_MS,
        reconnectJitter: RECONNECT_JITTER_MS,
        reconnectJitterTLS: RECONNECT_JITTER_MS,
        pingInterval: PING_MS,
        maxPingOut: MAX_PINGS,
        timeout: HANDSHAKE_MS,
        ...more,
        servers: typeof servers === 'string' ? servers : [...servers],
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
      });
      if (this.#closed) {
        await connection.close();
        return;
      }
      this.#connection = connection;
      for (const wanted of this.#wanted) this.#open(wanted);
      this.#setConnected(true);
      void this.#follow(connection);
      await connection.closed();
      this.#connection = undefined;
    } catch {
      // Not there yet, or it does not let us in: another attempt may do.
    }
    this.#setConnected(false);
    if (this.#closed) return;
    const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
    this.#cancelRetry = this.#clock.after(waitMs, () => void this.#connect(Math.min(attempt + 1, 10)));
  }

  /** Follows the ups and downs of one connection, which comes back by itself. */
  async #follow(connection: NatsConnection): Promise<void> {
    try {
      for await (const { type } of connection.status()) {
        if (type === 'disconnect') this.#setConnected(false);
        if (type === 'reconnect') this.#setConnected(true);
      }
    } catch {
      // The connection is over; `closed` says so, too.
    }
  }

  #open(wanted: Wanted): void {
    const connection = this.#connection;
    if (!connection || connection.isClosed()) return;
    const prefix = this.#prefix;
    wanted.open = connection.subscribe(prefix + wanted.subject, {
      callback(error, message) {
        if (error) return;
        const { buffer, byteOffset, byteLength } = message.data; // of Node's kind, which has a `slice` of its own
        wanted.take(new Uint8Array(buffer, byteOffset, byteLength), message.subject.slice(prefix.length));
      },
    });
  }

  /** The server answers when it has read all that was published before. */
  #askRead(connection: NatsConnection): void {
    const published = this.#published;
    this.#asked = published;
    connection.flush().then(
      () => {
        this.#read = Math.max(this.#read, published);
      },
      () => {}, // the connection broke; the next begins anew
    );
  }

  #setConnected(connected: boolean): void {
    if (connected === this.#connected || (connected && this.#closed)) return;
    this.#connected = connected;
    this.#read = this.#published;
    this.#asked = this.#published;
    this.#listener?.(connected);
  }

  #atMost(promise: Promise<void> | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(1000, resolve);
      const settle = (done: () => void) => () => {
        cancel();
        done();
      };
      if (!promise) settle(resolve)();
      else promise.then(settle(resolve), settle(reject));
    });
  }
}
