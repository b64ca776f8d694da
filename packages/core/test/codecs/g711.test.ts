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
