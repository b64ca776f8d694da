/** Packets that are looked back on: 10 s at 50 a second. */
const WINDOW = 500;

/** One packet in this many may come too late: the 99th percentile. */
const ONE_LATE_IN = 100;

/** The largest values that a full window's percentile looks at. */
const LARGEST = WINDOW / ONE_LATE_IN + 1;

/** How long the last packets took on their way, known but for a constant: arrival less timestamp, in milliseconds. */
export class TransitWindow {
  readonly #values = new Float64Array(WINDOW);
  readonly #largest = new Float64Array(LARGEST);
  #count = 0;
  #next = 0;
  #min = 0;
  #late = 0;
  readonly #spared: number;

  /** @param spared how many packets may be late from the start, before a hundred have come */
  constructor(spared: 0 | 1) {
    this.#spared = spared;
  }

  /** Whether no packet was told of. */
  get empty(): boolean {
    return this.#count === 0;
  }

  /** The shortest way, in milliseconds. */
  get min(): number {
    return this.#min;
  }

  /** What all but one in 100 packets stayed below, in milliseconds. */
  get late(): number {
    return this.#late;
  }

  add(transitMs: number): void {
    this.#values[this.#next] = transitMs;
    this.#next = (this.#next + 1) % WINDOW;
    this.#count = Math.min(WINDOW, this.#count + 1);
    this.#measure();
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }

  #measure(): void {
    const largest = this.#largest;
    largest.fill(Number.NEGATIVE_INFINITY);
    let min = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#count; i++) {
      const value = this.#values[i] as number;
      if (value < min) min = value;
      let at = LARGEST - 1;
      if (value <= (largest[at] as number)) continue;
      for (; at > 0 && (largest[at - 1] as number) < value; at--) largest[at] = largest[at - 1] as number;
      largest[at] = value;
    }
    this.#min = min;
    const allowed = Math.max(this.#spared, Math.floor(this.#count / ONE_LATE_IN));
    this.#late = largest[Math.min(this.#count - 1, allowed)] as number;
  }
}
