import type { CallSocket, Clock } from '@patchcord/core';

/** One end of a pair: what a standard WebSocket has, as far as calls use it. */
export interface PairedSocket extends CallSocket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: 0 | 1 | 2 | 3;
  readonly bufferedAmount: number;
  binaryType: 'arraybuffer';
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
  removeEventListener(type: string, listener: (event: never) => void): void;
  /** The connection breaks: both ends close with 1006 and what was under way is lost. */
  drop(): void;
}

/** Options of a pair. */
export interface SocketPairOptions {
  /** What `delayMs` is measured by. Needed where there is a delay. */
  readonly clock?: Clock;
  /** How long a message is under way, in milliseconds. Default: 0, which is a microtask. */
  readonly delayMs?: number;
}

type Listener = (event: never) => void;

/**
 * Two sockets in one process, connected to each other. They open, and messages arrive, asynchronously and in order,
 * as over a network; text stays text and bytes arrive as an `ArrayBuffer` of their own.
 */
export function createSocketPair({
  clock,
  delayMs = 0,
}: SocketPairOptions = {}): [PairedSocket, PairedSocket] {
  if (delayMs > 0 && clock === undefined) throw new TypeError('A delay needs a clock to be measured by.');
  const later =
    delayMs > 0 && clock !== undefined
      ? (deliver: () => void) => void clock.after(delayMs, deliver)
      : (deliver: () => void) => queueMicrotask(deliver);
  const left: PairedEnd = new PairedEnd(later, () => right);
  const right: PairedEnd = new PairedEnd(later, () => left);
  queueMicrotask(() => {
    left.open();
    right.open();
  });
  return [left, right];
}

class PairedEnd implements PairedSocket {
  readyState: 0 | 1 | 2 | 3 = 0;
  readonly bufferedAmount = 0;
  binaryType = 'arraybuffer' as const;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #later: (deliver: () => void) => void;
  readonly #peer: () => PairedEnd;

  constructor(later: (deliver: () => void) => void, peer: () => PairedEnd) {
    this.#later = later;
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
    if (this.readyState === 0) {
      throw new DOMException('The socket is still connecting.', 'InvalidStateError');
    }
    if (this.readyState !== 1) return; // as the standard has it: counted, not sent
    const sent = typeof data === 'string' ? data : data.slice().buffer;
    this.#later(() => this.#peer().#receive(sent));
  }

  close(code = 1005, reason = ''): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.#later(() => {
      const peer = this.#peer();
      peer.#finish(code, reason);
      this.#later(() => this.#finish(code, reason));
    });
  }

  drop(): void {
    this.#finish(1006, '');
    this.#peer().#finish(1006, '');
  }

  open(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.#dispatch('open', {});
  }

  #receive(data: unknown): void {
    // A closing end still hears what was sent before the other end learnt of it.
    if (this.readyState === 3) return;
    this.#dispatch('message', { data });
  }

  #finish(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#dispatch('close', { code, reason });
  }

  #dispatch(type: string, event: object): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener({ type, ...event } as never);
  }
}
