import { bytesFromSamples, samplesFromBytes } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('16-bit samples as bytes', () => {
  const samples = Int16Array.of(0, 1, -1, 0x1234, 32767, -32768);

  test('little-endian has the low byte first', () => {
    const bytes = Uint8Array.of(0, 0, 1, 0, 255, 255, 0x34, 0x12, 255, 127, 0, 128);
    expect(bytesFromSamples(samples)).toEqual(bytes);
    expect(samplesFromBytes(bytes)).toEqual(samples);
  });

  test('big-endian has the high byte first', () => {
    const bytes = Uint8Array.of(0, 0, 0, 1, 255, 255, 0x12, 0x34, 127, 255, 128, 0);
    expect(bytesFromSamples(samples, 'big')).toEqual(bytes);
    expect(samplesFromBytes(bytes, 'big')).toEqual(samples);
  });

  test('any samples come back, also from a window on odd memory', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 50 }), fc.constantFrom('little', 'big'), (sound, order) => {
        const memory = new Uint8Array(sound.length * 2 + 3);
        memory.set(bytesFromSamples(Int16Array.from(sound), order), 1);
        const read = samplesFromBytes(memory.subarray(1, 1 + sound.length * 2), order);
        expect(read).toEqual(Int16Array.from(sound));
        expect(read.buffer.byteLength).toBe(sound.length * 2);
      }),
      { seed: 711 },
    );
  });

  test('half a sample is refused in words', () => {
    expect(() => samplesFromBytes(new Uint8Array(321))).toThrow(
      expect.objectContaining({ code: 'malformed-message', message: expect.stringContaining('321 bytes') }),
    );
  });
});
