import { describe, expect, test } from 'vitest';
import { createEar } from '../../src/phone/ear.ts';

const loud = (length: number): Int16Array => new Int16Array(length).fill(8000);

describe('createEar', () => {
  test('keeps one timeline; a view taken earlier does not change', () => {
    const ear = createEar();
    ear.push(Int16Array.of(1, 2));
    const early = ear.heard;
    for (let pushed = 0; pushed < 100; pushed++) ear.push(new Int16Array(160).fill(pushed));
    expect(early).toEqual(Int16Array.of(1, 2));
    expect(ear.heard.length).toBe(16_002);
    expect(Array.from(ear.heard.subarray(0, 3))).toEqual([1, 2, 0]);
    expect(ear.heard[16_001]).toBe(99);
  });

  test('forgets what comes after its bound, and goes on counting', () => {
    const ear = createEar({ keepMs: 1 });
    ear.push(loud(160));
    expect([ear.heard.length, ear.length]).toEqual([8, 160]);
    ear.push(loud(160));
    expect([ear.heard.length, ear.length, ear.soundEndMs]).toEqual([8, 320, 40]);
  });

  test('tells where the latest sound began and ended', () => {
    const ear = createEar();
    expect([ear.soundStartMs, ear.soundEndMs]).toEqual([undefined, undefined]);
    ear.push(new Int16Array(240));
    ear.push(loud(80));
    ear.push(loud(160));
    ear.push(new Int16Array(400));
    expect([ear.soundStartMs, ear.soundEndMs]).toEqual([30, 60]);
    ear.push(loud(80));
    expect([ear.soundStartMs, ear.soundEndMs]).toEqual([110, 120]);
  });

  test('takes faint noise for silence', () => {
    const ear = createEar();
    ear.push(new Int16Array(800).fill(100));
    expect(ear.soundEndMs).toBeUndefined();
  });
});
