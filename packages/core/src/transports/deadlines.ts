import type { Clock } from '../streams/clock.ts';

/**
 * Many deadlines on one timer.
 *
 * A deadline that moves later costs nothing: the timer fires at the old time, finds nothing due and is set
 * again. So a deadline may be moved with every message of a call.
 */
export class Deadlines<Name extends string> {
  readonly #clock: Clock;
  readonly #due: (name: Name) => void;
  readonly #times = new Map<Name, number>();
  #cancel: (() => void) | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, due: (name: Name) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** Sets or moves a deadline, in the clock's milliseconds. */
  set(name: Name, timeMs: number): void {
    this.#times.set(name, timeMs);
    if (timeMs < this.#armedFor) this.#arm(timeMs);
  }

  has(name: Name): boolean {
    return this.#times.has(name);
  }

  clear(name: Name): void {
    this.#times.delete(name);
  }

  /** Clears all deadlines and lets the timer go. */
  stop(): void {
    this.#times.clear();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(timeMs: number): void {
    this.#cancel?.();
    this.#armedFor = timeMs;
    // Whole milliseconds: runtimes keep a list of timers for each length, and fractions would fill them with lists of one.
    const milliseconds = Math.max(0, Math.ceil(timeMs - this.#clock.now()));
    this.#cancel = this.#clock.after(milliseconds, this.#fire);
  }

  readonly #fire = (): void => {
    this.#cancel = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    // Timers may fire a fraction of a millisecond early.
    const now = this.#clock.now() + 0.5;
    for (const [name, timeMs] of [...this.#times]) {
      // What the round itself sets anew waits for its own time, and what it clears is not due.
      if (timeMs > now || this.#times.get(name) !== timeMs) continue;
      this.#times.delete(name);
      this.#due(name);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const timeMs of this.#times.values()) next = Math.min(next, timeMs);
    if (next < this.#armedFor) this.#arm(next);
  };
}
