import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/virtual/clock.ts';
import { createInOrder } from '../../src/virtual/in-order.ts';

test('things are done at their times, in order, whatever the timers do', async () => {
  const clock = createVirtualClock();
  let lateMs = 0;
  const line = createInOrder({ now: () => clock.now() + lateMs, after: clock.after });
  const done: [string, number][] = [];
  const add = (name: string, atMs: number): void => line.add(atMs, () => void done.push([name, clock.now()]));
  add('a', 10);
  add('b', 30);
  add('c', 20); // not before b
  await clock.advance(10);
  expect([done, line.length]).toEqual([[['a', 10]], 2]);
  lateMs = 15;
  add('d', 31); // due in 6 ms by a clock that has gone on
  await clock.advance(25);
  expect(done).toEqual([
    ['a', 10],
    ['b', 30],
    ['c', 30],
    ['d', 30],
  ]);
  add('never', 100);
  line.clear();
  await clock.advance(100);
  expect([done.length, line.length, clock.pending]).toEqual([4, 0, 0]);
  add('again', 0);
  await clock.advance(0);
  expect(done.at(-1)?.[0]).toBe('again');
});
