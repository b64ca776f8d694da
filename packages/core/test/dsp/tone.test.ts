import { describe, expect, it } from 'vitest';
import { dtmfTone, tone } from '../../src/dsp/tone.ts';
import { MediaError } from '../../src/errors.ts';

/** Amplitude of one frequency in the middle of a sound, 1 being full scale. */
function amplitude(samples: Int16Array, frequency: number, rate: number): number {
  const middle = samples.subarray(samples.length / 4, (3 * samples.length) / 4);
  let [re, im] = [0, 0];
  middle.forEach((sample, n) => {
    const hann = 1 - Math.cos((2 * Math.PI * n) / middle.length);
    re += hann * sample * Math.cos((2 * Math.PI * frequency * n) / rate);
    im += hann * sample * Math.sin((2 * Math.PI * frequency * n) / rate);
  });
  return (2 * Math.hypot(re, im)) / middle.length / 32_768;
}

describe('tone', () => {
  it('is a sine of the frequency, duration and level asked for', () => {
    const samples = tone({ frequency: 1000, ms: 500, sampleRate: 16_000, level: -6 });
    expect(samples.length).toBe(8000);
    expect(20 * Math.log10(amplitude(samples, 1000, 16_000))).toBeCloseTo(-6, 1);
    expect(amplitude(samples, 2000, 16_000)).toBeLessThan(1e-4);
  });

  it('begins and ends softly, at -10 dBFS if not told otherwise', () => {
    const samples = tone({ frequency: 3000, ms: 100, sampleRate: 8000 });
    expect(samples[0]).toBe(0);
    expect(Math.abs(samples.at(-1) ?? 0)).toBeLessThan(700);
    expect(20 * Math.log10(Math.max(...samples) / 32_768)).toBeCloseTo(-10, 0);
  });

  it('refuses what is no tone, in words', () => {
    const good = { frequency: 1000, ms: 20, sampleRate: 8000 };
    for (const bad of [
      { frequency: 4000 },
      { frequency: 0 },
      { frequency: Number.NaN },
      { ms: -1 },
      { ms: Number.POSITIVE_INFINITY },
      { sampleRate: 0 },
      { level: 3 },
    ]) {
      expect(() => tone({ ...good, ...bad })).toThrow(MediaError);
      expect(() => tone({ ...good, ...bad })).toThrow(/ is .*, expected /);
    }
    expect(tone({ ...good, ms: 0 }).length).toBe(0);
  });
});

describe('dtmfTone', () => {
  const keys = ['1', '2', '3', 'A', '4', '5', '6', 'B', '7', '8', '9', 'C', '*', '0', '#', 'D'];
  const rows = [697, 770, 852, 941];
  const columns = [1209, 1336, 1477, 1633];

  it.each(keys.map((key, index) => ({ key, row: index >> 2, column: index & 3 })))(
    '$key is its row and its column, equally loud',
    ({ key, row, column }) => {
      const samples = dtmfTone(key, { ms: 400, level: -4 });
      expect(samples.length).toBe(3200);
      const half = 10 ** (-4 / 20) / 2;
      for (const [i, frequency] of rows.entries()) {
        expect(amplitude(samples, frequency, 8000)).toBeCloseTo(i === row ? half : 0, 2);
      }
      for (const [i, frequency] of columns.entries()) {
        expect(amplitude(samples, frequency, 8000)).toBeCloseTo(i === column ? half : 0, 2);
      }
    },
  );

  it('lasts 100 ms at 8 kHz if not told otherwise', () => {
    expect(dtmfTone('5').length).toBe(800);
    expect(dtmfTone('5', { sampleRate: 48_000 }).length).toBe(4800);
  });

  it.each(['', 'E', 'a', '12', ' '])('refuses %j', (digit) => {
    expect(() => dtmfTone(digit)).toThrow(MediaError);
  });
});
