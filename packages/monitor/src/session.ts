/**
 * One listener: what it asks for, and what it is told.
 *
 * @module
 */

import type { Clock } from '@patchcord/core';
import type { AuditEntry } from './audit.ts';
import { type Claims, maskEvent, maskSummary, reaches } from './claims.ts';
import type { Actor, CallBook, FollowedCall } from './followed-call.ts';
import { Heartbeat } from './heartbeat.ts';
import { Listener, type MonitorSocket } from './listener.ts';
import { SessionControl, UNKNOWN_CALL } from './session-control.ts';
import {
  type ClientMessage,
  CloseCode,
  type FailureCode,
  type HubMessage,
  type Scope,
} from './wire/messages.ts';
import { readPacket, writePacket } from './wire/packet.ts';
import { MAX_CLIENT_MESSAGE, parseClientMessage } from './wire/parse.ts';

/** Subscriptions of one listener, at most. */
const MAX_SUBSCRIPTIONS = 256;

const words = {
  mayNotList: 'You may not see the calls of this gateway.',
  mayNotListen: 'You may see this call but not hear it.',
  tooMany: `A page can follow ${MAX_SUBSCRIPTIONS} things at once. Close some, then try again.`,
  binary: 'The monitor does not know this message: it was binary and no audio packet.',
  tooBig: `The monitor takes messages of up to ${MAX_CLIENT_MESSAGE} characters.`,
  notUnderstood: 'The monitor does not know this message.',
} as const;

/** What a session needs of its hub. */
export interface SessionSurroundings {
  readonly clock: Clock;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly gateway: string | undefined;
  readonly calls: CallBook;
  readonly audit: (entry: AuditEntry) => void;
  readonly onClosed: (session: Session) => void;
}

interface Subscription {
  readonly topic: 'calls' | 'levels' | 'audio' | 'events';
  readonly callId?: string;
  readonly end: () => void;
}

const nothingToEnd = (): void => {};

/** Serves one connection that a ticket has opened. */
export class Session {
  readonly #listener: Listener;
  readonly #claims: Claims;
  readonly #actor: Actor;
  readonly #around: SessionSurroundings;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #control: SessionControl;
  readonly #heartbeat: Heartbeat;
  #over = false;

