/**
 * What waits to be told to one listener. A slow listener loses sound first, then its connection; it never makes anybody
 * else wait.
 *
 * @module
 */

import type { Clock } from '@patchcord/core';
import { CloseCode } from './wire/messages.ts';

/** The part of the standard WebSocket that a hub needs: Node's `ws`, Deno's and Bun's have it. */
export interface MonitorSocket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes that wait to be sent. Counted as 0 where a runtime does not have it. */
  readonly bufferedAmount?: number;
  binaryType?: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Drops the connection at once, where a runtime can. */
  terminate?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}

const OPEN = 1;
const CLOSED = 3;

/** Audio packets that wait, at most: half a second of two tracks. The oldest goes first. */
const MAX_AUDIO = 50;

/** Texts that wait, at most, by number and by characters: a listener beyond it has lost touch. */
const MAX_TEXTS = 1000;
const MAX_TEXT_LENGTH = 1024 * 1024;

/** The socket is given more only while less than this waits in it, in bytes: what waits there can no longer be dropped. */
const MAX_BUFFERED = 16 * 1024;

/** How soon a full socket is looked at again, in milliseconds: twice as long each time that it is still full. */
const RETRY_MS = 10;
const LONGEST_RETRY_MS = 80;

/** This much in the socket for this long: nobody reads there. */
const STALLED_BYTES = 1024 * 1024;
const STALLED_MS = 10_000;

/** Longest wait for the other side's goodbye, in milliseconds. */
const CLOSE_MS = 1000;

const TOO_SLOW = 'This page cannot keep up. Some sound was skipped; the call is fine.';

/** Queue of one listener, in front of its socket. No method throws. */
export class Listener {
  readonly #socket: MonitorSocket;
  readonly #clock: Clock;
  readonly #audio: (() => Uint8Array<ArrayBuffer>)[] = [];
  readonly #texts: string[] = [];
  readonly #latest = new Map<number, string>();
  #textLength = 0;
  #droppedPackets = 0;
  #cancelRetry: (() => void) | undefined;
  #retryMs = RETRY_MS;
  #cancelDrop: (() => void) | undefined;
  #stalledSinceMs: number | undefined;
  #closing = false;

  constructor(socket: MonitorSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** Audio packets dropped because the listener was slow. */
  get droppedPackets(): number {
    return this.#droppedPackets;
  }

  /** Whether anything told now can still arrive. */
  get open(): boolean {
    return !this.#closing && this.#socket.readyState === OPEN;
  }

  /** Tells something that must not be lost. A listener with too much of it waiting is closed. */
  tell(text: string): void {
    if (!this.open) return;
    this.#texts.push(text);
    this.#textLength += text.length;
    this.#flush();
    if (this.#texts.length > MAX_TEXTS || this.#textLength > MAX_TEXT_LENGTH) {
      this.close(CloseCode.tooSlow, TOO_SLOW);
    }
  }

  /** Tells something of which only the latest counts: it takes the place of what waits under the same key. */
  tellLatest(key: number, text: string): void {
    if (!this.open) return;
    this.#latest.set(key, text);
    this.#flush();
  }

  /**
   * Lets hear a packet.
   *
   * @param write makes it, once, when it is sent: one that is dropped before is never made.
   */
  hear(write: () => Uint8Array<ArrayBuffer>): void {
    if (!this.open) return;
    this.#audio.push(write);
    this.#flush();
    if (this.#audio.length > MAX_AUDIO) {
      this.#audio.shift();
      this.#droppedPackets++;
    }
  }

  /** Looks whether the listener still reads; ends the connection when it has not for 10 s. To be called every second or so. */
  checkStall(): void {
    if ((this.#socket.bufferedAmount ?? 0) <= STALLED_BYTES) {
      this.#stalledSinceMs = undefined;
      return;
    }
    this.#stalledSinceMs ??= this.#clock.now();
    if (this.#clock.now() - this.#stalledSinceMs >= STALLED_MS) this.terminate();
  }

  /** Says goodbye; drops the connection when the other side does not answer within a second. */
  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#letGo();
    closeWith(this.#socket, code, reason);
    if (this.#socket.readyState !== CLOSED) {
      this.#cancelDrop = this.#clock.after(CLOSE_MS, () => drop(this.#socket));
    }
  }

  /** Notes that the socket has closed. */
  closed(): void {
    this.#letGo();
    this.#cancelDrop?.();
  }

  /** Drops the connection at once. */
  terminate(): void {
    this.#letGo();
    drop(this.#socket);
  }

  #letGo(): void {
    this.#closing = true;
    this.#cancelRetry?.();
    this.#audio.length = 0;
    this.#texts.length = 0;
    this.#latest.clear();
  }

  get #waiting(): number {
    return this.#texts.length + this.#latest.size + this.#audio.length;
  }

  #flush(): void {
    while (this.#waiting > 0 && (this.#socket.bufferedAmount ?? 0) < MAX_BUFFERED) {
      this.#retryMs = RETRY_MS;
      const next = this.#next();
      if (next === undefined) return;
      try {
        this.#socket.send(next);
      } catch {
        this.terminate(); // it closes, or does not take what every socket takes
        return;
      }
    }
    if (this.#waiting === 0) return;
    this.#cancelRetry ??= this.#clock.after(this.#retryMs, () => {
      this.#cancelRetry = undefined;
      this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.#retryMs);
      if (this.open) this.#flush();
    });
  }

  #next(): string | Uint8Array<ArrayBuffer> | undefined {
    const text = this.#texts.shift();
    if (text !== undefined) {
      this.#textLength -= text.length;
      return text;
    }
    for (const [key, latest] of this.#latest) {
      this.#latest.delete(key);
      return latest;
    }
    return this.#audio.shift()?.();
  }
}

/** Closes a socket, with a code of our own where the runtime keeps the standard's codes to itself. Never throws. */
export function closeWith(socket: MonitorSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    try {
      socket.close(code + 2000, reason); // the standard gives apps 1000 and 3000 to 4999
    } catch {
      drop(socket);
    }
  }
}

/** Drops a connection as fast as the runtime can. Never throws. */
export function drop(socket: MonitorSocket): void {
  try {
    if (socket.terminate) socket.terminate();
    else socket.close();
  } catch {
    // It was closed already.
  }
}
