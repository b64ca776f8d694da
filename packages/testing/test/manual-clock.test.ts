import { describe, expect, test } from 'vitest';
import { createManualClock } from '../src/manual-clock.ts';

describe('createManualClock', () => {
  test('fires timers at their own times, those of one time in the order in which they were set', async () => {
    const clock = createManualClock();
    const fired: [string, number][] = [];
    for (const [name, ms] of [
      ['b', 20],
      ['a', 10],
      ['c', 20],
      ['late', 31],
    ] as const) {
      clock.after(ms, () => fired.push([name, clock.now()]));
    }
    await clock.advance(30);
    expect(fired).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 20],
    ]);
    expect(clock.now()).toBe(30);
    expect(clock.pending).toBe(1);
  });

  test('a cancelled timer does not fire, and may be cancelled again', async () => {
    const clock = createManualClock({ startMs: 1000 });
    let fired = 0;
    const cancel = clock.after(5, () => fired++);
    cancel();
    await clock.advance(10);
    cancel();
    expect([fired, clock.now(), clock.pending]).toEqual([0, 1010, 0]);
  });

  test('timers set by timers, and by promises in between, fire in the same turn', async () => {
    const clock = createManualClock();
    const times: number[] = [];
    const beat = async (): Promise<void> => {
      times.push(clock.now());
      await Promise.resolve();
      clock.after(20, () => void beat());
    };
    clock.after(20, () => void beat());
    await clock.advance(100);
    expect(times).toEqual([20, 40, 60, 80, 100]);
  });

  test('turns that overlap follow one another', async () => {
    const clock = createManualClock();
    await Promise.all([clock.advance(10), clock.advance(5)]);
    expect(clock.now()).toBe(15);
  });

  test('does not go backwards', () => {
    expect(() => createManualClock().advance(-1)).toThrow(RangeError);
  });
});
