import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDurations } from '../../src/load/durations.ts';

test('nothing has no summary', () => {
  expect(createDurations().summary()).toBeUndefined();
});

test('quantiles are at most 1 % above those of the sorted list, and never below', () => {
  const lists = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(lists, (list) => {
      const durations = createDurations();
      for (const ms of list) durations.add(ms);
      const sorted = [...list].sort((a, b) => a - b);
      const { count, p50Ms, p99Ms, maxMs } = durations.summary() ?? {};
      const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
      expect(count).toBe(list.length);
      for (const [given, exact] of [
        [p50Ms, rank(0.5)],
        [p99Ms, rank(0.99)],
        [maxMs, rank(1)],
      ] as const) {
        expect(given).toBeGreaterThanOrEqual(exact - 1e-9);
        expect(given).toBeLessThanOrEqual(exact * 1.01 + 0.01);
      }
    }),
    { seed: 1 },
  );
});

test('a clock that went back adds a duration of nothing; a very long one stays what it was', () => {
  const durations = createDurations();
  durations.add(-3);
  durations.add(1e9);
  expect(durations.summary()).toEqual({ count: 2, p50Ms: 0, p99Ms: expect.any(Number), maxMs: 1e9 });
});
