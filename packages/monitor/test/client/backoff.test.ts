import { expect, test } from 'vitest';
import { backoffMs } from '../../src/client/backoff.ts';

test('waits grow to 10 s, and chance takes up to half of them', () => {
  const waits = Array.from({ length: 8 }, (_, attempt) => backoffMs(attempt, 0));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(backoffMs(0, 1)).toBe(125);
  expect(backoffMs(5000, 0.5)).toBe(7500);
});
