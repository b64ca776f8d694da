/**
 * All calls of a gateway as the page knows them: the list, their levels, what is the matter with them, how long their
 * callers waited.
 *
 * @module
 */

import type { CallLevels, CallSummary } from '@patchcord/monitor/client';
import { Attention } from './attention.ts';
import { CallBoard } from './board.ts';
import { LatencyLog } from './latency-log.ts';
import { LevelHistory } from './level-history.ts';
import { readAll } from './read-all.ts';
import type { CallSource } from './sources.ts';
import type { Timeline } from './timeline/timeline.ts';

/** Calls whose events are followed for the latency view: a hub lets a page follow 256 things. */
const MOST_FOLLOWED = 200;

/** Told when something has changed. */
export interface GatewayCallsListener {
  readonly onChange: () => void;
  /** Ten times a second. */
  readonly onLevels: () => void;
}

/** Follows all calls of one source at a time. */
export class GatewayCalls {
  readonly board: CallBoard = new CallBoard();
  readonly levels: LevelHistory = new LevelHistory();
  readonly attention: Attention = new Attention(this.levels);
  readonly #listener: GatewayCallsListener;
  readonly #followed = new Map<string, AbortController>();
  #latency = new LatencyLog();
  #source: CallSource | undefined;
  #reading: AbortController | undefined;
  #known = false;
  #latest: ReadonlyMap<string, CallLevels> = new Map();
  #version = 0;
  #sinceMs = Date.now();
  #follows = false;

  constructor(listener: GatewayCallsListener) {
    this.#listener = listener;
  }

  get source(): CallSource | undefined {
    return this.#source;
  }

  /** Whether the gateway has told its calls. */
  get known(): boolean {
    return this.#known;
  }

  get latestLevels(): ReadonlyMap<string, CallLevels> {
    return this.#latest;
  }

  get latency(): LatencyLog {
    return this.#latency;
  }

  /** Changes whenever the latency log does. */
  get version(): number {
    return this.#version;
  }

  /** Since when waits are collected, in Unix milliseconds by the gateway's clock. */
  get sinceMs(): number {
    const first = this.board.calls[0]?.startedAtMs;
    return Math.min(this.#sinceMs, first ?? this.#sinceMs);
  }

  /** Gateways that the calls are on. */
  get gateways(): number {
    const names = this.board.calls.flatMap(({ gateway }) => gateway ?? []);
    return new Set([...names, ...(this.#source?.gateway ? [this.#source.gateway] : [])]).size;
  }

  /** Begins to follow a source. */
  attach(source: CallSource): void {
    const reading = new AbortController();
    const { signal } = reading;
    this.#source = source;
    this.#reading = reading;
    void readAll(source.calls(), signal, (change) => {
      this.#known = true;
      this.board.apply(change, Date.now());
      this.attention.note(this.board.calls, performance.now());
      if (this.#follows) this.followAll();
      this.#listener.onChange();
    });
    void readAll(source.levels(), signal, (levels) => {
      this.#latest = new Map(levels.map((level) => [level.callId, level]));
      this.levels.push(levels, performance.now());
      this.#listener.onLevels();
    });
  }

  /** Lets go of the source, and forgets its calls. */
  detach(): void {
    this.#reading?.abort();
    this.#source = undefined;
    this.#known = false;
    this.#latency = new LatencyLog();
    this.forget();
  }

  /** Knows of no call any more. */
  forget(): void {
    for (const following of this.#followed.values()) following.abort();
    this.#followed.clear();
    this.board.clear();
    this.levels.clear();
    this.attention.note([], 0);
    this.#latest = new Map();
  }

  /** Lets ended calls go, and notes who has been quiet. */
  tick(nowMs: number): void {
    this.board.expire(nowMs);
    this.attention.note(this.board.calls, performance.now());
  }

  /** Follows the events of all calls from now on, 200 at most: the latency view is made of them. */
  followAll(): void {
    this.#follows = true;
    const source = this.#source;
    if (!source) return;
    for (const call of this.board.calls) {
      if (this.#followed.size >= MOST_FOLLOWED) return;
      if (this.#followed.has(call.callId) || call.state === 'ended') continue;
      const following = new AbortController();
      this.#followed.set(call.callId, following);
      void readAll(source.events(call.callId), following.signal, (event) => {
        const known = this.board.get(call.callId) ?? call;
        if (!this.#latency.push(known, event)) return;
        this.#version++;
        this.#listener.onChange();
      }).then(() => this.#followed.delete(call.callId));
    }
  }

  /** Writes into a call's timeline what its events do not tell: dead air, one-way audio. Returns whether it changed. */
  noteTroubles(call: CallSummary, timeline: Timeline, callNowMs: number): boolean {
    const nowMs = performance.now();
    const trouble = this.attention.troubleOf(call, nowMs);
    const quietSinceMs = this.attention.quietSinceMs(call);
    if (trouble?.kind === 'one-way' && trouble.track && trouble.sinceMs !== undefined) {
      return timeline.noteOneWay(
        trouble.track,
        Math.max(0, callNowMs - (nowMs - trouble.sinceMs)),
        callNowMs,
      );
    }
    if (trouble?.kind !== 'dead-air' || quietSinceMs === undefined) return false;
    return timeline.noteQuiet(Math.max(0, callNowMs - (nowMs - quietSinceMs)), callNowMs);
  }
}
