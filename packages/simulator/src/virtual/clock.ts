import { type Clock, MediaError } from '@patchcord/core';
import { createTurnstile } from './macrotask.ts';

/** Options of a virtual clock. */
export interface VirtualClockOptions {
  /** What `now()` says at first, in milliseconds. Default: 0. */
  readonly startMs?: number;
}

/**
 * Time that goes as fast as the machine can follow, and stands still in between. Give it to everything that takes
 * part in a call: the phone, the link, and the app where it takes a clock.
 */
export interface VirtualClock extends Clock {
  /**
   * Turns the clock by the given number of milliseconds, fractions included. Callbacks come at their own times, those
   * of one time in the order in which they were asked for. Each of these times ends with a macrotask, in which promises,
   * streams and in-process sockets settle: what happens is the same on every run.
   *
   * @throws {MediaError} `invalid-argument` for a time that does not go forwards.
   */
  advance(milliseconds: number): Promise<void>;
  /**
   * Turns the clock until some work is done, such as an async function that talks through a phone.
   *
   * @param options.limitMs The longest that it may take, by this clock, in milliseconds. Default: 10 minutes.
   * @returns what the work gives. Rejects with what it rejects with, or with a `MediaError`: `timeout` when the limit is
   * reached, or when nothing is left that could move it on.
   */
  run<Value>(work: Promise<Value>, options?: { readonly limitMs?: number }): Promise<Value>;
  /** Callbacks that are asked for, and neither came nor were cancelled. */
  readonly pending: number;
}

interface Callback {
  readonly dueMs: number;
  readonly call: () => void;
}

const TEN_MINUTES_MS = 600_000;

/** Turns in which nothing is due and the work is not done, before it is given up: it may wait for other macrotasks. */
const IDLE_TURNS = 1000;

/** Creates a clock that stands still. It uses no timers. */
export function createVirtualClock({ startMs = 0 }: VirtualClockOptions = {}): VirtualClock {
  let nowMs = startMs;
  /** In the order in which they are due. */
  const callbacks: Callback[] = [];
  /** Turns follow on each other, each from where the one before it ended. */
  let turning: Promise<unknown> = Promise.resolve();

  /** All that is due at the next time at which something is, where that is not after the given one. */
  function callDue(latestMs: number): boolean {
    const first = callbacks[0];
    if (first === undefined || first.dueMs > latestMs) return false;
    nowMs = Math.max(nowMs, first.dueMs);
    for (let next = callbacks[0]; next !== undefined && next.dueMs <= nowMs; next = callbacks[0]) {
      callbacks.shift();
      next.call();
    }
    return true;
  }

  async function turnTo(targetMs: number): Promise<void> {
    const turnstile = createTurnstile();
    try {
      await turnstile.turn(); // code that was about to ask for a callback does so now
      while (callDue(targetMs)) await turnstile.turn();
      nowMs = Math.max(nowMs, targetMs);
    } finally {
      turnstile.close();
    }
  }

  async function turnUntil(isDone: () => boolean, limitMs: number): Promise<void> {
    const turnstile = createTurnstile();
    const deadlineMs = nowMs + limitMs;
    try {
      await turnstile.turn();
      for (let idle = 0; !isDone(); ) {
        idle = callDue(deadlineMs) ? 0 : idle + 1;
        if (idle > IDLE_TURNS) throw stuck(callbacks.length > 0 ? limitMs : undefined);
        await turnstile.turn();
      }
    } finally {
      turnstile.close();
    }
  }

  /** One after another: no turn begins while another is under way. */
  function queue(turn: () => Promise<void>): Promise<void> {
    const turned = turning.then(turn);
    turning = turned.catch(() => {}); // whoever asked for it is told; those behind it go on
    return turned;
  }

  return {
    now: () => nowMs,
    after(milliseconds, call) {
      const callback = { dueMs: nowMs + Math.max(0, milliseconds), call };
      let at = callbacks.length; // from the end: most are asked for in the order in which they are due
      while (at > 0 && (callbacks[at - 1] as Callback).dueMs > callback.dueMs) at--;
      callbacks.splice(at, 0, callback);
      return () => {
        const index = callbacks.indexOf(callback);
        if (index >= 0) callbacks.splice(index, 1);
      };
    },
    async advance(milliseconds) {
      if (!(milliseconds >= 0)) {
        throw new MediaError(
          'invalid-argument',
          `A clock goes forwards, by 0 ms or more; it was asked to go by ${milliseconds} ms.`,
        );
      }
      await queue(() => turnTo(nowMs + milliseconds));
    },
    async run(work, { limitMs = TEN_MINUTES_MS } = {}) {
      let done = false;
      const finish = (): void => {
        done = true;
      };
      work.then(finish, finish);
      await queue(() => turnUntil(() => done, limitMs));
      return work;
    },
    get pending() {
      return callbacks.length;
    },
  };
}

function stuck(limitMs: number | undefined): MediaError {
  return new MediaError(
    'timeout',
    limitMs === undefined
      ? 'The work that the clock was turned for is not done, and nothing is left for which time could be turned on. Does all that it waits for use this clock?'
      : `The work that the clock was turned for was not done within ${limitMs} ms of the clock's time. Turn it for longer (limitMs), or look at what it waits for.`,
  );
}
