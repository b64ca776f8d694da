/**
 * Several gateways as one: what a hub knows of the others on its bus, and they of it.
 *
 * @module
 */

import { type Clock, MediaError } from '@patchcord/core';
import type { AuditEntry } from '../audit.ts';
import type { FollowedCall } from '../followed-call.ts';
import type { WatchedCall } from '../watched-call.ts';
import type { CallSummary } from '../wire/messages.ts';
import type { Bus } from './bus.ts';
import { createGrantOffice } from './grants.ts';
import { type Ask, MAX_GATEWAY_NAME, parseAnswer, parseLevels, parseList, toBytes } from './messages.ts';
import { OtherGateway } from './other-gateway.ts';
import { OwnGateway } from './own-gateway.ts';
import { Requests } from './requests.ts';
import { createVoiceSeal } from './seal.ts';
import { gatewayOf, subjects } from './subjects.ts';

/** Everything that is wanted of others is asked for again every so many beats, which are seconds. */
const BEAT_MS = 1000;
const RENEW_EVERY = 5;

/** Gateways on one bus, at most. */
const MAX_GATEWAYS = 1000;

/** What a federation needs of its hub. */
export interface FederationHost {
  /** Name of this gateway, which no other on the bus has. */
  readonly gateway: string | undefined;
  /** What all gateways share. */
  readonly secret: Uint8Array | undefined;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** The calls of this gateway. */
  readonly calls: ReadonlyMap<string, WatchedCall>;
  readonly audit: (entry: AuditEntry) => void;
  /** A call of another gateway came, changed or ended. */
  readonly onChange: (kind: 'up' | 'changed' | 'ended', call: FollowedCall) => void;
}

/** A hub's place among others. */
export class Federation {
  readonly #host: FederationHost;
  readonly #name: string;
  readonly #own: OwnGateway;
  readonly #requests: Requests;
  readonly #others = new Map<string, OtherGateway>();
  readonly #unsubscribe: (() => void)[];
  #cancelBeat: () => void;
  #beats = 0;
  #ignoreLevels: (() => void) | undefined;
  #closed = false;

