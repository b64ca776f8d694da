/** Where time comes from. Passed in, so that tests turn it by hand. */
export interface Clock {
  /** Milliseconds from some fixed moment; never goes backwards. */
  now(): number;
  /**
   * Calls back once, no sooner than the given number of milliseconds from now.
   *
   * @returns a function that cancels it; harmless afterwards.
   */
  after(milliseconds: number, callback: () => void): () => void;
}

/** The runtime's own clock and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
