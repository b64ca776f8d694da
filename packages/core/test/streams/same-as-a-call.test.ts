import type { ResamplerQuality } from '@patchcord/core';
import { SAID_FRAMES, writtenByCall, writtenByStreams } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';

describe('the streams over a bare socket write what a call writes, byte for byte', () => {
  test.each<[number, ResamplerQuality]>([
    [8000, 'balanced'],
    [16_000, 'low-latency'],
    [22_050, 'balanced'],
    [24_000, 'best'],
    [48_000, 'best'],
  ])('at %i Hz, %s', async (sampleRate, quality) => {
    const expected = await writtenByStreams(sampleRate, quality);
    expect(expected.length).toBeGreaterThanOrEqual(SAID_FRAMES);
    expect(await writtenByCall(sampleRate, quality)).toEqual(expected);
  });
});
