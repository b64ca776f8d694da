import { describe, expect, it } from 'vitest';
import { transform } from '../../src/dsp/fft.ts';
import { groupDelay, linearPhase, minimumPhase, phaseDelay } from '../../src/dsp/filter.ts';
import { decibels, range } from './metrics.ts';

const filter = { lengthMs: 5, cutoffHz: 4000, beta: 9, lift: 0, liftFromHz: 0 };

function response(taps: Float64Array, frequency: number, rate: number): number {
  let [re, im] = [0, 0];
  taps.forEach((tap, n) => {
    re += tap * Math.cos((2 * Math.PI * frequency * n) / rate);
    im += tap * Math.sin((2 * Math.PI * frequency * n) / rate);
  });
  return Math.hypot(re, im);
}

describe('transform', () => {
  it('is the sum that defines it', () => {
    const values = range(0, 15, 1).map((n) => Math.sin(n * n));
    const re = new Float64Array(values);
    const im = new Float64Array(values.toReversed());
    transform(re, im);
    for (const k of range(0, 15, 1)) {
      let [sumRe, sumIm] = [0, 0];
      values.forEach((value, n) => {
        const other = values[15 - n] ?? 0;
        const angle = (-2 * Math.PI * k * n) / 16;
        sumRe += value * Math.cos(angle) - other * Math.sin(angle);
        sumIm += value * Math.sin(angle) + other * Math.cos(angle);
      });
      expect(re[k]).toBeCloseTo(sumRe, 10);
      expect(im[k]).toBeCloseTo(sumIm, 10);
    }
  });
});

describe('linearPhase', () => {
  const taps = linearPhase(filter, 16_000);

  it('passes, halves at the cut-off, and stops', () => {
    expect(decibels(response(taps, 1000, 16_000))).toBeCloseTo(0, 3);
    expect(decibels(response(taps, 4000, 16_000))).toBeCloseTo(-6.02, 1);
    for (const frequency of range(4700, 8000, 50)) {
      expect(decibels(response(taps, frequency, 16_000))).toBeLessThan(-88);
    }
  });

  it('delays every frequency by half its length', () => {
    for (const frequency of range(100, 3900, 200)) {
      expect(groupDelay(taps, frequency / 16_000) / 16).toBeCloseTo(2.5, 3);
      expect(phaseDelay(taps, frequency / 16_000) / 16).toBeCloseTo(2.5, 3);
    }
  });
});

describe('minimumPhase', () => {
  const linear = linearPhase(filter, 16_000);
  const minimum = minimumPhase(linear, linear.length);

  it('has the same gain at every frequency', () => {
    for (const frequency of range(0, 3900, 100)) {
      const difference =
        decibels(response(minimum, frequency, 16_000)) - decibels(response(linear, frequency, 16_000));
      expect(Math.abs(difference)).toBeLessThan(0.001);
    }
    for (const frequency of range(4700, 8000, 50)) {
      expect(decibels(response(minimum, frequency, 16_000))).toBeLessThan(-86);
    }
  });

  it('has a tenth of the delay', () => {
    expect(phaseDelay(minimum, 1000 / 16_000) / 16).toBeLessThan(0.25);
    expect(phaseDelay(minimum, 1000 / 16_000)).toBeGreaterThan(0);
  });

  it('holds its energy as early as any filter of that gain', () => {
    let [early, late] = [0, 0];
    for (let n = 0; n < linear.length; n++) {
      early += (minimum[n] ?? 0) ** 2;
      late += (linear[n] ?? 0) ** 2;
      expect(early).toBeGreaterThan(late - 1e-6);
    }
    expect(early).toBeCloseTo(late, 6);
  });
});
