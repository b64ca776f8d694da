/**
 * Which calls need somebody: nobody speaks, one side is not heard, something was warned of.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { CallSummary } from '@patchcord/monitor/client';
import type { LevelHistory } from './level-history.ts';
import { count, span } from './words.ts';

/** Nobody speaks for so long: dead air. In milliseconds. */
export const DEAD_AIR_MS = 15_000;
/** A track is digital silence for so long, while the other one speaks: one-way audio. In milliseconds. */
export const ONE_WAY_MS = 20_000;
/** The other side counts as speaking when it did so this long into the silence. */
const SPOKE_INTO_MS = 5000;

/** What is the matter with a call. */
export interface Trouble {
  readonly kind: 'one-way' | 'unreachable' | 'dead-air' | 'warnings';
  /** `danger` is broken now. */
  readonly tone: 'danger' | 'warn';
  readonly note: string;
  /** Of one-way audio: who is not heard, and since when. */
  readonly track?: Track;
  readonly sinceMs?: number;
}

interface Watched {
  readonly sinceMs: number;
  readonly spokeMs: Record<Track, number | undefined>;
}

const tracks: readonly Track[] = ['inbound', 'outbound'];

/** Watches all calls. Times are passed in. */
export class Attention {
  readonly #levels: LevelHistory;
  readonly #calls = new Map<string, Watched>();

  constructor(levels: LevelHistory) {
    this.#levels = levels;
  }

  /** Notes what the calls do now. Those that are not told are forgotten. */
  note(calls: readonly CallSummary[], nowMs: number): void {
    const there = new Set(calls.map(({ callId }) => callId));
    for (const callId of this.#calls.keys()) if (!there.has(callId)) this.#calls.delete(callId);
    for (const { callId, speaking } of calls) {
      let call = this.#calls.get(callId);
      if (!call) {
        call = { sinceMs: nowMs, spokeMs: { inbound: undefined, outbound: undefined } };
        this.#calls.set(callId, call);
      }
      for (const track of speaking) call.spokeMs[track] = nowMs;
    }
  }

  /** What is the matter with a call, worst first; undefined where all goes well. */
  troubleOf(call: CallSummary, nowMs: number): Trouble | undefined {
    const watched = this.#calls.get(call.callId);
    if (!watched || call.state === 'ended') return undefined;
    if (call.unreachable) return { kind: 'unreachable', tone: 'warn', note: 'Reconnecting' };
    const deaf = tracks.find((track) => this.#isDead(call, watched, track, nowMs));
    if (deaf) {
      const sinceMs = this.#levels.soundMs(call.callId, deaf) ?? watched.sinceMs;
      const who = deaf === 'inbound' ? 'caller' : 'agent';
      const note = `No audio from ${who}, ${span(nowMs - sinceMs)}`;
      return { kind: 'one-way', tone: 'danger', note, track: deaf, sinceMs };
    }
    const quietMs = nowMs - lastSpoke(watched);
    if (quietMs >= DEAD_AIR_MS) {
      return { kind: 'dead-air', tone: 'warn', note: `Nobody speaks, ${span(quietMs)}` };
    }
    if (call.warnings === 0) return undefined;
    return { kind: 'warnings', tone: 'warn', note: count(call.warnings, 'warning') };
  }

  /** Since when nobody speaks; undefined while somebody does. */
  quietSinceMs(call: CallSummary): number | undefined {
    const watched = this.#calls.get(call.callId);
    return watched && call.speaking.length === 0 ? lastSpoke(watched) : undefined;
  }

  #isDead({ callId, tracks: carried }: CallSummary, watched: Watched, track: Track, nowMs: number): boolean {
    if (!this.#levels.has(callId) || (track === 'inbound' && !carried.includes('inbound'))) return false;
    const soundMs = this.#levels.soundMs(callId, track) ?? watched.sinceMs;
    const otherMs = watched.spokeMs[track === 'inbound' ? 'outbound' : 'inbound'];
    return nowMs - soundMs >= ONE_WAY_MS && otherMs !== undefined && otherMs - soundMs >= SPOKE_INTO_MS;
  }
}

function lastSpoke({ sinceMs, spokeMs }: Watched): number {
  return Math.max(sinceMs, spokeMs.inbound ?? 0, spokeMs.outbound ?? 0);
}
