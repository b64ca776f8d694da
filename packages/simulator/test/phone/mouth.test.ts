import { measureLevel } from '@patchcord/core';
import { describe, expect, test } from 'vitest';
import { createMouth } from '../../src/phone/mouth.ts';

describe('createMouth', () => {
  test('says sounds without a gap between them, and tells when each was said', () => {
    const mouth = createMouth();
    const said: unknown[] = [];
    mouth.say(
      Int16Array.from({ length: 200 }, () => 1),
      (times) => said.push(times),
    );
    mouth.say(
      Int16Array.from({ length: 40 }, () => 2),
      (times) => said.push(times),
    );
    expect(mouth.pendingSamples).toBe(240);
    expect(mouth.read(160, 100)).toEqual(new Int16Array(160).fill(1));
    expect(said).toEqual([]);
    const second = mouth.read(160, 120);
    expect(second).toEqual(new Int16Array(160).fill(1, 0, 40).fill(2, 40, 80));
    expect(said).toEqual([
      { timestampMs: 100, endMs: 125 },
      { timestampMs: 125, endMs: 130 },
    ]);
    expect(mouth.pendingSamples).toBe(0);
  });

  test('an empty sound is said at once', () => {
    const mouth = createMouth();
    let said = false;
    mouth.say(new Int16Array(0), () => {
      said = true;
    });
    mouth.read(160, 0);
    expect(said).toBe(true);
  });

  test('a noisy line is as loud as asked for, and the same each time', () => {
    const noise = createMouth({ lineNoiseDb: -60 }).read(8000, 0);
    expect(measureLevel(noise).rmsDb).toBeCloseTo(-60, 0);
    expect(createMouth({ lineNoiseDb: -60 }).read(8000, 0)).toEqual(noise);
    expect(createMouth().read(160, 0)).toEqual(new Int16Array(160));
  });
});
