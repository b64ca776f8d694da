/**
 * Bun's server callbacks as a standard socket.
 *
 * @see https://bun.sh/docs/api/websockets
 * @module
 */

import type { CallSocket } from '@patchcord/core';

/** The part of Bun's `ServerWebSocket` that is used. */
export interface BunServerWebSocket {
  readonly readyState: number;
  /** The address of the other end. */
  readonly remoteAddress?: string;
  getBufferedAmount(): number;
  send(data: string | Uint8Array<ArrayBuffer>): number;
  close(code?: number, reason?: string): void;
}

/** What `Bun.serve` takes as `websocket`. */
export interface BunWebSocketHandler {
  open(socket: BunServerWebSocket): void;
  message(socket: BunServerWebSocket, data: string | Uint8Array): void;
  close(socket: BunServerWebSocket, code: number, reason: string): void;
  readonly maxPayloadLength: number;
  readonly perMessageDeflate: false;
}

/** Options of `bunSocket`. */
export interface BunSocketOptions {
  /** Longest message that is taken, in bytes; a longer one closes the socket. Default: 65 536. */
  readonly maxMessageBytes?: number;
}

/**
 * Makes the `websocket` of `Bun.serve`: each socket that opens is handed on as a standard one, with its address.
 *
 * ```ts
 * Bun.serve({ fetch, websocket: bunSocket(answerCalls({}, handler)) });
 * ```
 */
export function bunSocket(
  onSocket: (socket: CallSocket, address?: string) => unknown,
  { maxMessageBytes = 65_536 }: BunSocketOptions = {},
): BunWebSocketHandler {
  const sockets = new WeakMap<BunServerWebSocket, StandardSocket>();
  return {
    maxPayloadLength: maxMessageBytes,
    perMessageDeflate: false,
    open(bun) {
      const socket = new StandardSocket(bun);
      sockets.set(bun, socket);
      onSocket(socket, bun.remoteAddress);
    },
    message(bun, data) {
      // Bun may reuse the memory of a binary message: it is copied. It comes as a `Buffer`, whose `slice` copies nothing.
      sockets
        .get(bun)
        ?.tell('message', { data: typeof data === 'string' ? data : new Uint8Array(data).buffer });
    },
    close(bun, code, reason) {
      sockets.get(bun)?.tell('close', { code, reason });
    },
  };
}

interface SocketEvents {
  message: { data: unknown };
  close: { code?: number; reason?: string };
  error: unknown;
}

class StandardSocket implements CallSocket {
  binaryType = 'arraybuffer';
  readonly #bun: BunServerWebSocket;
  /** Bun has no `error` callback: it closes. */
  readonly #listeners: { [Type in keyof SocketEvents]: ((event: SocketEvents[Type]) => void)[] } = {
    message: [],
    close: [],
    error: [],
  };

  constructor(bun: BunServerWebSocket) {
    this.#bun = bun;
  }

  get readyState(): number {
    return this.#bun.readyState;
  }

  get bufferedAmount(): number {
    return this.#bun.getBufferedAmount();
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#bun.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#bun.close(code, reason);
  }

  addEventListener<Type extends keyof SocketEvents>(
    type: Type,
    listener: (event: SocketEvents[Type]) => void,
  ): void {
    this.#listeners[type].push(listener);
  }

  tell<Type extends keyof SocketEvents>(type: Type, event: SocketEvents[Type]): void {
    for (const listener of this.#listeners[type]) listener(event);
  }
}
