/**
 * One listener: what it asks for, and what it is told.
 *
 * @module
 */

import type { Clock } from '@patchcord/core';
import { type Claims, maskEvent, maskSummary, reaches } from './claims.ts';
import { Listener, type MonitorSocket } from './listener.ts';
import type { HeardAudio, WatchedCall } from './watched-call.ts';
import {
  type CallEvent,
  type ClientMessage,
  CloseCode,
  type FailureCode,
  type HubMessage,
  type Scope,
} from './wire/messages.ts';
import { writePacket } from './wire/packet.ts';
import { MAX_CLIENT_MESSAGE, parseClientMessage } from './wire/parse.ts';

/** Subscriptions of one listener, at most. */
const MAX_SUBSCRIPTIONS = 256;

/** How often a listener's health is looked at, in milliseconds. */
const HEARTBEAT_MS = 1000;

/** Pings after the first two, which tell the round trip early, in heartbeats. */
const PING_EVERY = 5;

/** A listener that has not answered for this long is gone, in milliseconds. */
const SILENT_MS = 30_000;

/** Longest wait for a call to end, in milliseconds: clients wait 10 s for the answer. */
const HANG_UP_MS = 9000;

const words = {
  unknownCall: 'This call is not there any more. It may have just ended.',
  mayNotList: 'You may not see the calls of this gateway.',
  mayNotListen: 'You may see this call but not hear it.',
  mayNotHangUp: 'You may see this call but not end it.',
  tooMany: `A page can follow ${MAX_SUBSCRIPTIONS} things at once. Close some, then try again.`,
  binary: 'The monitor takes JSON text; this message was binary.',
  tooBig: `The monitor takes messages of up to ${MAX_CLIENT_MESSAGE} characters.`,
  notUnderstood: 'The monitor does not know this message.',
} as const;

/** Something that a listener did, or was not allowed to do, to a call. */
export interface AuditEntry {
  readonly action: 'listen' | 'hang-up';
  readonly outcome: 'allowed' | 'refused';
  readonly callId: string;
  /** Whom the ticket was issued to, where that was said. */
  readonly subject?: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
}

/** What a session needs of its hub. */
export interface SessionSurroundings {
  readonly clock: Clock;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly gateway: string | undefined;
  readonly calls: ReadonlyMap<string, WatchedCall>;
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
  readonly #around: SessionSurroundings;
  readonly #subscriptions = new Map<number, Subscription>();
  #lastPongMs: number;
  #pings = 0;
  #pingSentMs = 0;
  #roundTripMs: number | undefined;
  #beats = 0;
  #cancelHeartbeat: () => void;
  #over = false;

