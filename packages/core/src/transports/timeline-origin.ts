/** A jump of the wire's time by more than this is not believed before the next message says the same. */
const STRAY_MS = 10_000;

/**
 * When, by the clock, the inbound timeline began: by the earliest of its messages, for delays only ever add. Pure: time
 * is passed in.
 */
export class TimelineOrigin {
  #originMs: number;
  #strayMs: number | undefined;

  /** @param startedMs when `start` came, by the clock. */
  constructor(startedMs: number) {
    this.#originMs = startedMs;
  }

  /** A moment of the clock on the timeline; 0 for what was before it. */
  timestampMs(clockMs: number): number {
    return Math.max(0, clockMs - this.#originMs);
  }

  /**
   * Notes that audio which ends at a place of the timeline has come.
   *
   * @returns false where that cannot be right: the message would have come long before its time. Two in a row that agree are
   * believed.
   */
  heard(endMs: number, clockMs: number): boolean {
    const originMs = clockMs - endMs;
    const earlierMs = this.#originMs - originMs;
    if (earlierMs > STRAY_MS && !this.#agrees(originMs)) {
      this.#strayMs = originMs;
      return false;
    }
    this.#strayMs = undefined;
    if (earlierMs > 0) this.#originMs = originMs;
    return true;
  }

  #agrees(originMs: number): boolean {
    return this.#strayMs !== undefined && Math.abs(originMs - this.#strayMs) <= STRAY_MS;
  }
}
