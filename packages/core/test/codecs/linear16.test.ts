import { linear16 } from '@patchcord/core';
import { expect, test } from 'vitest';

test('linear16 is two bytes a sample, the low one first', () => {
  expect(linear16.encode(Int16Array.of(0x0102, -2))).toEqual(Uint8Array.of(2, 1, 254, 255));
  expect(linear16.decode(Uint8Array.of(2, 1, 254, 255))).toEqual(Int16Array.of(0x0102, -2));
});

test('linear16 writes to arrays that are there, wherever in memory they lie, and nothing behind', () => {
  const memory = new Uint8Array(9).fill(7);
  expect(linear16.encodeInto(Int16Array.of(0x0102, -2), memory.subarray(1, 8))).toBe(4);
  expect([...memory]).toEqual([7, 2, 1, 254, 255, 7, 7, 7, 7]);
  const samples = new Int16Array(4).fill(7);
  expect(linear16.decodeInto(memory.subarray(1, 5), samples.subarray(1))).toBe(2);
  expect([...samples]).toEqual([7, 0x0102, -2, 7]);
});

test('linear16 refuses arrays that are too short', () => {
  const refusal = expect.objectContaining({ code: 'invalid-argument' });
  expect(() => linear16.encodeInto(new Int16Array(2), new Uint8Array(3))).toThrow(refusal);
  expect(() => linear16.decodeInto(new Uint8Array(4), new Int16Array(1))).toThrow(refusal);
});

test('linear16 refuses half a sample', () => {
  expect(() => linear16.decodeInto(new Uint8Array(3), new Int16Array(2))).toThrow(
    expect.objectContaining({ code: 'malformed-message' }),
  );
  expect(() => linear16.decode(new Uint8Array(3))).toThrow(
    expect.objectContaining({ code: 'malformed-message' }),
  );
});
