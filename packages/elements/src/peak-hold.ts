/** The highest level of the last while, as a meter's tick shows it. Times are passed in. */
export class PeakHold {
  readonly #holdMs: number;
  #db = -Infinity;
  #sinceMs = -Infinity;

  /** @param holdMs how long a peak is held, in milliseconds. */
  constructor(holdMs: number = 1500) {
    this.#holdMs = holdMs;
  }

  /** Takes the level of now, in dBFS, and gives the held peak. */
  push(db: number, nowMs: number): number {
    if (db >= this.#db || nowMs - this.#sinceMs >= this.#holdMs) {
      this.#db = db;
      this.#sinceMs = nowMs;
    }
    return this.#db;
  }
}
