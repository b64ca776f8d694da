/** First wait, and longest, in milliseconds. */
const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/**
 * How long to wait before another attempt, in milliseconds: twice as long each time, up to 10 s, and up to half of it
 * less at random, so that the pages that lost a gateway together do not come back together.
 *
 * @param attempt Attempts that failed before, from 0.
 * @param random 0 to 1.
 */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (1 - random / 2);
}