  /** @throws {MediaError} `invalid-argument` for a gateway without a name or a secret of its own. */
  constructor(host: FederationHost) {
    const { gateway, secret, bus, clock, now } = host;
    if (gateway === undefined || gateway === '' || gateway.length > MAX_GATEWAY_NAME) {
      throw new MediaError(
        'invalid-argument',
        `A hub on a bus needs the option gateway: a name of up to ${MAX_GATEWAY_NAME} characters that no other hub there has.`,
      );
    }
    if (secret === undefined) {
      throw new MediaError(
        'invalid-argument',
        'A hub on a bus needs the option secret: 32 random bytes or more, the same for all hubs there.',
      );
    }
    this.#host = host;
    this.#name = gateway;
    const parts = {
      name: gateway,
      bus,
      clock,
      grants: createGrantOffice(gateway, secret, now),
      seal: createVoiceSeal(secret),
    };
    this.#requests = new Requests({
      ...parts,
      reachable: (other) => bus.connected && (this.#others.get(other)?.reachable ?? false),
    });
    this.#own = new OwnGateway({ ...parts, now, calls: host.calls, audit: host.audit });
    this.#unsubscribe = [
      bus.subscribe(subjects.allCalls, (bytes, subject) => {
        const message = parseList(bytes);
        if (message) this.#other(subject)?.take(message);
      }),
      bus.subscribe(subjects.answer(gateway), (bytes) => {
        const answer = parseAnswer(bytes);
        if (answer) this.#requests.take(answer);
      }),
    ];
    bus.onConnection((connected) => {
      if (this.#closed) return;
      if (connected) this.#hello();
      else for (const other of this.#others.values()) other.setReachable(false);
    });
    this.#cancelBeat = clock.after(BEAT_MS, this.#beat);
    this.#hello();
  }

  /** The calls of the other gateways. */
  *values(): Iterable<FollowedCall> {
    for (const other of this.#others.values()) yield* other.calls;
  }

  /** A call of another gateway, by the id that it has here. */
  get(callId: string): FollowedCall | undefined {
    for (const call of this.values()) if (call.id === callId) return call;
    return undefined;
  }

  /** Whether others want the levels of this gateway's calls. */
  get metering(): boolean {
    return this.#own.metering;
  }

  /** Tells the others that a call of this gateway came, changed or ended. */
  callChanged(kind: 'up' | 'changed' | 'ended', call: WatchedCall): void {
    this.#own.callChanged(kind, call);
  }

  /**
   * Exchanges levels: tells those of this gateway's calls, and gives those of the others'.
   *
   * @param own JSON by call.
   * @param wanted Whether anybody here looks at levels.
   */
  exchangeLevels(own: ReadonlyMap<string, string>, wanted: boolean): Map<string, string> {
    this.#own.tellLevels(own.values());
    this.#wantLevels(wanted);
    const all = new Map(own);
    for (const other of this.#others.values()) {
      for (const levels of other.readLevels()) all.set(levels.callId, JSON.stringify(levels));
    }
    return all;
  }

  /** Leaves the others, and the bus. */
  close(): Promise<void> {
    this.#closed = true;
    this.#cancelBeat();
    this.#wantLevels(false);
    this.#requests.close();
    this.#own.close();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const other of this.#others.values()) other.close();
    this.#others.clear();
    return this.#host.bus.close();
  }

  #hello(): void {
    this.#own.announce();
    this.#host.bus.publish(subjects.hello, new Uint8Array(0));
  }

  readonly #beat = (): void => {
    this.#cancelBeat = this.#host.clock.after(BEAT_MS, this.#beat);
    this.#own.beat();
    for (const [name, other] of this.#others) {
      other.beat();
      if (other.forgotten) this.#others.delete(name);
    }
    if (++this.#beats % RENEW_EVERY !== 0) return;
    if (this.#ignoreLevels) this.#askLevels();
    for (const other of this.#others.values()) other.renew();
  };

  #wantLevels(wanted: boolean): void {
    if (!wanted) {
      this.#ignoreLevels?.();
      this.#ignoreLevels = undefined;
      return;
    }
    if (this.#ignoreLevels) return;
    this.#ignoreLevels = this.#host.bus.subscribe(subjects.allLevels, (bytes, subject) => {
      const other = this.#other(subject);
      const levels = other && parseLevels(bytes);
      if (levels) other.takeLevels(levels);
    });
    this.#askLevels();
  }

  #askLevels(): void {
    for (const name of this.#others.keys()) this.#ask(name, { kind: 'levels', from: this.#name });
  }

  #ask(gateway: string, ask: Ask): void {
    this.#host.bus.publish(subjects.to(gateway), toBytes(ask));
  }

  /** The gateway whose subject it is; undefined for our own. */
  #other(subject: string): OtherGateway | undefined {
    const name = gatewayOf(subject);
    if (name === undefined || name === this.#name || name.length > MAX_GATEWAY_NAME) return undefined;
    const known = this.#others.get(name);
    if (known || this.#others.size >= MAX_GATEWAYS) return known;
    const { bus, clock, now, onChange } = this.#host;
    const requests = this.#requests;
    const other = new OtherGateway({
      gateway: name,
      bus,
      clock,
      now,
      onChange,
      idFor: (summary) => this.#idFor(summary),
      askCalls: () => this.#ask(name, { kind: 'calls', from: this.#name }),
      askEvents: (callId, number) => this.#ask(name, { kind: 'events', from: this.#name, callId, number }),
      grant: (action, callId, actor) => requests.send(name, action, callId, actor),
      control: (action, callId, actor, text) => requests.ask(name, action, callId, actor, text),
      barge: (callId, actor, events) => requests.barge(name, callId, actor, events),
    });
    this.#others.set(name, other);
    if (this.#ignoreLevels) this.#ask(name, { kind: 'levels', from: this.#name });
    return other;
  }

  /** One call may have streams to several gateways: each is listed. */
  #idFor({ callId, streamId }: CallSummary): string {
    const taken = (id: string): boolean =>
      this.#host.calls.get(id)?.summary.state === 'up' || this.get(id) !== undefined;
    return taken(callId) ? `${callId}/${streamId}` : callId;
  }
}