  constructor(socket: MonitorSocket, claims: Claims, surroundings: SessionSurroundings) {
    this.#claims = claims;
    this.#actor = {
      scopes: [...claims.scopes],
      ...(claims.subject !== undefined && { subject: claims.subject }),
    };
    this.#around = surroundings;
    this.#listener = new Listener(socket, surroundings.clock);
    this.#control = new SessionControl({
      actor: this.#actor,
      find: (callId) => this.#find(callId),
      say: (message) => this.#say(message),
      fail: (id, code, message) => this.#fail(id, code, message),
      audit: (action, outcome, callId) => this.#audit(action, outcome, callId),
    });
    this.#heartbeat = new Heartbeat({
      clock: surroundings.clock,
      ping: (id, roundTripMs) =>
        this.#say({ type: 'ping', id, ...(roundTripMs !== undefined && { roundTripMs }) }),
      onSilent: () => {
        this.#listener.terminate();
        this.#finish();
      },
      onBeat: () => {
        this.#listener.checkStall();
        if (!this.#listener.open) this.#finish();
      },
    });
    socket.addEventListener('close', () => this.#close());
    this.#say({
      type: 'welcome',
      scopes: [...claims.scopes],
      ...(surroundings.gateway !== undefined && { gateway: surroundings.gateway }),
      gatewayNowMs: Math.round(surroundings.now()),
    });
    this.#heartbeat.ping();
  }

  /** Takes what the other side said: anything at all. */
  receive(data: unknown): void {
    if (this.#over || !this.#listener.open) return;
    if (typeof data !== 'string') {
      this.#hear(data);
      return;
    }
    if (data.length > MAX_CLIENT_MESSAGE) {
      this.#listener.close(CloseCode.tooBig, words.tooBig);
      return;
    }
    const message = parseClientMessage(data);
    if (message === undefined) {
      this.#listener.close(CloseCode.notUnderstood, words.notUnderstood);
      return;
    }
    switch (message.type) {
      case 'open':
        this.#open(message);
        return;
      case 'close':
        this.#subscriptions.get(message.id)?.end();
        this.#subscriptions.delete(message.id);
        this.#control.end(message.id);
        return;
      case 'hang-up':
      case 'say':
      case 'barge':
        this.#request(message);
        return;
      case 'pong':
        this.#heartbeat.pong(message.id);
        return;
    }
  }

  /** Notes that a call came, changed or ended. */
  callChanged(kind: 'up' | 'changed' | 'ended', call: FollowedCall): void {
    if (!reaches(this.#claims, call.id)) return;
    for (const [id, { topic }] of this.#subscriptions) {
      if (topic === 'calls') {
        this.#say({ type: 'calls', id, change: { kind, call: maskSummary(call.summary, this.#claims) } });
      }
    }
    if (kind !== 'ended') return;
    for (const [id, { callId, end }] of this.#subscriptions) {
      if (callId !== call.id) continue;
      end();
      this.#subscriptions.delete(id);
      this.#say({ type: 'over', id });
    }
  }

  /**
   * Tells levels.
   *
   * @param levels pieces of JSON, by call.
   * @param all of them in one piece.
   */
  tellLevels(levels: ReadonlyMap<string, string>, all: string): void {
    for (const [id, { topic }] of this.#subscriptions) {
      if (topic !== 'levels') continue;
      const mine = this.#claims.calls ? this.#mine(levels) : all;
      this.#listener.tellLatest(id, `{"type":"levels","id":${id},"levels":[${mine}]}`);
    }
  }

  #mine(levels: ReadonlyMap<string, string>): string {
    const mine: string[] = [];
    for (const [callId, json] of levels) if (reaches(this.#claims, callId)) mine.push(json);
    return mine.join();
  }

  /** Whether levels are wanted. */
  get metering(): boolean {
    for (const { topic } of this.#subscriptions.values()) if (topic === 'levels') return true;
    return false;
  }

  /** Says goodbye. */
  close(code: number, reason: string): void {
    this.#listener.close(code, reason);
    this.#finish();
  }

  #open(message: ClientMessage & { readonly type: 'open' }): void {
    const { id } = message;
    if (this.#taken(id)) return;
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      this.#fail(id, 'limit-exceeded', words.tooMany);
      return;
    }
    if (message.topic === 'audio') {
      this.#listen(id, message.callId);
      return;
    }
    if (!this.#may('list')) {
      this.#fail(id, 'refused', words.mayNotList);
      return;
    }
    if (message.topic === 'events') {
      this.#follow(id, message.callId, message.from);
      return;
    }
    this.#subscriptions.set(id, { topic: message.topic, end: nothingToEnd });
    this.#say({ type: 'done', id });
    if (message.topic === 'calls') this.#tellCalls(id);
  }

  #tellCalls(id: number): void {
    const calls = [...this.#around.calls.values()]
      .filter((call) => reaches(this.#claims, call.id))
      .map((call) => maskSummary(call.summary, this.#claims));
    const gatewayNowMs = Math.round(this.#around.now());
    this.#say({ type: 'calls', id, change: { kind: 'calls', calls, gatewayNowMs } });
  }

  #request(request: Parameters<SessionControl['handle']>[0]): void {
    if (!this.#taken(request.id)) this.#control.handle(request);
  }

  /** An id names one thing at a time; who uses it twice has lost count. */
  #taken(id: number): boolean {
    const taken = this.#subscriptions.has(id) || this.#control.has(id);
    if (taken) this.#listener.close(CloseCode.notUnderstood, words.notUnderstood);
    return taken;
  }

  #listen(id: number, callId: string): void {
    const call = this.#find(callId);
    if (!this.#may('listen')) {
      this.#audit('listen', 'refused', callId);
      this.#fail(id, 'refused', words.mayNotListen);
      return;
    }
    if (call === undefined) {
      this.#fail(id, 'unknown-call', UNKNOWN_CALL);
      return;
    }
    this.#audit('listen', 'allowed', callId);
    this.#say({ type: 'done', id });
    if (call.summary.state === 'ended') {
      this.#say({ type: 'over', id });
      return;
    }
    let sequence = 0;
    const end = call.listen((audio) => {
      const packet = { stream: id, sequence: sequence++ };
      this.#listener.hear(() => writePacket({ ...audio, ...packet }));
    }, this.#actor);
    this.#subscriptions.set(id, { topic: 'audio', callId, end });
  }

  #follow(id: number, callId: string, from: number): void {
    const call = this.#find(callId);
    if (call === undefined) {
      this.#fail(id, 'unknown-call', UNKNOWN_CALL);
      return;
    }
    this.#say({ type: 'done', id });
    let first = true;
    let over = false;
    const end = call.follow(
      from,
      (all, next) => {
        const events = all.flatMap((event) => maskEvent(event, this.#claims) ?? []);
        // What came before is told even where it is nothing: from then on it is known to be live.
        if (events.length > 0 || first) this.#say({ type: 'events', id, next, events });
        first = false;
      },
      () => {
        over = true;
        this.#subscriptions.delete(id);
        this.#say({ type: 'over', id });
      },
    );
    if (!over) this.#subscriptions.set(id, { topic: 'events', callId, end });
  }

  /** Takes a packet of what somebody says to a caller. */
  #hear(data: unknown): void {
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    const packet = bytes instanceof Uint8Array ? readPacket(bytes) : undefined;
    if (packet) this.#control.hear(packet);
    else this.#listener.close(CloseCode.notUnderstood, words.binary);
  }

  #find(callId: string): FollowedCall | undefined {
    return reaches(this.#claims, callId) ? this.#around.calls.get(callId) : undefined;
  }

  #may(scope: Scope): boolean {
    return this.#claims.scopes.has(scope);
  }

  #audit(action: AuditEntry['action'], outcome: AuditEntry['outcome'], callId: string): void {
    const { subject } = this.#claims;
    this.#around.audit({
      action,
      outcome,
      callId,
      ...(subject !== undefined && { subject }),
      atMs: this.#around.now(),
    });
  }

  #say(message: HubMessage): void {
    this.#listener.tell(JSON.stringify(message));
  }

  #fail(id: number, code: FailureCode, message: string): void {
    this.#say({ type: 'failed', id, code, message });
  }

  #close(): void {
    this.#listener.closed();
    this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#heartbeat.stop();
    for (const { end } of this.#subscriptions.values()) end();
    this.#control.close();
    this.#subscriptions.clear();
    this.#around.onClosed(this);
  }
}
