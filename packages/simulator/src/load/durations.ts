/** Many durations, counted: the memory they take does not grow with their number. */
export interface Durations {
  /** Adds one, in milliseconds. Below zero counts as zero. */
  add(ms: number): void;
  readonly count: number;
  /** What was added, summed up; undefined where nothing was. */
  summary(): DurationSummary | undefined;
}

/** What many durations come to. Quantiles are at most 1 % above the truth, and never below it. */
export interface DurationSummary {
  /** How many there were. */
  readonly count: number;
  /** Half of them took no longer, in milliseconds. */
  readonly p50Ms: number;
  /** 99 of 100 took no longer, in milliseconds. */
  readonly p99Ms: number;
  /** The longest, in milliseconds. */
  readonly maxMs: number;
}

/** Durations are counted in these units. */
const UNITS_PER_MS = 100;

/** Below 2^8 units each has a bucket of its own; above, 2^7 buckets from one power of two to the next. */
const EXACT_BITS = 8;
const EXACT = 2 ** EXACT_BITS;
const BUCKETS = EXACT / 2;
const MOST_UNITS = 2 ** 31 - 1;

/** Creates a count of durations. */
export function createDurations(): Durations {
  const buckets = new Uint32Array(EXACT + (31 - EXACT_BITS) * BUCKETS);
  let count = 0;
  let maxMs = 0;

  /** The shortest of the durations that a share of all does not exceed, in milliseconds. */
  function quantile(share: number): number {
    const rank = Math.ceil(share * count);
    let seen = 0;
    for (const [index, here] of buckets.entries()) {
      seen += here;
      if (seen >= rank) return Math.min(maxMs, longestIn(index) / UNITS_PER_MS);
    }
    return maxMs;
  }

  return {
    add(ms) {
      const units = Math.min(MOST_UNITS, Math.max(0, Math.ceil(ms * UNITS_PER_MS)));
      const bucket = bucketOf(units);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      count++;
      if (ms > maxMs) maxMs = ms;
    },
    get count() {
      return count;
    },
    summary() {
      if (count === 0) return undefined;
      return { count, p50Ms: rounded(quantile(0.5)), p99Ms: rounded(quantile(0.99)), maxMs: rounded(maxMs) };
    },
  };
}

function bucketOf(units: number): number {
  if (units < EXACT) return units;
  const shift = 32 - EXACT_BITS - Math.clz32(units);
  return EXACT + (shift - 1) * BUCKETS + (units >>> shift) - BUCKETS;
}

/** The most units that fall into a bucket. */
function longestIn(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const shift = Math.floor((bucket - EXACT) / BUCKETS) + 1;
  const lead = ((bucket - EXACT) % BUCKETS) + BUCKETS;
  return (lead + 1) * 2 ** shift - 1;
}

/** In whole units. */
function rounded(ms: number): number {
  return Math.max(0, Math.ceil(ms * UNITS_PER_MS - 1e-9)) / UNITS_PER_MS;
}
