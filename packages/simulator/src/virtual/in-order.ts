import type { Clock } from '@patchcord/core';

/** Things that are done at their times, and always in the order in which they were added. */
export interface InOrder {
  /** Adds something. A time before that of what waits already counts as the same. */
  add(atMs: number, act: () => void): void;
  /** Lets go all that waits. */
  clear(): void;
  /** What waits. */
  readonly length: number;
}

/** Times are sums of fractions: a thousandth of a millisecond is no reason to wait again. */
const EARLY_MS = 0.001;

/**
 * Creates a line of things to do. It has one timer: with one for each, a machine whose timers are late, or rounded to
 * milliseconds, would do them out of order.
 */
export function createInOrder(clock: Clock): InOrder {
  const waiting: { readonly atMs: number; readonly act: () => void }[] = [];
  let cancel: (() => void) | undefined;

  function arm(): void {
    const next = waiting[0];
    if (cancel !== undefined || next === undefined) return;
    cancel = clock.after(Math.max(0, next.atMs - clock.now()), () => {
      cancel = undefined;
      const dueMs = clock.now() + EARLY_MS;
      for (let due = waiting[0]; due !== undefined && due.atMs <= dueMs; due = waiting[0]) {
        waiting.shift();
        due.act();
      }
      arm();
    });
  }

  return {
    add(atMs, act) {
      waiting.push({ atMs, act });
      arm();
    },
    clear() {
      waiting.length = 0;
      cancel?.();
      cancel = undefined;
    },
    get length() {
      return waiting.length;
    },
  };
}
