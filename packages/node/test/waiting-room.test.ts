import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WaitingRoom } from '../src/waiting-room.ts';

test('is bounded in all and per address, and a place left is free again', () => {
  const room = new WaitingRoom({ max: 3, maxPerAddress: 2 });
  const leave = room.enter('a');
  room.enter('a');
  expect(room.enter('a')).toBeUndefined();
  expect(room.enter('b')).toBeTypeOf('function');
  expect(room.enter('c')).toBeUndefined();
  leave?.();
  leave?.();
  expect(room.size).toBe(2);
  expect(room.enter('c')).toBeTypeOf('function');
});

test('never exceeds its bounds and ends empty, in any order of coming and going', () => {
  const step = fc.record({ address: fc.constantFrom('a', 'b', 'c'), leave: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const room = new WaitingRoom({ max: 4, maxPerAddress: 2 });
      const inside: { address: string; leave: () => void }[] = [];
      for (const { address, leave } of steps) {
        const left = room.enter(address);
        if (left) inside.push({ address, leave: left });
        expect(room.size).toBe(inside.length);
        expect(room.size).toBeLessThanOrEqual(4);
        expect(inside.filter((one) => one.address === address).length).toBeLessThanOrEqual(2);
        if (leave < inside.length) inside.splice(leave, 1)[0]?.leave();
      }
      for (const { leave } of inside) leave();
      expect(room.size).toBe(0);
    }),
    { seed: 11 },
  );
});
