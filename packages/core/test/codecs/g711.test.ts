import { type AudioCodec, alaw, mulaw } from '@patchcord/core';
import { readGolden } from '@patchcord/testing/golden';
import { describe, expect, test } from 'vitest';

const golden = readGolden('g711');
const CODES = Uint8Array.from({ length: 256 }, (_, code) => code);
const SAMPLES = Int16Array.from({ length: 65536 }, (_, index) => index - 32768);

const laws: readonly [AudioCodec, readonly number[], string, number][] = [
  [mulaw, golden.ulaw_decode, golden.ulaw_encode_b64, 32124],
  [alaw, golden.alaw_decode, golden.alaw_encode_b64, 32256],
];

describe.each(laws)('G.711 $encoding', (codec, decoded, encoded, peak) => {
  test('decodes all 256 codes as the reference does', () => {
    expect(Array.from(codec.decode(CODES))).toEqual(decoded);
  });

  test('encodes all 65 536 samples as the reference does', () => {
    expect(Buffer.from(codec.encode(SAMPLES)).toString('base64')).toBe(encoded);
  });

  test('has the documented peaks', () => {
    const samples = codec.decode(CODES);
    expect(Math.max(...samples)).toBe(peak);
    expect(Math.min(...samples)).toBe(-peak);
  });

  test('is monotone: a louder sample never gets a quieter code', () => {
    const heard = codec.decode(codec.encode(SAMPLES));
    expect(heard.findIndex((sample, index) => index > 0 && sample < heard[index - 1]!)).toBe(-1);
  });

  test('writes the same to an array that is there, and nothing behind it', () => {
    for (let length = 0; length < 11; length++) {
      for (const spare of [0, 1, 5]) {
        const samples = new Int16Array(length + spare).fill(77);
        expect(codec.decodeInto(CODES.subarray(3, 3 + length), samples)).toBe(length);
        expect([...samples]).toEqual([...decoded.slice(3, 3 + length), ...Array(spare).fill(77)]);
        const codes = new Uint8Array(length + spare).fill(77);
        const sound = SAMPLES.subarray(33_000, 33_000 + length);
        expect(codec.encodeInto(sound, codes)).toBe(length);
        expect([...codes]).toEqual([...codec.encode(sound), ...Array(spare).fill(77)]);
      }
    }
  });

  test('refuses an array that is too short, and leaves it as it was', () => {
    const refusal = expect.objectContaining({ code: 'invalid-argument' });
    const samples = new Int16Array(9).fill(77);
    expect(() => codec.decodeInto(CODES.subarray(0, 10), samples)).toThrow(refusal);
    const codes = new Uint8Array(9).fill(77);
    expect(() => codec.encodeInto(SAMPLES.subarray(0, 10), codes)).toThrow(refusal);
    expect([...samples, ...codes]).toEqual(Array(18).fill(77));
  });

  test('gives arrays that own their whole buffer', () => {
    const window = CODES.subarray(7, 10);
    expect(codec.decode(window).buffer.byteLength).toBe(6);
    expect(codec.encode(SAMPLES.subarray(5, 8)).buffer.byteLength).toBe(3);
  });
});

test('every µ-law code survives decode and encode, but for negative zero', () => {
  const expected = CODES.map((code) => (code === 0x7f ? 0xff : code));
  expect(mulaw.encode(mulaw.decode(CODES))).toEqual(expected);
});

test('every A-law code survives decode and encode', () => {
  expect(alaw.encode(alaw.decode(CODES))).toEqual(CODES);
});
