import { type Clock, MediaError } from '@patchcord/core';
import type { ClientMessage, HubMessage } from '../wire/messages.ts';
import type { Connection } from './connection.ts';
import { errorOf } from './failure.ts';
import { words } from './words.ts';

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

interface Request {
  readonly message: (id: number) => ClientMessage;
  readonly resolve: () => void;
  readonly reject: (reason: MediaError) => void;
  /** Once sent. */
  id: number | undefined;
}

/** What is asked once and answered once. */
export class Requests {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #open = new Set<Request>();

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /**
   * Asks now, or as soon as there is a connection.
   *
   * @param late What to say when no answer came in 10 s.
   */
  ask(message: (id: number) => ClientMessage, late: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const refusal = this.#connection.overError;
      if (refusal) return reject(refusal);
      const settle = (): void => {
        cancel();
        this.#open.delete(request);
      };
      const request: Request = {
        message,
        id: undefined,
        resolve() {
          settle();
          resolve();
        },
        reject(reason) {
          settle();
          reject(reason);
        },
      };
      const cancel = this.#clock.after(TIMEOUT_MS, () => request.reject(new MediaError('timeout', late)));
      this.#open.add(request);
      if (this.#connection.state === 'connected') this.#send(request);
    });
  }

  /** Sends what waited for a connection. */
  connected(): void {
    for (const request of this.#open) this.#send(request);
  }

  /** The connection is down: what was sent is never sent twice. */
  lost(): void {
    for (const request of [...this.#open]) {
      if (request.id !== undefined) request.reject(new MediaError('transport-closed', words.lostMeanwhile));
    }
  }

  /** No answer will come any more. */
  over(reason: MediaError): void {
    for (const request of [...this.#open]) request.reject(reason);
  }

  /** Takes an answer. */
  take(message: HubMessage & { readonly id: number }): void {
    for (const request of this.#open) {
      if (request.id !== message.id) continue;
      if (message.type === 'done') request.resolve();
      if (message.type === 'failed') request.reject(errorOf(message.code, message.message));
      return;
    }
  }

  #send(request: Request): void {
    request.id = this.#connection.ask(request.message);
  }
}
