import { describe, expect, test } from 'vitest';
import { Upsampler } from '../src/upsampler.ts';
import { asHeard, noise, random, sine } from './link.ts';

/** Converts a whole sound in pieces of output of these lengths, again and again. */
function convert(sampleRate: number, input: Float32Array, lengths: readonly number[]): Float32Array {
  const upsampler = new Upsampler(sampleRate);
  const output: number[] = [];
  let taken = 0;
  for (let piece = 0; ; piece++) {
    const length = lengths[piece % lengths.length] as number;
    const wanted = upsampler.inputFor(length);
    if (taken + wanted > input.length) return Float32Array.from(output);
    const part = new Float32Array(length);
    upsampler.process(input.subarray(taken, taken + wanted), part);
    taken += wanted;
    output.push(...part);
  }
}

describe('Upsampler', () => {
  test('lets 8000 Hz pass as it is', () => {
    const input = asHeard(noise(1, 8000));
    expect(convert(8000, input, [128])).toEqual(input.subarray(0, 62 * 128));
  });

  test.each([16_000, 22_050, 44_100, 48_000, 96_000])(
    'to %i Hz takes 8000 samples a second',
    (sampleRate) => {
      const upsampler = new Upsampler(sampleRate);
      let taken = 0;
      let made = 0;
      const next = random(sampleRate);
      const input = new Float32Array(1024);
      while (made < 10 * sampleRate) {
        const length = Math.min(1 + Math.floor(next() * 200), 10 * sampleRate - made);
        taken += upsampler.inputFor(length);
        upsampler.process(input, new Float32Array(length));
        made += length;
      }
      expect(taken).toBe(80_000);
    },
  );

  test.each([22_050, 44_100, 48_000])('to %i Hz does not notice where its output was cut', (sampleRate) => {
    const input = asHeard(noise(2, 4000));
    const whole = convert(sampleRate, input, [128]);
    const pieces = convert(sampleRate, input, [1, 77, 300, 13]);
    const length = Math.min(whole.length, pieces.length);
    expect(pieces.subarray(0, length)).toEqual(whole.subarray(0, length));
  });

  test.each([22_050, 44_100, 48_000])(
    'to %i Hz keeps a tone of 3 kHz within 0.1 dB, 2 ms late',
    (sampleRate) => {
      const output = convert(sampleRate, asHeard(sine(3000, 4000)), [128]);
      let largest = 0;
      for (let i = sampleRate / 10; i < output.length; i++) {
        const expected =
          (16_000 / 32_768) * Math.sin(2 * Math.PI * 3000 * ((i + 1) / sampleRate - 17 / 8000));
        largest = Math.max(largest, Math.abs((output[i] as number) - expected));
      }
      expect(largest).toBeLessThan(0.01);
    },
  );

  test('keeps a constant constant, at any place between two samples', () => {
    const output = convert(44_100, new Float32Array(2000).fill(0.5), [128]);
    for (let i = 1000; i < output.length; i++) expect(output[i]).toBeCloseTo(0.5, 5);
  });
});