  constructor(socket: MonitorSocket, claims: Claims, surroundings: SessionSurroundings) {
    this.#claims = claims;
    this.#around = surroundings;
    this.#listener = new Listener(socket, surroundings.clock);
    this.#lastPongMs = surroundings.clock.now();
    socket.addEventListener('close', () => this.#close());
    this.#cancelHeartbeat = surroundings.clock.after(HEARTBEAT_MS, this.#beat);
    this.#say({
      type: 'welcome',
      scopes: [...claims.scopes],
      ...(surroundings.gateway !== undefined && { gateway: surroundings.gateway }),
      gatewayNowMs: Math.round(surroundings.now()),
    });
    this.#ping();
  }

  /** Takes what the other side said: anything at all. */
  receive(data: unknown): void {
    if (this.#over || !this.#listener.open) return;
    if (typeof data !== 'string') {
      this.#listener.close(CloseCode.notUnderstood, words.binary);
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
        return;
      case 'hang-up':
        this.#hangUp(message.id, message.callId);
        return;
      case 'pong':
        this.#pong(message.id);
        return;
    }
  }

  /** Notes that a call came, changed or ended. */
  callChanged(kind: 'up' | 'changed' | 'ended', call: WatchedCall): void {
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

  /** Tells levels: pieces of JSON, by call. */
  tellLevels(levels: ReadonlyMap<string, string>): void {
    for (const [id, { topic }] of this.#subscriptions) {
      if (topic !== 'levels') continue;
      const mine: string[] = [];
      for (const [callId, json] of levels) if (reaches(this.#claims, callId)) mine.push(json);
      this.#listener.tellLatest(id, `{"type":"levels","id":${id},"levels":[${mine.join()}]}`);
    }
  }

  /** Says goodbye. */
  close(code: number, reason: string): void {
    this.#listener.close(code, reason);
    this.#finish();
  }

  #open(message: ClientMessage & { readonly type: 'open' }): void {
    const { id } = message;
    if (this.#subscriptions.has(id)) {
      this.#listener.close(CloseCode.notUnderstood, words.notUnderstood);
      return;
    }
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

  #listen(id: number, callId: string): void {
    const call = this.#find(callId);
    if (!this.#may('listen')) {
      this.#audit('listen', 'refused', callId);
      this.#fail(id, 'refused', words.mayNotListen);
      return;
    }
    if (call === undefined) {
      this.#fail(id, 'unknown-call', words.unknownCall);
      return;
    }
    this.#audit('listen', 'allowed', callId);
    this.#say({ type: 'done', id });
    if (call.summary.state === 'ended') {
      this.#say({ type: 'over', id });
      return;
    }
    let sequence = 0;
    const hear = (audio: HeardAudio): void =>
      this.#listener.hear(writePacket({ ...audio, stream: id, sequence: sequence++ }));
    call.audioListeners.add(hear);
    this.#subscriptions.set(id, { topic: 'audio', callId, end: () => call.audioListeners.delete(hear) });
  }

  #follow(id: number, callId: string, from: number): void {
    const call = this.#find(callId);
    if (call === undefined) {
      this.#fail(id, 'unknown-call', words.unknownCall);
      return;
    }
    this.#say({ type: 'done', id });
    const missed = Math.max(0, call.nextEvent - from);
    const past = missed === 0 ? [] : call.events.slice(-missed);
    const events = past.flatMap((event) => maskEvent(event, this.#claims) ?? []);
    this.#say({ type: 'events', id, next: call.nextEvent, events });
    if (call.summary.state === 'ended') {
      this.#say({ type: 'over', id });
      return;
    }
    const tell = (event: CallEvent): void => {
      const masked = maskEvent(event, this.#claims);
      if (masked) this.#say({ type: 'events', id, next: call.nextEvent, events: [masked] });
    };
    call.eventListeners.add(tell);
    this.#subscriptions.set(id, { topic: 'events', callId, end: () => call.eventListeners.delete(tell) });
  }

  async #hangUp(id: number, callId: string): Promise<void> {
    const watched = this.#find(callId);
    if (!this.#may('control')) {
      this.#audit('hang-up', 'refused', callId);
      this.#fail(id, 'refused', words.mayNotHangUp);
      return;
    }
    if (watched === undefined) {
      this.#fail(id, 'unknown-call', words.unknownCall);
      return;
    }
    this.#audit('hang-up', 'allowed', callId);
    const failure = watched.summary.state === 'ended' ? undefined : await hangUp(watched, this.#around.clock);
    if (failure === undefined) this.#say({ type: 'done', id });
    else this.#fail(id, 'control-failed', failure);
  }

  #find(callId: string): WatchedCall | undefined {
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

  #ping(): void {
    this.#pingSentMs = this.#around.clock.now();
    this.#say({
      type: 'ping',
      id: ++this.#pings,
      ...(this.#roundTripMs !== undefined && { roundTripMs: this.#roundTripMs }),
    });
  }

  #pong(id: number): void {
    this.#lastPongMs = this.#around.clock.now();
    if (id === this.#pings) this.#roundTripMs = this.#lastPongMs - this.#pingSentMs;
  }

  readonly #beat = (): void => {
    this.#cancelHeartbeat = this.#around.clock.after(HEARTBEAT_MS, this.#beat);
    if (this.#around.clock.now() - this.#lastPongMs >= SILENT_MS) {
      this.#listener.terminate();
      this.#finish();
      return;
    }
    this.#listener.checkStall();
    if (!this.#listener.open) {
      this.#finish();
      return;
    }
    this.#beats++;
    if (this.#beats === 1 || this.#beats % PING_EVERY === 0) this.#ping();
  };

  #close(): void {
    this.#listener.closed();
    this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelHeartbeat();
    for (const { end } of this.#subscriptions.values()) end();
    this.#subscriptions.clear();
    this.#around.onClosed(this);
  }
}

/** Ends a call. Returns what went wrong, in words, if something did. */
function hangUp({ call }: WatchedCall, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (failure?: string): void => {
      cancel();
      call.removeEventListener('warning', onWarning);
      resolve(failure);
    };
    const onWarning: Parameters<typeof call.addEventListener>[1] = ({ warning }) => {
      if (warning.code === 'hang-up-failed') settle(warning.message);
    };
    const cancel = clock.after(HANG_UP_MS, () =>
      settle(`Could not hang up. The call did not end in ${HANG_UP_MS / 1000} s. It may still be up.`),
    );
    call.addEventListener('warning', onWarning);
    call.end({ when: 'now' }).then(
      () => settle(),
      () => settle('Could not hang up. The call is still up.'),
    );
  });
}
