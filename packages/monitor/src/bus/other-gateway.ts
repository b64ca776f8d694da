import type { CallLevels, CallSummary } from '../wire/messages.ts';
import type { ListMessage } from './messages.ts';
import { OtherCall, type OwnerLink } from './other-call.ts';

/** A gateway that has not been heard for this long is unreachable, in milliseconds: three of its signs of life. */
const SILENT_MS = 6000;

/** Its calls are taken for over after this long, in milliseconds. */
const LOST_MS = 10 * 60_000;

/** An ended call stays in the list for this long, in milliseconds. */
const ENDED_STAYS_MS = 10_000;

/** Its list is asked for no more often than this, in milliseconds. */
const ASK_MS = 1000;

/** Levels are told again for this long when none come after them: two gateways do not tick alike. In milliseconds. */
const LEVELS_STAY_MS = 300;

/** Calls of one gateway that are known, at most. */
const MAX_CALLS = 10_000;

/** What another gateway's picture needs of its surroundings. */
export interface OtherGatewayHost extends OwnerLink {
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** An id for one of its calls that no other call here has. */
  idFor(summary: CallSummary): string;
  askCalls(): void;
  readonly onChange: (kind: 'up' | 'changed' | 'ended', call: OtherCall) => void;
}

/** Another gateway as it is known here: its calls, and whether it is there. */
export class OtherGateway {
  readonly #host: OtherGatewayHost;
  /** By the ids that it has for them. */
  readonly #calls = new Map<string, OtherCall>();
  #epoch: string | undefined;
  #sequence = 0;
  /** Parts of a list so far. */
  #list: CallSummary[] = [];
  #parts = 0;
  #heardMs: number;
  #askedMs = Number.NEGATIVE_INFINITY;
  #reachable = true;
  #levels: readonly CallLevels[] = [];
  #levelsMs = Number.NEGATIVE_INFINITY;

  constructor(host: OtherGatewayHost) {
    this.#host = host;
    this.#heardMs = host.clock.now();
  }

  /** Whether it was heard lately. */
  get reachable(): boolean {
    return this.#reachable;
  }

  get calls(): Iterable<OtherCall> {
    return this.#calls.values();
  }

  /** Whether nothing is left of it. */
  get forgotten(): boolean {
    return this.#calls.size === 0 && !this.#reachable;
  }

  /** Takes what it tells of its list. */
  take(message: ListMessage): void {
    this.#heardMs = this.#host.clock.now();
    if (message.kind === 'gone') {
      if (message.epoch === this.#epoch) this.setReachable(false);
      return;
    }
    if (message.kind === 'calls') {
      this.#takeList(message);
      return;
    }
    const expected = message.kind === 'alive' ? this.#sequence : this.#sequence + 1;
    if (message.epoch !== this.#epoch || message.sequence !== expected) {
      this.#askCalls();
      return;
    }
    this.setReachable(true);
    this.#sequence = message.sequence;
    if ('call' in message) this.#takeCall(message.call);
  }

  /** Takes its levels. */
  takeLevels(levels: readonly CallLevels[]): void {
    this.#levels = levels;
    this.#levelsMs = this.#host.clock.now();
  }

  /** Gives its latest levels, under the ids that its calls have here. */
  *readLevels(): Iterable<CallLevels> {
    if (this.#host.clock.now() - this.#levelsMs > LEVELS_STAY_MS) return;
    for (const levels of this.#levels) {
      const call = this.#calls.get(levels.callId);
      if (call?.summary.state === 'up') yield { ...levels, callId: call.id };
    }
  }

  /** Notes whether it can be heard. */
  setReachable(reachable: boolean): void {
    if (reachable === this.#reachable) return;
    this.#reachable = reachable;
    for (const call of this.#calls.values()) {
      call.setReachable(reachable);
      if (call.summary.state === 'up') this.#host.onChange('changed', call);
      if (reachable) call.renew();
    }
  }

  /** To be called every second. */
  beat(): void {
    const now = this.#host.clock.now();
    if (now - this.#heardMs > SILENT_MS) this.setReachable(false);
    for (const [ownerId, call] of this.#calls) {
      if (now - this.#heardMs > LOST_MS) this.#end(call);
      if (call.endedMs === undefined || now - call.endedMs < ENDED_STAYS_MS) continue;
      this.#calls.delete(ownerId);
      call.close();
    }
  }

  /** Asks again for all that is wanted of its calls. */
  renew(): void {
    for (const call of this.#calls.values()) call.renew();
  }

  /** Lets all go. */
  close(): void {
    for (const call of this.#calls.values()) call.close();
    this.#calls.clear();
  }

  #askCalls(): void {
    const now = this.#host.clock.now();
    if (now - this.#askedMs < ASK_MS) return;
    this.#askedMs = now;
    this.#host.askCalls();
  }

  #takeList({ epoch, sequence, part, parts, calls }: ListMessage & { readonly kind: 'calls' }): void {
    if (part === 0) {
      this.#list = [];
      this.#parts = 0;
    }
    if (part !== this.#parts || this.#list.length > MAX_CALLS) return; // the start of it was not heard
    this.#parts++;
    this.#list.push(...calls);
    if (this.#parts < parts) return;
    const list = this.#list;
    this.#list = [];
    this.#parts = 0;
    this.#epoch = epoch;
    this.#sequence = sequence;
    this.setReachable(true);
    const there = new Set(list.map(({ callId }) => callId));
    for (const [ownerId, call] of this.#calls) if (!there.has(ownerId)) this.#end(call);
    for (const call of list) this.#takeCall(call);
  }

  #takeCall(summary: CallSummary): void {
    const known = this.#calls.get(summary.callId);
    if (known && (known.summary.state === 'up' || summary.state === 'ended')) {
      const before = JSON.stringify(known.summary);
      known.update(summary);
      if (JSON.stringify(known.summary) === before) return;
      this.#host.onChange(summary.state === 'ended' ? 'ended' : 'changed', known);
      return;
    }
    if (this.#calls.size >= MAX_CALLS) return;
    known?.close();
    const call = new OtherCall(this.#host.idFor(summary), summary.callId, summary, this.#host);
    this.#calls.set(summary.callId, call);
    this.#host.onChange('up', call);
  }

  /** It is there no more, and how it ended is not known. */
  #end(call: OtherCall): void {
    if (call.summary.state === 'ended') return;
    const { unreachable: _, ...summary } = call.summary;
    call.update({ ...summary, state: 'ended', endedAtMs: Math.round(this.#host.now()), speaking: [] });
    this.#host.onChange('ended', call);
  }
}
