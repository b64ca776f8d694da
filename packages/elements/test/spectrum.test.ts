import { tone } from '@patchcord/core';
import { expect, it } from 'vitest';
import { SPECTRUM_SIZE, spectrum } from '../src/spectrum.ts';

const BIN_HZ = 8000 / SPECTRUM_SIZE;

it('finds a tone at its pitch, at its level', () => {
  for (const bin of [4, 32, 100]) {
    const levels = spectrum(
      tone({ frequency: bin * BIN_HZ, ms: 40, sampleRate: 8000, level: -6 }).slice(0, 256),
    );
    const loudest = levels.indexOf(Math.max(...levels));
    expect(loudest).toBe(bin);
    expect(levels[bin]).toBeCloseTo(-6, 0);
    expect(levels[bin + 8]).toBeLessThan(-60);
  }
});

it('is silent for silence, and for nothing', () => {
  expect(Math.max(...spectrum(new Int16Array(256)))).toBeLessThan(-100);
  expect(Math.max(...spectrum(new Int16Array(0)))).toBeLessThan(-100);
});
