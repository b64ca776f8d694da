/**
 * How long callers waited and how soon agents fell silent, over all calls that the page has seen.
 *
 * @module
 */

import type { CallEvent, CallSummary } from '@patchcord/monitor/client';
import { TurnPairs } from './turn-pairs.ts';

/** Waits kept: the oldest go. */
const MOST_WAITS = 5000;

/** One wait, in some call. */
export interface Wait {
  readonly kind: 'answer' | 'interruption';
  readonly callId: string;
  readonly from?: string | undefined;
  readonly label?: string | undefined;
  /** Unix time, by the gateway's clock, in milliseconds. */
  readonly unixMs: number;
  /** When it began, in milliseconds of the call. */
  readonly atMs: number;
  readonly waitMs: number;
  /** What the caller had said, where the app publishes words. */
  readonly words?: string | undefined;
}

/** A call whose events are followed. */
interface Followed {
  readonly pairs: TurnPairs;
  words: string | undefined;
}

/** Which waits are asked for. */
export interface WaitFilter {
  readonly kind: Wait['kind'];
  /** Those of agents of this name. */
  readonly label?: string | undefined;
  /** Those since then, in Unix milliseconds. */
  readonly sinceMs: number;
}

/** Collects waits. */
export class LatencyLog {
  readonly #calls = new Map<string, Followed>();
  readonly #waits: Wait[] = [];

  /** Takes an event of a call. Returns whether it completes a wait. */
  push({ callId, from, label, startedAtMs }: CallSummary, event: CallEvent): boolean {
    const call = this.#calls.get(callId) ?? { pairs: new TurnPairs(), words: undefined };
    this.#calls.set(callId, call);
    if (event.kind === 'words' && event.track === 'inbound') call.words = event.words;
    if (event.kind === 'ended') this.#calls.delete(callId);
    const found = call.pairs.push(event);
    if (!found) return false;
    const { kind } = found;
    const [atMs, waitMs] =
      kind === 'answer' ? [found.stoppedMs, found.waitMs] : [found.spokeMs, found.silentAfterMs];
    const words = kind === 'answer' ? call.words : undefined;
    this.#waits.push({ kind, callId, from, label, unixMs: startedAtMs + atMs, atMs, waitMs, words });
    if (this.#waits.length > MOST_WAITS) this.#waits.shift();
    return true;
  }

  /** Waits, oldest first. */
  waits({ kind, label, sinceMs }: WaitFilter): readonly Wait[] {
    return this.#waits
      .filter(
        (wait) =>
          wait.kind === kind && wait.unixMs >= sinceMs && (label === undefined || wait.label === label),
      )
      .sort((one, other) => one.unixMs - other.unixMs);
  }

  /** Agents that have waits. */
  get labels(): readonly string[] {
    return [...new Set(this.#waits.flatMap(({ label }) => label ?? []))].sort();
  }
}

/** The value that a share of all is at or below, by rank. Undefined where there are none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
