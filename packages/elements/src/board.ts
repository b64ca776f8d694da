/**
 * The list of calls: which there are, in which order, and how long an ended one stays.
 *
 * @module
 */

import type { CallListChange, CallSummary } from '@patchcord/monitor/client';

/** An ended call stays where it was for this long. */
export const ENDED_STAYS_MS = 10_000;

interface Entry {
  readonly call: CallSummary;
  /** When we heard that it had ended, by our own clock. */
  readonly endedMs?: number;
}

/** What is known about the calls of a gateway. Times are passed in. */
export class CallBoard {
  readonly #entries = new Map<string, Entry>();
  #gatewayAheadMs = 0;

  /** Takes note of a change. `nowMs` is our own Unix time. */
  apply(change: CallListChange, nowMs: number): void {
    if (change.kind !== 'calls') {
      this.#set(change.call, nowMs);
      return;
    }
    this.#gatewayAheadMs = change.gatewayNowMs - nowMs;
    const there = new Set(change.calls.map(({ callId }) => callId));
    for (const [callId, { endedMs }] of this.#entries) {
      if (!there.has(callId) && endedMs === undefined) this.#entries.delete(callId);
    }
    for (const call of change.calls) this.#set(call, nowMs);
  }

  /** Lets go of calls that ended `ENDED_STAYS_MS` ago. Returns whether there were any. */
  expire(nowMs: number): boolean {
    const before = this.#entries.size;
    for (const [callId, { endedMs }] of this.#entries) {
      if (endedMs !== undefined && nowMs - endedMs >= ENDED_STAYS_MS) this.#entries.delete(callId);
    }
    return this.#entries.size < before;
  }

  /** Forgets all calls. */
  clear(): void {
    this.#entries.clear();
  }

  /** The calls, longest first. A call keeps its place when its state changes. */
  get calls(): readonly CallSummary[] {
    return [...this.#entries.values()]
      .map(({ call }) => call)
      .sort((one, other) => one.startedAtMs - other.startedAtMs);
  }

  get(callId: string): CallSummary | undefined {
    return this.#entries.get(callId)?.call;
  }

  /** How long a call has lasted, by the gateway's clock. */
  elapsedMs(call: CallSummary, nowMs: number): number {
    return Math.max(0, (call.endedAtMs ?? nowMs + this.#gatewayAheadMs) - call.startedAtMs);
  }

  /** The gateway's clock, in Unix milliseconds. */
  gatewayNowMs(nowMs: number): number {
    return nowMs + this.#gatewayAheadMs;
  }

  /** A call of which the gateway knows no more: over by now, for a reason that nobody told. */
  over(call: CallSummary, nowMs: number): CallSummary {
    const endedAtMs = Math.round(nowMs + this.#gatewayAheadMs);
    return { ...call, state: 'ended', endedAtMs, speaking: [], canHangUp: false };
  }

  #set(call: CallSummary, nowMs: number): void {
    const known = this.#entries.get(call.callId);
    if (call.state === 'ended' && !known) return;
    this.#entries.set(call.callId, {
      call,
      ...(call.state === 'ended' && { endedMs: known?.endedMs ?? nowMs }),
    });
  }
}
