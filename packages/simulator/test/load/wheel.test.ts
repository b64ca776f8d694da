import { describe, expect, test } from 'vitest';
import { createWheel } from '../../src/load/wheel.ts';
import { createVirtualClock } from '../../src/virtual/clock.ts';

describe('a wheel', () => {
  test('turns each thing once a period, at its own time', async () => {
    const clock = createVirtualClock();
    const wheel = createWheel(clock, 20);
    const turns: [string, number, number][] = [];
    const add = (name: string, afterMs: number): (() => void) =>
      wheel.add(afterMs, (dueAt) => turns.push([name, dueAt, clock.now()]));
    add('a', 20);
    await clock.advance(3);
    add('b', 4.5);
    const leave = add('c', 0);
    await clock.advance(22);
    leave();
    await clock.advance(20);
    expect(turns).toEqual([
      ['c', 3, 3],
      ['b', 8, 8],
      ['a', 20, 20],
      ['c', 23, 23],
      ['b', 28, 28],
      ['a', 40, 40],
    ]);
  });

  test('a late timer makes nothing late for good: what was due is done, with the times when it was', () => {
    const { clock, fire } = stalledClock();
    const wheel = createWheel(clock, 20);
    const due: number[] = [];
    wheel.add(20, (dueAt) => due.push(dueAt));
    fire(65);
    expect(due).toEqual([20, 40, 60]);
    fire(80);
    expect(due).toEqual([20, 40, 60, 80]);
  });

  test('a standstill of more than five seconds is not made up for, and the times stay in step', () => {
    const { clock, fire } = stalledClock();
    const wheel = createWheel(clock, 20);
    const due: number[] = [];
    wheel.add(7, (dueAt) => due.push(dueAt));
    fire(60_000);
    expect(due).toHaveLength(250);
    expect(due.at(-1)).toBe(59_987);
    expect(due.every((dueAt) => dueAt % 20 === 7)).toBe(true);
  });

  test('one that was empty does not make up for that time', () => {
    const { clock, fire, set } = stalledClock();
    const wheel = createWheel(clock, 20);
    const due: number[] = [];
    set(1000.5);
    wheel.add(10, (dueAt) => due.push(dueAt));
    fire(1012);
    expect(due).toEqual([1011]);
  });

  test('who leaves during a turn is not turned, and nobody else misses one', () => {
    const { clock, fire } = stalledClock();
    const wheel = createWheel(clock, 20);
    const turns: string[] = [];
    const leave = wheel.add(5, () => {
      turns.push('first');
      leave();
    });
    wheel.add(5, () => turns.push('second'));
    fire(30);
    expect(turns).toEqual(['first', 'second', 'second']);
  });

  test('who comes while the wheel is behind has no deadline before that', () => {
    const { clock, fire, set } = stalledClock();
    const wheel = createWheel(clock, 20);
    const due: number[] = [];
    wheel.add(20, () => {});
    set(65);
    wheel.add(10, (dueAt) => due.push(dueAt));
    fire(66);
    expect(due).toEqual([]);
    fire(95);
    expect(due).toEqual([75, 95]);
  });

  test('who is taken off by another turn of the same moment is not turned', () => {
    const { clock, fire } = stalledClock();
    const wheel = createWheel(clock, 20);
    const turns: string[] = [];
    let leave = () => {};
    wheel.add(5, () => leave());
    leave = wheel.add(5, () => turns.push('second'));
    fire(30);
    expect(turns).toEqual([]);
  });

  /** A clock whose timers fire when the test says so. */
  function stalledClock() {
    let now = 0;
    let due: (() => void) | undefined;
    return {
      clock: {
        now: () => now,
        after(_: number, callback: () => void) {
          due = callback;
          return () => {
            due = undefined;
          };
        },
      },
      set(at: number) {
        now = at;
      },
      fire(at: number) {
        now = at;
        due?.();
      },
    };
  }
});
