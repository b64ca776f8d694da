import type { Clock } from '@patchcord/core';
import { macrotask } from './macrotask.ts';

/** Time that stands still until a test turns it. */
export interface ManualClock extends Clock {
  /**
   * Turns the clock by the given number of milliseconds, fractions included. Timers fire at their own times, those of
   * one time in the order in which they were set. Before, between and after distinct times a macrotask passes, so
   * that promises, streams and in-process sockets settle.
   *
   * @throws {RangeError} for a time that does not go forwards.
   */
  advance(milliseconds: number): Promise<void>;
  /** Timers that have been set, and neither fired nor were cancelled. */
  readonly pending: number;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * Creates a clock for tests.
 *
 * @param options.startMs What `now()` says at first, in milliseconds. Default: 0.
 */
export function createManualClock({ startMs = 0 }: { readonly startMs?: number } = {}): ManualClock {
  let nowMs = startMs;
  /** In the order of their firing. */
  const timers: Timer[] = [];
  let turning: Promise<void> = Promise.resolve();

  async function turnTo(targetMs: number): Promise<void> {
    await macrotask(); // code that was about to set a timer sets it now
    for (let next = timers[0]; next !== undefined && next.dueMs <= targetMs; next = timers[0]) {
      nowMs = Math.max(nowMs, next.dueMs);
      while (timers[0] !== undefined && timers[0].dueMs <= nowMs) timers.shift()?.callback();
      await macrotask();
    }
    nowMs = Math.max(nowMs, targetMs);
  }

  return {
    now: () => nowMs,
    after(milliseconds, callback) {
      const timer = { dueMs: nowMs + Math.max(0, milliseconds), callback };
      const index = timers.findIndex(({ dueMs }) => dueMs > timer.dueMs);
      timers.splice(index < 0 ? timers.length : index, 0, timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    advance(milliseconds) {
      if (!(milliseconds >= 0)) {
        throw new RangeError(`A clock goes forwards; ${milliseconds} ms is no way forward.`);
      }
      // Overlapping turns follow one another, each from where the one before it ended.
      turning = turning.then(() => turnTo(nowMs + milliseconds));
      return turning;
    },
    get pending() {
      return timers.length;
    },
  };
}
