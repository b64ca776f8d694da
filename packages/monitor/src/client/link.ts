/**
 * One connection to a hub, from the socket's opening to its close.
 *
 * @module
 */

import type { Clock } from '@patchcord/core';
import type { ClientMessage, HubMessage } from '../wire/messages.ts';
import { type AudioPacket, readPacket } from '../wire/packet.ts';
import { parseHubMessage } from '../wire/parse.ts';
import type { ClientSocket } from './socket.ts';

const OPEN = 1;

/** What a connection that broke is closed with. */
const NO_CODE = 1006;

/** A hub speaks every 5 s at least. One that has not for this long is gone, in milliseconds. */
const SILENT_MS = 30_000;

/** Sound is handed to the socket only while less than this waits in it, in bytes: later it would be heard too late. */
const MAX_BUFFERED = 16 * 1024;

/** What a link tells. */
export interface LinkEvents {
  readonly onMessage: (message: HubMessage) => void;
  readonly onPacket: (packet: AudioPacket) => void;
  /** Told once, and last. */
  readonly onClosed: (code: number, reason: string) => void;
}

/** Speaks the monitor's wire over one socket. */
export class Link {
  readonly #socket: ClientSocket;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  #cancelWatch: () => void;
  #heardMs: number;
  #closed = false;

  constructor(socket: ClientSocket, clock: Clock, events: LinkEvents) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    this.#heardMs = clock.now();
    this.#cancelWatch = clock.after(SILENT_MS, this.#watch);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('error', () => {}); // `close` follows
    socket.addEventListener('close', ({ code = NO_CODE, reason = '' }) => this.#close(code, reason));
  }

  /** Says something, if the socket is open. */
  say(message: ClientMessage): void {
    if (!this.#closed && this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Sends a packet of sound. False when it was dropped: nothing is open, or too much waits. */
  send(packet: Uint8Array<ArrayBuffer>): boolean {
    const { readyState, bufferedAmount = 0 } = this.#socket;
    if (this.#closed || readyState !== OPEN || bufferedAmount >= MAX_BUFFERED) return false;
    this.#socket.send(packet);
    return true;
  }

  /** Ends the connection at once, as far as the client is concerned. */
  close(): void {
    this.#close(1000, '');
    try {
      this.#socket.close();
    } catch {
      // It could not even begin.
    }
  }

  #receive(data: unknown): void {
    if (this.#closed) return;
    this.#heardMs = this.#clock.now();
    if (data instanceof ArrayBuffer) {
      const packet = readPacket(new Uint8Array(data));
      if (packet) this.#events.onPacket(packet);
      return;
    }
    const message = typeof data === 'string' ? parseHubMessage(data) : undefined;
    if (message?.type === 'ping') this.say({ type: 'pong', id: message.id });
    if (message) this.#events.onMessage(message); // what a newer hub says beyond that is passed over
  }

  readonly #watch = (): void => {
    const silentMs = this.#clock.now() - this.#heardMs;
    if (silentMs >= SILENT_MS) {
      this.#close(NO_CODE, '');
      this.#socket.close();
      return;
    }
    this.#cancelWatch = this.#clock.after(SILENT_MS - silentMs, this.#watch);
  };

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelWatch();
    this.#events.onClosed(code, reason);
  }
}
