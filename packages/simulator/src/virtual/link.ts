import { type Clock, MediaError } from '@patchcord/core';
import { createRandom } from '../faults/random.ts';
import { createInOrder } from './in-order.ts';

/** What a link is like. Each direction is the same, and has numbers of its own from the seed. */
export interface LinkOptions {
  /** What times are measured by. The phone on this link needs the same, and so does the app where it takes a clock. */
  readonly clock: Clock;
  /** How long a message is under way, in milliseconds. Default: 0, which is a microtask. */
  readonly delayMs?: number;
  /** Up to how much longer, in milliseconds, another time for each message; they stay in order. Default: 0. */
  readonly jitterMs?: number;
  /**
   * How fast messages leave, in bytes per second. What waits is counted in `bufferedAmount`. Default: without limit.
   */
  readonly bytesPerSecond?: number;
  /** What the jitter depends on. Default: 1. */
  readonly seed?: number;
}

/** One end of a link: what a standard WebSocket has, as far as calls and phones use it. */
export interface LinkSocket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** Bytes that were given to `send`, and wait to leave or to be read. */
  readonly bufferedAmount: number;
  binaryType: string;
  /** Text stays text; bytes are copied, and arrive as an `ArrayBuffer`. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
  removeEventListener(type: string, listener: (event: never) => void): void;
  /** The connection breaks: both ends close with 1006, and what is under way is lost. */
  terminate(): void;
  /** This end stops reading: what the other sends waits there, in its `bufferedAmount`. */
  pause(): void;
  /** This end reads again. */
  resume(): void;
}

/** A connection within one process. */
export interface Link {
  /** The phone's end, for `openPhone`. */
  readonly phone: LinkSocket;
  /** The app's end, for `openCall`, or for any code that takes a WebSocket. */
  readonly app: LinkSocket;
}

type Listener = (event: never) => void;

/**
 * Connects a phone and an app within one process: no ports, no timers, the same on every run. Both ends are connecting
 * at first and open a microtask later.
 *
 * @throws {MediaError} `invalid-argument` for numbers that no link can have.
 */
export function createLink(options: LinkOptions): Link {
  const { delayMs = 0, jitterMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY, seed = 1 } = options;
  if (!(delayMs >= 0 && jitterMs >= 0 && bytesPerSecond > 0)) {
    throw new MediaError(
      'invalid-argument',
      `A link has a delay and a jitter of 0 ms or more, and passes more than 0 bytes per second; ${delayMs}, ${jitterMs} and ${bytesPerSecond} were given.`,
    );
  }
  const phone: LinkEnd = new LinkEnd(createWay(options, seed), () => app);
  const app: LinkEnd = new LinkEnd(createWay(options, ~seed), () => phone);
  queueMicrotask(() => {
    phone.open();
    app.open();
  });
  return { phone, app };
}

/** One direction of a link. */
interface Way {
  /** Puts something on its way. `onLeft` is called when it has left, `deliver` when it arrives; in order. */
  carry(bytes: number, onLeft: () => void, deliver: () => void): void;
}

function createWay({ clock, delayMs = 0, jitterMs = 0, bytesPerSecond }: LinkOptions, seed: number): Way {
  const random = createRandom(seed);
  let freeAtMs = clock.now();
  let arrivesAtMs = clock.now();
  const waiting = createInOrder(clock);
  /** At a time of the clock; a microtask later where that is now and nothing is before it. */
  const at = (timeMs: number, deliver: () => void): void => {
    if (timeMs > clock.now() || waiting.length > 0) waiting.add(timeMs, deliver);
    else queueMicrotask(deliver);
  };
  return {
    carry(bytes, onLeft, deliver) {
      const now = clock.now();
      freeAtMs =
        Math.max(freeAtMs, now) + (bytesPerSecond === undefined ? 0 : (1000 * bytes) / bytesPerSecond);
      const underWayMs = delayMs + (jitterMs > 0 ? random.next() * jitterMs : 0);
      arrivesAtMs = Math.max(arrivesAtMs, freeAtMs + underWayMs);
      if (freeAtMs > now) clock.after(freeAtMs - now, onLeft);
      else onLeft();
      at(arrivesAtMs, deliver);
    },
  };
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Close codes of RFC 6455 §7.4.1. */
const NO_STATUS = 1005;
const ABNORMAL_CLOSURE = 1006;

class LinkEnd implements LinkSocket {
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  bufferedAmount = 0;
  binaryType = 'arraybuffer';
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #way: Way;
  readonly #peer: () => LinkEnd;
  /** What came while this end did not read. */
  #unread: (() => void)[] | undefined;

  constructor(way: Way, peer: () => LinkEnd) {
    this.#way = way;
    this.#peer = peer;
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(type, listeners);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState === CONNECTING) {
      throw new DOMException('The socket is still connecting.', 'InvalidStateError');
    }
    if (this.readyState !== OPEN) return; // as the standard has it: counted by some, sent by none
    const sent = typeof data === 'string' ? data : data.slice().buffer;
    // The messages of calls are ASCII but for names of marks, which weigh next to nothing.
    const bytes = typeof data === 'string' ? data.length : data.byteLength;
    this.bufferedAmount += bytes;
    let left = false;
    let read = true;
    const settle = (): void => {
      if (left && read) this.bufferedAmount -= bytes;
    };
    this.#way.carry(
      bytes,
      () => {
        left = true;
        read = !this.#peer().#paused;
        settle();
      },
      () =>
        this.#peer().#take(() => {
          if (!read) {
            read = true;
            settle();
          }
          this.#peer().#receive(sent);
        }),
    );
  }

  close(code: number = NO_STATUS, reason = ''): void {
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    this.#carry(() => {
      const peer = this.#peer();
      peer.#take(() => {
        if (peer.readyState < CLOSING) peer.readyState = CLOSING;
        peer.#carry(() => this.#finish(code, reason));
        peer.#finish(code, reason);
      });
    });
  }

  terminate(): void {
    this.#finish(ABNORMAL_CLOSURE, '');
    this.#peer().#finish(ABNORMAL_CLOSURE, '');
  }

  pause(): void {
    this.#unread ??= [];
  }

  resume(): void {
    const unread = this.#unread ?? [];
    this.#unread = undefined;
    for (const read of unread) read();
  }

  open(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.#dispatch('open', {});
  }

  get #paused(): boolean {
    return this.#unread !== undefined;
  }

  #carry(deliver: () => void): void {
    this.#way.carry(0, () => {}, deliver);
  }

  #take(read: () => void): void {
    if (this.#unread !== undefined) this.#unread.push(read);
    else read();
  }

  #receive(data: unknown): void {
    // A closing end still hears what was sent before the other end learnt of it.
    if (this.readyState !== CLOSED) this.#dispatch('message', { data });
  }

  #finish(code: number, reason: string): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#unread = undefined;
    this.#dispatch('close', { code, reason });
  }

  #dispatch(type: string, event: object): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener({ type, ...event } as never);
  }
}
