/**
 * Audio whose timestamp differs by less than this from the end of what came before follows on it: providers
 * round their timestamps to milliseconds, and a lost message is never shorter than 10 ms.
 */
const TOLERANCE_MS = 10;

/** Two timestamps that are rounded to milliseconds differ by up to this much from what they were. */
const ROUNDING_MS = 1;

/** After this many late messages in a row, the provider has restarted its timestamps, and they are followed. */
const RESTART_AFTER = 10;

/** Where a piece of audio belongs on its track. */
export interface Placement {
  /** `late` and `duplicate` audio is to be dropped. */
  readonly verdict: 'next' | 'late' | 'duplicate';
  /** Start of the piece, in milliseconds on the timeline. */
  readonly timestampMs: number;
  /** Audio that is missing before it, in milliseconds. */
  readonly gapMs: number;
}

/**
 * Puts the audio of one track in place by the wire's timestamps. Pure: knows no clock.
 *
 * Time is counted from samples while messages follow on each other, so it does not jitter with the
 * timestamps' rounding.
 */
export class Timeline {
  #nextMs: number | undefined;
  #lastTimestampMs = Number.NaN;
  #lastDurationMs = 0;
  #lateInARow = 0;
  readonly #placement: { -readonly [K in keyof Placement]: Placement[K] } = {
    verdict: 'next',
    timestampMs: 0,
    gapMs: 0,
  };

  /** End of what has been placed so far, in milliseconds; 0 before the first piece. */
  get endMs(): number {
    return this.#nextMs ?? 0;
  }

  /**
   * Places the next piece that came.
   *
   * @returns an object that holds until the next call.
   */
  place(timestampMs: number, durationMs: number): Placement {
    const placement = this.#placement;
    const expectedMs = this.#nextMs ?? timestampMs;
    const aheadMs = timestampMs - expectedMs;
    placement.gapMs = 0;
    // Two pieces of a millisecond or more never have the same timestamp.
    const again = timestampMs === this.#lastTimestampMs && this.#lastDurationMs >= ROUNDING_MS;
    // More than half of it, 10 ms at most, lies before the end: a short piece is not late for its rounding alone.
    const newMs = Math.min(TOLERANCE_MS, durationMs / 2);
    if (again || (aheadMs <= -ROUNDING_MS && timestampMs + durationMs < expectedMs + newMs)) {
      if (again || ++this.#lateInARow < RESTART_AFTER) {
        placement.verdict = again ? 'duplicate' : 'late';
        return placement;
      }
      placement.timestampMs = timestampMs;
    } else if (aheadMs >= TOLERANCE_MS) {
      placement.gapMs = aheadMs;
      placement.timestampMs = timestampMs;
    } else {
      placement.timestampMs = aheadMs < 0 ? timestampMs : expectedMs;
    }
    placement.verdict = 'next';
    this.#lateInARow = 0;
    this.#lastTimestampMs = timestampMs;
    this.#lastDurationMs = durationMs;
    this.#nextMs = placement.timestampMs + durationMs;
    return placement;
  }
}
