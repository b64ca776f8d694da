import { type Clock, MediaError } from '@patchcord/core';
import type { PhoneSocket } from '../phone/phone.ts';
import { createInOrder, type InOrder } from '../virtual/in-order.ts';
import {
  checkFaults,
  createDepartures,
  createMessageFaults,
  type Departures,
  type FaultListener,
  type Faults,
  type MessageFaults,
} from './faults.ts';

/** Close code of RFC 6455 §7.4.1 for a connection that broke. */
const ABNORMAL_CLOSURE = 1006;

type CloseListener = (event: { code?: number; reason?: string }) => void;
type MessageListener = (event: { data: unknown }) => void;

/** Options of a faulty socket. */
export interface FaultySocketOptions {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly onFault: FaultListener;
}

/**
 * A phone's socket on which things go wrong as they are asked to.
 *
 * Times count from the first message. Every timer ends with the socket.
 */
export class FaultySocket implements PhoneSocket {
  readonly #socket: PhoneSocket;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #onFault: FaultListener;
  readonly #messages: MessageFaults;
  #departures: Departures | undefined;
  /** What has not left. */
  readonly #waiting: InOrder;
  #waitingBytes = 0;
  readonly #timers: (() => void)[] = [];
  readonly #closeListeners: CloseListener[] = [];
  #sentMessages = 0;
  #sentBytes = 0;
  #dead = false;
  #closed = false;

  /** @throws {MediaError} `invalid-argument` for faults that cannot be, or not on this socket. */
  constructor(socket: PhoneSocket, { faults, clock, onFault }: FaultySocketOptions) {
    checkFaults(faults);
    if (faults.stopReadingAfterMs !== undefined && socket.pause === undefined) {
      throw new MediaError(
        'invalid-argument',
        'faults.stopReadingAfterMs asks a socket to stop reading, which this one cannot: it has no pause(). Dial from Node, or use createLink.',
      );
    }
    this.#socket = socket;
    this.#clock = clock;
    this.#waiting = createInOrder(clock);
    this.#faults = faults;
    this.#onFault = onFault;
    this.#messages = createMessageFaults(faults, onFault);
    socket.addEventListener('close', (event) => {
      this.#letGo();
      this.#closed = true;
      if (this.#dead) return; // neither end is told
      for (const listener of this.#closeListeners) listener(event);
    });
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  get bufferedAmount(): number {
    return this.#waitingBytes + (this.#socket.bufferedAmount ?? 0);
  }

  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: MessageListener): void;
  addEventListener(type: 'close', listener: CloseListener): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: never) => void): void {
    switch (type) {
      case 'open':
        this.#socket.addEventListener('open', listener as () => void);
        return;
      case 'message':
        this.#socket.addEventListener('message', (event) => {
          if (!this.#dead) (listener as MessageListener)(event);
        });
        return;
      case 'close':
        this.#closeListeners.push(listener as CloseListener);
        return;
      case 'error':
        this.#socket.addEventListener('error', listener as (event: unknown) => void);
    }
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#departures ??= this.#begin();
    if (this.#dead) return;
    const messages = typeof data === 'string' ? this.#messages.spoil(data) : [data];
    for (const message of messages) this.#depart(() => this.#pass(message), message.length);
  }

  close(code?: number, reason?: string): void {
    if (this.#dead) {
      this.#revive();
      return;
    }
    this.#socket.resume?.();
    this.#depart(() => this.#socket.close(code, reason), 0);
  }

  ping(): void {
    if (!this.#dead) this.#socket.ping?.();
  }

  #begin(): Departures {
    const { halfOpenAfterMs, stopReadingAfterMs } = this.#faults;
    if (halfOpenAfterMs !== undefined) {
      this.#timers.push(
        this.#clock.after(halfOpenAfterMs, () => {
          this.#letGo();
          this.#dead = true;
          this.#socket.pause?.();
          this.#onFault('half-open');
        }),
      );
    }
    if (stopReadingAfterMs !== undefined) {
      this.#timers.push(
        this.#clock.after(stopReadingAfterMs, () => {
          this.#socket.pause?.();
          this.#onFault('stopped-reading');
        }),
      );
    }
    return createDepartures(this.#faults, this.#clock.now(), this.#onFault);
  }

  /** Does something when its message leaves: at once where nothing is before it. */
  #depart(leave: () => void, bytes: number): void {
    const now = this.#clock.now();
    const atMs = this.#departures?.leavesAtMs(now) ?? now;
    if (atMs <= now && this.#waiting.length === 0) {
      leave();
      return;
    }
    this.#waitingBytes += bytes;
    this.#waiting.add(atMs, () => {
      this.#waitingBytes -= bytes;
      leave();
    });
  }

  #pass(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#closed || this.#dead) return;
    const { cutAfterMessages = Number.POSITIVE_INFINITY, cutAfterBytes = Number.POSITIVE_INFINITY } =
      this.#faults;
    this.#sentBytes += message.length;
    this.#sentMessages++;
    if (this.#sentMessages > cutAfterMessages || this.#sentBytes > cutAfterBytes) {
      this.#onFault('cut');
      this.#break();
      return;
    }
    this.#socket.send(message);
  }

  #break(): void {
    this.#letGo();
    if (this.#socket.terminate !== undefined) this.#socket.terminate();
    else this.#socket.close();
  }

  /** The phone closes a connection that is dead: now it may know, and the socket is let go. */
  #revive(): void {
    this.#socket.resume?.();
    this.#dead = false;
    if (this.#closed) {
      for (const listener of this.#closeListeners) listener({ code: ABNORMAL_CLOSURE, reason: '' });
    } else this.#break();
  }

  #letGo(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }
}
