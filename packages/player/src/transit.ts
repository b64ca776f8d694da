/** Packets that are looked back on: 10 s at 50 a second. */
const WINDOW = 500;

/** One packet in this many may come too late: the 99th percentile. */
const ONE_LATE_IN = 100;

/**
 * One packet in this many may seem to have come too early: the clock that plays stands still for a moment when the device
 * stalls, and packets that come then are no measure.
 */
const ONE_EARLY_IN = 50;

/** The values at both ends that a full window's percentiles look at. */
const LARGEST = WINDOW / ONE_LATE_IN + 1;
const SMALLEST = WINDOW / ONE_EARLY_IN + 1;

/** So many packets in a row, all faster than any before by this much: the clock that plays has lost time, and not the link gained. */
const SHIFTED = 25;
const SHIFT_MS = 10;

/** How long the last packets took on their way, known but for a constant: arrival less timestamp, in milliseconds. */
export class TransitWindow {
  readonly #values = new Float64Array(WINDOW);
  readonly #largest = new Float64Array(LARGEST);
  readonly #smallest = new Float64Array(SMALLEST);
  readonly #kept = new Float64Array(SHIFTED);
  #count = 0;
  #next = 0;
  #early = 0;
  #late = 0;
  /** Packets in a row that were faster than what was usual before them. */
  #faster = 0;
  #usualMs = 0;
  readonly #spared: number;

  /** @param spared how many packets may be late from the start, before a hundred have come */
  constructor(spared: 0 | 1) {
    this.#spared = spared;
  }

  /** Whether no packet was told of. */
  get empty(): boolean {
    return this.#count === 0;
  }

  /** The shortest way, in milliseconds, of all but one in 50 packets. */
  get early(): number {
    return this.#early;
  }

  /** What all but one in 100 packets stayed below, in milliseconds. */
  get late(): number {
    return this.#late;
  }

  add(transitMs: number): void {
    if (this.#faster === 0) this.#usualMs = this.#early;
    const isFaster = this.#count > 0 && transitMs < this.#usualMs - SHIFT_MS;
    this.#faster = isFaster ? this.#faster + 1 : 0;
    this.#values[this.#next] = transitMs;
    this.#next = (this.#next + 1) % WINDOW;
    this.#count = Math.min(WINDOW, this.#count + 1);
    if (this.#faster === SHIFTED) this.keep(SHIFTED);
    else this.#measure();
  }

  /** Forgets all but the last few, at most 25. */
  keep(last: number): void {
    this.#faster = 0;
    const kept = Math.min(last, this.#count, SHIFTED);
    for (let i = 0; i < kept; i++) {
      this.#kept[i] = this.#values[(this.#next - kept + i + WINDOW) % WINDOW] as number;
    }
    for (let i = 0; i < kept; i++) this.#values[i] = this.#kept[i] as number;
    this.#count = kept;
    this.#next = kept;
    this.#measure();
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
    this.#faster = 0;
  }

  #measure(): void {
    const largest = this.#largest;
    const smallest = this.#smallest;
    largest.fill(Number.NEGATIVE_INFINITY);
    smallest.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < this.#count; i++) {
      const value = this.#values[i] as number;
      if (value > (largest[LARGEST - 1] as number)) {
        let at = LARGEST - 1;
        for (; at > 0 && (largest[at - 1] as number) < value; at--) largest[at] = largest[at - 1] as number;
        largest[at] = value;
      }
      if (value < (smallest[SMALLEST - 1] as number)) {
        let at = SMALLEST - 1;
        for (; at > 0 && (smallest[at - 1] as number) > value; at--)
          smallest[at] = smallest[at - 1] as number;
        smallest[at] = value;
      }
    }
    const allowed = Math.max(this.#spared, Math.floor(this.#count / ONE_LATE_IN));
    this.#late = largest[Math.min(this.#count - 1, allowed)] as number;
    this.#early = smallest[Math.min(this.#count - 1, Math.floor(this.#count / ONE_EARLY_IN))] as number;
  }
}
