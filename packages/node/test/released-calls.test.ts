import { expect, test } from 'vitest';
import { ReleasedCalls } from '../src/released-calls.ts';

test('a call is released from the beginning, and ours again when that fails', () => {
  const released = new ReleasedCalls(() => 0);
  const release = released.begin('CA1');
  expect([released.has('CA1'), released.has('CA2')]).toEqual([true, false]);
  release.undo();
  expect([released.has('CA1'), released.size]).toEqual([false, 0]);
  release.undo();
});

test('one failure of two takes nothing from the other', () => {
  const released = new ReleasedCalls(() => 0);
  const [first, second] = [released.begin('CA1'), released.begin('CA1')];
  first.undo();
  expect(released.has('CA1')).toBe(true);
  second.undo();
  expect(released.has('CA1')).toBe(false);
});

test('a release lasts until its stream is over', async () => {
  const released = new ReleasedCalls(() => 0);
  let close = (): void => {};
  released.begin('CA1').keep(
    new Promise<void>((resolve) => {
      close = resolve;
    }),
  );
  await Promise.resolve();
  expect(released.has('CA1')).toBe(true);
  close();
  await new Promise((resolve) => setImmediate(resolve));
  expect([released.has('CA1'), released.size]).toEqual([false, 0]);
});

test('a release by id lasts half a minute, and is forgotten', () => {
  let now = 0;
  const released = new ReleasedCalls(() => now);
  released.begin('CA1').keep();
  now = 29_999;
  expect(released.has('CA1')).toBe(true);
  now = 30_000;
  expect(released.has('CA1')).toBe(false);
  released.begin('CA2');
  expect(released.size).toBe(1);
});
