import type { Clock } from '@patchcord/core';
import type { Actor, BargeEvents, Barging, FollowedCall, Hear, Tell } from '../followed-call.ts';
import type { CallEvent, CallSummary } from '../wire/messages.ts';
import { readPacket } from '../wire/packet.ts';
import type { Bus } from './bus.ts';
import type { GrantAction } from './grants.ts';
import { type EventsMessage, parseEvents } from './messages.ts';
import { subjects } from './subjects.ts';

/** Events that are kept while they are followed: as many as the gateway of the call keeps. */
const MAX_EVENTS = 1000;

/** What is missing is asked for again no sooner than this, in milliseconds. */
const ASK_AGAIN_MS = 500;

/** Longest wait for the events of a call that is over, in milliseconds. */
const PAST_MS = 2000;

/** A call's way to the gateway that has it. */
export interface OwnerLink {
  readonly gateway: string;
  readonly bus: Bus;
  readonly clock: Clock;
  askEvents(callId: string, number: number): void;
  /** Sends a grant and waits for no answer. */
  grant(action: GrantAction, callId: string, actor: Actor): void;
  /** Sends a grant and waits for its answer: what went wrong, in words, if something did. */
  control(
    action: 'hang-up' | 'say',
    callId: string,
    actor: Actor,
    text?: string,
  ): Promise<string | undefined>;
  barge(callId: string, actor: Actor, events: BargeEvents): Barging;
}

interface Follower {
  readonly from: number;
  readonly tell: Tell;
  readonly over: () => void;
}

/** A call of another gateway. Its sound and its events come over the bus only while somebody here wants them. */
export class OtherCall implements FollowedCall {
  readonly id: string;
  /** As its gateway has it. */
  readonly ownerId: string;
  /** When it was known to have ended, by the clock. */
  endedMs: number | undefined;
  readonly #owner: OwnerLink;
  readonly #hears = new Map<Hear, Actor>();
  readonly #followers = new Set<Follower>();
  #summary: CallSummary;
  #stopHearing: (() => void) | undefined;
  #stopFollowing: (() => void) | undefined;
  #events: CallEvent[] = [];
  #next = 0;
  /** Whether the events so far are here. */
  #filled = false;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(id: string, ownerId: string, summary: CallSummary, owner: OwnerLink) {
    this.id = id;
    this.ownerId = ownerId;
    this.#owner = owner;
    this.#summary = summary;
    this.update(summary);
  }

  get summary(): CallSummary {
    return this.#summary;
  }

  /** Takes what its gateway tells of it. */
  update(summary: CallSummary): void {
    this.#summary = { ...summary, callId: this.id, gateway: this.#owner.gateway };
    if (summary.state === 'ended') this.#over();
  }

  /** Notes whether its gateway is heard. */
  setReachable(reachable: boolean): void {
    const { unreachable: _, ...summary } = this.#summary;
    this.#summary = reachable ? summary : { ...summary, unreachable: true };
  }

  /** Asks again for what is wanted: what is asked of a gateway holds for a while only. */
  renew(): void {
    const [actor] = this.#hears.values();
    if (actor) this.#owner.grant('listen', this.ownerId, actor);
    if (this.#followers.size > 0) this.#owner.askEvents(this.ownerId, this.#next);
  }

  listen(hear: Hear, actor: Actor): () => void {
    if (this.#summary.state === 'ended') return () => {};
    this.#hears.set(hear, actor);
    if (!this.#stopHearing) {
      const { bus, gateway } = this.#owner;
      this.#stopHearing = bus.subscribe(subjects.audio(gateway, this.ownerId), (bytes) => {
        const packet = readPacket(bytes);
        if (packet) for (const each of this.#hears.keys()) each(packet);
      });
      this.#owner.grant('listen', this.ownerId, actor);
    }
    return () => {
      if (!this.#hears.delete(hear) || this.#hears.size > 0 || !this.#stopHearing) return;
      this.#stopHearing();
      this.#stopHearing = undefined;
      this.#owner.grant('unlisten', this.ownerId, actor);
    };
  }

  follow(from: number, tell: Tell, over: () => void): () => void {
    let cancel = (): void => {};
    const follower: Follower = {
      from,
      tell,
      over: () => {
        end();
        over();
      },
    };
    const end = (): void => {
      cancel();
      if (this.#followers.delete(follower) && this.#followers.size === 0) this.#forget();
    };
    this.#followers.add(follower);
    if (this.#summary.state === 'ended') cancel = this.#owner.clock.after(PAST_MS, follower.over);
    if (this.#filled) this.#tell(follower, this.#events);
    if (!this.#stopFollowing) {
      const { bus, gateway } = this.#owner;
      this.#stopFollowing = bus.subscribe(subjects.events(gateway, this.ownerId), (bytes) => {
        const message = parseEvents(bytes);
        if (message) this.#take(message);
      });
    }
    if (!this.#filled || this.#summary.state === 'ended') this.#owner.askEvents(this.ownerId, this.#next);
    return end;
  }

  hangUp(actor: Actor): Promise<string | undefined> {
    if (this.#summary.state === 'ended') return Promise.resolve(undefined);
    return this.#owner.control('hang-up', this.ownerId, actor);
  }

  say(text: string, actor: Actor): Promise<string | undefined> {
    if (this.#summary.state === 'ended') return Promise.resolve('The call is over.');
    return this.#owner.control('say', this.ownerId, actor, text);
  }

  barge(actor: Actor, events: BargeEvents): Barging {
    return this.#owner.barge(this.ownerId, actor, events);
  }

  /** Lets all go. */
  close(): void {
    this.#over();
    this.#followers.clear();
    this.#forget();
  }

  /** No sound will come any more, and whoever followed is told by the list. */
  #over(): void {
    this.endedMs ??= this.#owner.clock.now();
    this.#hears.clear();
    this.#stopHearing?.();
    this.#stopHearing = undefined;
  }

  #take({ first, next, events, asked, last }: EventsMessage): void {
    const complete = first <= this.#next || (asked !== undefined && asked <= this.#next);
    if (!complete) {
      const now = this.#owner.clock.now();
      if (now - this.#askedMs < ASK_AGAIN_MS) return;
      this.#askedMs = now;
      this.#owner.askEvents(this.ownerId, this.#next);
      return;
    }
    if (next > this.#next || !this.#filled) {
      const fresh = events.slice(Math.max(0, this.#next - first));
      this.#next = Math.max(this.#next, next);
      this.#filled = true;
      this.#events = [...this.#events, ...fresh].slice(-MAX_EVENTS);
      for (const follower of [...this.#followers]) this.#tell(follower, fresh);
    }
    if (!last || this.#summary.state !== 'ended') return;
    for (const follower of [...this.#followers]) follower.over();
  }

  /** Tells the latest events, of which the last has the number before `#next`. */
  #tell({ from, tell }: Follower, latest: readonly CallEvent[]): void {
    tell(latest.slice(Math.max(0, from - (this.#next - latest.length))), this.#next);
  }

  #forget(): void {
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    this.#events = [];
    this.#next = 0;
    this.#filled = false;
  }
}
