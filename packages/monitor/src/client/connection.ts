/**
 * The way to the hub: a ticket, a socket, and another of both when it breaks.
 *
 * @module
 */

import { type Clock, MediaError } from '@patchcord/core';
import {
  type ClientMessage,
  CloseCode,
  type HubMessage,
  MONITOR_PROTOCOL,
  type Scope,
  TICKET_PREFIX,
} from '../wire/messages.ts';
import type { AudioPacket } from '../wire/packet.ts';
import { backoffMs } from './backoff.ts';
import { isRefusal } from './failure.ts';
import { Link } from './link.ts';
import type { ClientSocketConstructor } from './socket.ts';
import { words } from './words.ts';

/** Longest wait for a connection, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** A connection that lasted this long was a good one: the next attempt comes quickly again. In milliseconds. */
const STEADY_MS = 5000;

/** How a client stands with its hub. */
export type MonitorState = 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'closed';

/** What a connection is made with. */
export interface ConnectionOptions {
  readonly url: string;
  readonly ticket: () => Promise<string>;
  readonly WebSocket: ClientSocketConstructor;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
}

/** What a connection tells. */
export interface ConnectionEvents {
  /** It is up; nothing that was asked for before is known to the hub. */
  readonly onConnected: () => void;
  readonly onMessage: (message: HubMessage & { readonly id: number }) => void;
  readonly onPacket: (packet: AudioPacket) => void;
  /** It is down, and another attempt will come. */
  readonly onLost: () => void;
  /** The hub does not want us. No other attempt will come. */
  readonly onRefused: (reason: MediaError) => void;
  /** `state` or `reason` has changed. Told last. */
  readonly onState: () => void;
}

/** Connects, and connects again. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #state: MonitorState = 'connecting';
  #reason: string | undefined;
  #scopes: readonly Scope[] = [];
  #gateway: string | undefined;
  #roundTripMs: number | undefined;
  #link: Link | undefined;
  #lastId = 0;
  /** Attempts so far: an answer to an earlier one is no longer wanted. */
  #attempt = 0;
  /** Attempts that failed since the last good connection. */
  #failures = 0;
  /** Tickets in a row that had expired: one may have been old by bad luck, such as a laptop's lid. */
  #expired = 0;
  #connectedMs = 0;
  #lostMs: number | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
  }

  get state(): MonitorState {
    return this.#state;
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  get scopes(): readonly Scope[] {
    return this.#scopes;
  }

  get gateway(): string | undefined {
    return this.#gateway;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Why nothing can be asked any more, once that is so. */
  get overError(): MediaError | undefined {
    if (this.#state === 'closed') return new MediaError('transport-closed', words.closed);
    if (this.#state === 'refused') return new MediaError('refused', this.#reason ?? words.noAccess);
    return undefined;
  }

  /** Begins to connect. */
  open(): void {
    void this.#connect();
  }

  /** Tries again at once, where the next attempt is being waited for. */
  reconnect(): void {
    if (this.#state === 'connected' || this.overError) return;
    this.#letGo();
    void this.#connect();
  }

  /** Ends it. Returns false when it was closed before. */
  close(): boolean {
    if (this.#state === 'closed') return false;
    this.#letGo();
    return true;
  }

  /** Tells that all is closed: the last that is told. */
  closed(): void {
    this.#setState('closed', undefined);
  }

  /** Says something under an id of its own, which no other request of this client has. */
  ask(message: (id: number) => ClientMessage): number {
    const id = ++this.#lastId;
    this.#link?.say(message(id));
    return id;
  }

  say(message: ClientMessage): void {
    this.#link?.say(message);
  }

  /** Sends a packet of sound. False when the socket has so much to send already that it was dropped. */
  send(packet: Uint8Array<ArrayBuffer>): boolean {
    return this.#link?.send(packet) ?? false;
  }

  async #connect(): Promise<void> {
    const { clock, url, WebSocket } = this.#options;
    const attempt = ++this.#attempt;
    this.#cancelTimer?.();
    this.#cancelTimer = clock.after(TIMEOUT_MS, () => this.#tryLater(words.silent));
    let ticket: string;
    try {
      ticket = await this.#options.ticket();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (isRefusal(error)) this.#refuse(error.message);
      else this.#tryLater(words.noTicket);
      return;
    }
    if (attempt !== this.#attempt) return;
    if (!/^[\w.~-]+$/.test(ticket)) return this.#refuse(words.noAccess); // no subprotocol can be made of it
    try {
      const socket = new WebSocket(url, [MONITOR_PROTOCOL, TICKET_PREFIX + ticket]);
      this.#link = new Link(socket, clock, {
        onMessage: (message) => this.#receive(message),
        onPacket: this.#events.onPacket,
        onClosed: (code, reason) => this.#lost(attempt, code, reason),
      });
    } catch {
      this.#refuse(words.blocked);
    }
  }

  #receive(message: HubMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        return;
      case 'ping':
        this.#roundTripMs = message.roundTripMs ?? this.#roundTripMs;
        return;
      default:
        this.#events.onMessage(message);
    }
  }

  #welcome({ scopes, gateway }: HubMessage & { readonly type: 'welcome' }): void {
    if (this.#state === 'connected') return;
    this.#cancelTimer?.();
    this.#scopes = scopes;
    this.#gateway = gateway;
    this.#expired = 0;
    this.#connectedMs = this.#options.clock.now();
    const missedMs = this.#lostMs === undefined ? undefined : this.#connectedMs - this.#lostMs;
    this.#lostMs = undefined;
    this.#events.onConnected();
    this.#setState(
      'connected',
      missedMs === undefined ? undefined : `The gateway is back. You missed ${Math.ceil(missedMs / 1000)} s.`,
    );
  }

  #lost(attempt: number, code: number, reason: string): void {
    if (attempt !== this.#attempt) return;
    if (code === CloseCode.refused) {
      this.#refuse(reason || words.noAccess);
      return;
    }
    if (code === CloseCode.expired && ++this.#expired > 1) {
      this.#refuse(reason || words.noAccess);
      return;
    }
    this.#tryLater(reason || (this.#state === 'connecting' ? words.silent : words.lost));
  }

  /** Gives the present attempt or connection up, and plans another. */
  #tryLater(reason: string): void {
    const { clock, random } = this.#options;
    const wasConnected = this.#state === 'connected';
    if (wasConnected && clock.now() - this.#connectedMs >= STEADY_MS) this.#failures = 0;
    if (wasConnected) this.#lostMs = clock.now();
    this.#letGo();
    this.#events.onLost();
    const waitMs = backoffMs(this.#failures++, random());
    this.#cancelTimer = clock.after(waitMs, () => void this.#connect());
    this.#setState(this.#state === 'connecting' ? 'connecting' : 'reconnecting', reason);
  }

  #refuse(reason: string): void {
    this.#letGo();
    this.#events.onRefused(new MediaError('refused', reason));
    this.#setState('refused', reason);
  }

  /** Ends the present attempt or connection, without a word to anybody. */
  #letGo(): void {
    this.#attempt++;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const link = this.#link;
    this.#link = undefined;
    this.#roundTripMs = undefined;
    link?.close();
  }

  #setState(state: MonitorState, reason: string | undefined): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#events.onState();
  }
}
