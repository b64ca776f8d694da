import { expect, it } from 'vitest';
import { measureLevel } from '../../src/dsp/level.ts';
import { tone } from '../../src/dsp/tone.ts';

it('reports silence, and no samples at all, as -120 dBFS', () => {
  expect(measureLevel(new Int16Array(160))).toEqual({ peakDb: -120, rmsDb: -120 });
  expect(measureLevel(new Int16Array(0))).toEqual({ peakDb: -120, rmsDb: -120 });
});

it('reports full scale as 0 dBFS', () => {
  expect(measureLevel(new Int16Array([-32_768]))).toEqual({ peakDb: 0, rmsDb: 0 });
  expect(measureLevel(new Int16Array([32_767, -32_767])).peakDb).toBeCloseTo(0, 3);
});

it('reports a sine 3 dB below its peak', () => {
  const level = measureLevel(tone({ frequency: 400, ms: 2000, sampleRate: 8000, level: -20 }));
  expect(level.peakDb).toBeCloseTo(-20, 1);
  expect(level.rmsDb).toBeCloseTo(-23, 1);
});

it('reports one step of 65536 as -90 dBFS, and a rare one as no less than -120', () => {
  expect(measureLevel(new Int16Array([0, 1, 0, -1])).peakDb).toBeCloseTo(-90.3, 1);
  const rare = new Int16Array(100_000);
  rare[5] = 1;
  expect(measureLevel(rare).rmsDb).toBe(-120);
});
