import type { CallSummary } from '@patchcord/monitor/client';

/** How calls are sorted. */
export type Sort = 'attention' | 'longest' | 'newest';

/** Rows change places this often at most, in milliseconds. */
const STILL_MS = 5000;

/** Calls in two groups, each in order. */
export interface Arranged {
  readonly needing: readonly CallSummary[];
  readonly well: readonly CallSummary[];
}

/** Sorts calls so that a row stays where a hand or an eye expects it. Times are passed in. */
export class SteadyOrder {
  #needing: string[] = [];
  #well: string[] = [];
  #sort: Sort | undefined;
  #sortedMs = -Infinity;

  /**
   * Calls in order. New ones go to the end of their group, until rows may move again.
   *
   * @param needs whether a call needs attention.
   * @param held whether rows may not move now, since the pointer or the focus is on one.
   */
  arrange(
    calls: readonly CallSummary[],
    sort: Sort,
    needs: (call: CallSummary) => boolean,
    nowMs: number,
    held: boolean,
  ): Arranged {
    const byId = new Map(calls.map((call) => [call.callId, call]));
    if (sort !== this.#sort || (!held && nowMs - this.#sortedMs >= STILL_MS)) {
      const sorted = [...calls].sort((one, other) =>
        sort === 'newest' ? other.startedAtMs - one.startedAtMs : one.startedAtMs - other.startedAtMs,
      );
      const grouped = sort === 'attention';
      this.#needing = sorted.filter((call) => grouped && needs(call)).map(({ callId }) => callId);
      const there = new Set(this.#needing);
      this.#well = sorted.map(({ callId }) => callId).filter((callId) => !there.has(callId));
      this.#sort = sort;
      this.#sortedMs = nowMs;
    } else {
      const there = new Set([...this.#needing, ...this.#well]);
      this.#well.push(...calls.map(({ callId }) => callId).filter((callId) => !there.has(callId)));
    }
    const known = (ids: readonly string[]): CallSummary[] => ids.flatMap((id) => byId.get(id) ?? []);
    return { needing: known(this.#needing), well: known(this.#well) };
  }
}
