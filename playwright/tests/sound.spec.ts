import { expect, test } from '@playwright/test';
import { countDifferent, energyAboveDb, findExact, likeness, toInt16 } from '../sound.ts';

/** The proofs of the other tests stand on these functions: here they are shown to fail where they must. */

const RATE = 8000;
const NATIVE = 48_000;

/** Something like speech: voiced sound whose pitch and loudness wander. */
const voice = (seconds: number, rate: number, delayS = 0): Float64Array =>
  Float64Array.from({ length: seconds * rate }, (_, index) => {
    const t = index / rate - delayS;
    if (t < 0) return 0;
    const phase = 2 * Math.PI * (140 * t + 6 * Math.sin(2 * Math.PI * 0.7 * t));
    const fadeIn = Math.sin(Math.min(t / 0.1, 1) * (Math.PI / 2)) ** 2;
    const loudness =
      fadeIn * 3000 * (1.2 + Math.sin(2 * Math.PI * 2.3 * t) + 0.3 * Math.sin(2 * Math.PI * 0.31 * t));
    return loudness * [1, 2, 3, 5, 8, 13].reduce((sum, n) => sum + Math.sin(n * phase + n * n) / n, 0);
  });

const original = { sound: voice(2, RATE), rate: RATE };

test('a faithful reproduction is told from a poor one', () => {
  const late = { sound: voice(4, NATIVE, 1.234_567), rate: NATIVE };
  const faithful = likeness(original, late);
  expect(faithful.correlation).toBeGreaterThan(0.999);
  expect(faithful.snrDb).toBeGreaterThan(30);
  expect(energyAboveDb(late, 4300)).toBeLessThan(-60);

  const cut = { sound: late.sound.slice(), rate: NATIVE };
  cut.sound.copyWithin(2 * NATIVE, 2 * NATIVE + 960);
  expect(likeness(original, cut).correlation, 'one frame lost').toBeLessThan(0.99);

  const held = {
    sound: late.sound.map((_, index) => late.sound[index - (index % 6)] ?? 0),
    rate: NATIVE,
  };
  expect(energyAboveDb(held, 4300), 'sample and hold').toBeGreaterThan(-60);
});

test('one wrong sample is found', () => {
  const played = Float32Array.from(original.sound, (value) => Math.round(value) / 32_768);
  const said = Int16Array.from(original.sound, (value) => Math.round(value));
  expect(countDifferent(toInt16(played), said)).toBe(0);
  expect(findExact(toInt16(played), said.subarray(500, 900))).toBe(500);
  played[700] = (played[700] ?? 0) + 1 / 32_768;
  expect(countDifferent(toInt16(played), said)).toBe(1);
  expect(findExact(toInt16(played), said.subarray(500, 900))).toBe(-1);
  expect(countDifferent(said, said.subarray(1))).toBeGreaterThan(said.length / 2);
});
