import { expect, it } from 'vitest';
import { filterBank } from '../../../src/dsp/filter-bank.ts';
import { createPlainResampler, createResampler, SAMPLE_RATES } from '../../../src/dsp/resampler.ts';
import { simdConvolve } from '../../../src/dsp/simd/convolve.ts';

it('vectors are had on the thread of a page, and agree with the plain form within 1', () => {
  for (const from of SAMPLE_RATES) {
    for (const to of SAMPLE_RATES.filter((rate) => rate !== from)) {
      expect(simdConvolve(filterBank(from, to, 'balanced'))).toBeDefined();
      const samples = new Int16Array(3000).map((_, i) => 32_767 * Math.sin(i * i));
      const vectors = createResampler({ from, to }).push(samples);
      const plain = createPlainResampler({ from, to }).push(samples);
      expect(vectors.length).toBe(plain.length);
      expect(vectors.every((sample, i) => Math.abs(sample - (plain[i] ?? Number.NaN)) <= 1)).toBe(true);
    }
  }
});
