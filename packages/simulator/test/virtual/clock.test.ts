import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/virtual/clock.ts';

describe('createVirtualClock', () => {
  test('calls back at the times asked for, those of one time in order', async () => {
    const clock = createVirtualClock({ startMs: 100 });
    const calls: [string, number][] = [];
    const at = (ms: number, name: string): (() => void) =>
      clock.after(ms, () => calls.push([name, clock.now()]));
    at(20, 'b');
    at(10, 'a');
    at(20, 'c');
    const cancel = at(15, 'never');
    at(-5, 'now');
    cancel();
    cancel();
    expect(clock.pending).toBe(4);
    await clock.advance(19.5);
    expect(calls).toEqual([
      ['now', 100],
      ['a', 110],
    ]);
    expect(clock.now()).toBe(119.5);
    await clock.advance(0.5);
    expect(calls.slice(2)).toEqual([
      ['b', 120],
      ['c', 120],
    ]);
  });

  test('lets promises settle between two times', async () => {
    const clock = createVirtualClock();
    const times: number[] = [];
    const walk = async (): Promise<void> => {
      for (let step = 0; step < 3; step++) {
        await new Promise<void>((resolve) => void clock.after(7, resolve));
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        times.push(clock.now());
      }
    };
    void walk();
    await clock.advance(30);
    expect(times).toEqual([7, 14, 21]);
  });

  test('turns that overlap follow on each other', async () => {
    const clock = createVirtualClock();
    await Promise.all([clock.advance(10), clock.advance(20)]);
    expect(clock.now()).toBe(30);
  });

  test('runs for as long as some work takes, and no longer', async () => {
    const clock = createVirtualClock();
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.after(ms, () => resolve()));
    clock.after(1000, () => {});
    const work = async (): Promise<string> => {
      await sleep(40);
      await sleep(60);
      return 'done';
    };
    expect(await clock.run(work())).toBe('done');
    expect(clock.now()).toBe(100);
    await expect(clock.run(sleep(5).then(() => Promise.reject(new Error('work failed'))))).rejects.toThrow(
      'work failed',
    );
  });

  test('waits for work that other macrotasks move on', async () => {
    const clock = createVirtualClock();
    expect(await clock.run(new Promise((resolve) => void setImmediate(() => resolve('yes'))))).toBe('yes');
    expect(clock.now()).toBe(0);
  });

  test('gives up work that takes too long, or that no time moves on; and goes on itself', async () => {
    const clock = createVirtualClock();
    const never = new Promise<never>(() => {});
    await expect(clock.run(never)).rejects.toThrow(/nothing is left for which time could be turned/);
    const beat = (): void => void clock.after(20, beat);
    beat();
    await expect(clock.run(never, { limitMs: 200 })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('within 200 ms'),
    });
    expect(clock.now()).toBe(200);
    await clock.advance(20);
    expect(clock.now()).toBe(220);
  });

  test.each([-1, Number.NaN])('does not go by %d ms', async (ms) => {
    await expect(createVirtualClock().advance(ms)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
