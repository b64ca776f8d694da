import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeline } from '../../src/transports/timeline.ts';

function place(timeline: Timeline, timestampMs: number, durationMs = 20) {
  return { ...timeline.place(timestampMs, durationMs) };
}

test('messages that follow on each other are placed by their samples, whatever the rounding', () => {
  const timeline = new Timeline();
  const placed = [3, 22, 44, 62, 84].map((timestampMs) => place(timeline, timestampMs));
  expect(placed.every(({ verdict, gapMs }) => verdict === 'next' && gapMs === 0)).toBe(true);
  expect(timeline.endMs).toBeGreaterThanOrEqual(100);
});

test('a lost message is a gap of its length', () => {
  const timeline = new Timeline();
  place(timeline, 0);
  expect(place(timeline, 40)).toEqual({ verdict: 'next', timestampMs: 40, gapMs: 20 });
});

test('a message that comes twice is dropped, and so is one that comes late', () => {
  const timeline = new Timeline();
  for (const timestampMs of [0, 20, 40]) place(timeline, timestampMs);
  expect(place(timeline, 40).verdict).toBe('duplicate');
  expect(place(timeline, 0).verdict).toBe('late');
  expect(place(timeline, 60)).toEqual({ verdict: 'next', timestampMs: 60, gapMs: 0 });
});

test('a provider that restarts its timestamps is followed', () => {
  const timeline = new Timeline();
  for (let i = 0; i < 100; i++) place(timeline, i * 20);
  const verdicts = Array.from({ length: 20 }, (_, i) => place(timeline, i * 20).verdict);
  expect(verdicts.slice(10)).toEqual(Array.from({ length: 10 }, () => 'next'));
});

test('whatever is lost, placed audio and gaps add up to the time that passed', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 2, maxLength: 200 }), (arrives) => {
      const timeline = new Timeline();
      let coveredMs = 0;
      let first: number | undefined;
      let last = 0;
      for (const [i, here] of arrives.entries()) {
        if (!here) continue;
        first ??= i * 20;
        last = i * 20 + 20;
        coveredMs += place(timeline, i * 20).gapMs + 20;
      }
      if (first !== undefined) expect(coveredMs).toBe(last - first);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test('pieces of any length follow on each other, each by its timestamp in whole milliseconds', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 200 }), (lengths) => {
      const timeline = new Timeline();
      let samples = 0;
      for (const length of lengths) {
        const { verdict, gapMs } = timeline.place(Math.round(samples / 8), length / 8);
        expect([verdict, gapMs]).toEqual(['next', 0]);
        samples += length;
        expect(Math.abs(timeline.endMs - samples / 8)).toBeLessThan(10);
      }
    }),
    { seed: 8, numRuns: 200 },
  );
});

test('a short piece that comes twice is dropped', () => {
  const timeline = new Timeline();
  timeline.place(0, 10.4);
  expect(place(timeline, 10, 1.2).verdict).toBe('next');
  expect(place(timeline, 10, 1.2).verdict).toBe('duplicate');
  expect(place(timeline, 12, 1.2).verdict).toBe('next');
});
