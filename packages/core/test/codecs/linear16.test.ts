import { linear16 } from '@patchcord/core';
import { expect, test } from 'vitest';

test('linear16 is two bytes a sample, the low one first', () => {
  expect(linear16.encode(Int16Array.of(0x0102, -2))).toEqual(Uint8Array.of(2, 1, 254, 255));
  expect(linear16.decode(Uint8Array.of(2, 1, 254, 255))).toEqual(Int16Array.of(0x0102, -2));
});

test('linear16 refuses half a sample', () => {
  expect(() => linear16.decode(new Uint8Array(3))).toThrow(
    expect.objectContaining({ code: 'malformed-message' }),
  );
});
