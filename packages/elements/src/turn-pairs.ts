/**
 * How long people wait for each other: from turns and cuts as they are told, each wait once.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { CallEvent } from '@patchcord/monitor/client';

/** A longer silence is no wait for an answer. In milliseconds. */
const LONGEST_WAIT_MS = 60_000;
/** The agent is cut off by a caller who began to speak so long before, at most. */
const LONGEST_TALK_OVER_MS = 5000;
/** The two tracks are measured with so much slack, in milliseconds. */
const SLACK_MS = 100;
/** Turns and cuts that are kept to be paired. */
const MOST_KEPT = 50;

/** The caller stopped, and later the agent was heard. Times are milliseconds of the call. */
export interface Answer {
  readonly kind: 'answer';
  /** When the caller stopped. */
  readonly stoppedMs: number;
  /** When the agent was heard: the beginning of its turn. */
  readonly heardMs: number;
  readonly waitMs: number;
}

/** The caller spoke while the agent did, and the agent fell silent. */
export interface Interruption {
  readonly kind: 'interruption';
  /** When the caller began: the beginning of that turn. */
  readonly spokeMs: number;
  readonly silentAfterMs: number;
}

interface Turn {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Pairs what the two sides of one call did. */
export class TurnPairs {
  readonly #turns: Readonly<Record<Track, Turn[]>> = { inbound: [], outbound: [] };
  readonly #cuts: number[] = [];

  /** Takes an event; returns the wait that it completes, where it does. */
  push(event: CallEvent): Answer | Interruption | undefined {
    if (event.kind === 'cut') keep(this.#cuts, event.timestampMs);
    if (event.kind !== 'turn') return undefined;
    const turn = { fromMs: event.timestampMs, toMs: event.timestampMs + event.durationMs };
    const found = event.track === 'outbound' ? this.#answer(turn) : this.#interruption(turn);
    keep(this.#turns[event.track], turn);
    return found;
  }

  #answer({ fromMs: heardMs }: Turn): Answer | undefined {
    const before = this.#turns.inbound.filter(({ toMs }) => toMs <= heardMs + SLACK_MS);
    const stoppedMs = Math.max(...before.map(({ toMs }) => toMs));
    const waitMs = heardMs - stoppedMs;
    const isOpen = !this.#turns.outbound.some(({ fromMs }) => fromMs > stoppedMs - SLACK_MS);
    if (!isOpen || !(waitMs < LONGEST_WAIT_MS)) return undefined;
    return { kind: 'answer', stoppedMs, heardMs, waitMs: Math.max(0, waitMs) };
  }

  #interruption({ fromMs: spokeMs }: Turn): Interruption | undefined {
    const at = this.#cuts.findIndex(
      (cutMs) => cutMs >= spokeMs - SLACK_MS && cutMs <= spokeMs + LONGEST_TALK_OVER_MS,
    );
    if (at < 0) return undefined;
    const [cutMs = spokeMs] = this.#cuts.splice(at, 1);
    return { kind: 'interruption', spokeMs, silentAfterMs: Math.max(0, cutMs - spokeMs) };
  }
}

function keep<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > MOST_KEPT) items.shift();
}
