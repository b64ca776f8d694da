import type { AudioFrame } from '@patchcord/core';
import { expect, it } from 'vitest';
import { LiveEdge } from '../src/live-edge.ts';
import { Loudness } from '../src/loudness.ts';
import { PeakHold } from '../src/peak-hold.ts';

function frame(timestampMs: number, level: number, ms = 20): AudioFrame {
  const samples = new Int16Array(8 * ms).fill(level);
  return { kind: 'audio', samples, sampleRate: 8000, channels: 1, timestampMs, track: 'inbound' };
}

it('remembers the peak of each 10 ms, and what was never received', () => {
  const loudness = new Loudness();
  loudness.push(frame(100, 0));
  loudness.push(frame(120, -16_384));
  loudness.push(frame(200, 0));
  expect(loudness.peak('inbound', 100, 120)).toBe(0);
  expect(loudness.peak('inbound', 120, 140)).toBe(0.5);
  expect(loudness.peak('inbound', 110, 130)).toBe(0.5);
  expect(loudness.peak('inbound', 140, 200)).toBeUndefined();
  expect(loudness.peak('outbound', 100, 140)).toBeUndefined();
  expect([loudness.fromMs, loudness.endMs]).toEqual([100, 220]);
});

it('gives each sample to its own 10 ms, wherever a frame begins', () => {
  const loudness = new Loudness();
  const odd = frame(105, 0);
  odd.samples[39] = 32_767;
  odd.samples[120] = 16_384;
  loudness.push(odd);
  expect(loudness.peak('inbound', 100, 110)).toBeCloseTo(1, 3);
  expect(loudness.peak('inbound', 110, 120)).toBe(0);
  expect(loudness.peak('inbound', 120, 130)).toBe(0.5);
});

it('forgets what is older than it keeps', () => {
  const loudness = new Loudness(1000);
  loudness.push(frame(0, 8192));
  loudness.push(frame(990, 0));
  expect(loudness.peak('inbound', 0, 20)).toBe(0.25);
  loudness.push(frame(5000, 8192));
  expect(loudness.peak('inbound', 0, 20)).toBeUndefined();
  expect(loudness.peak('inbound', 4100, 5000)).toBeUndefined();
  expect(loudness.peak('inbound', 5000, 5020)).toBe(0.25);
});

it('moves the live edge evenly, whatever the network does to frames', () => {
  const edge = new LiveEdge();
  expect(edge.at(0)).toBeUndefined();
  const late = [0, 35, 5, 50, 0, 20, 45, 0];
  let before = 0;
  for (let at = 0; at < 4000; at += 20) {
    edge.push(at + 20, 10_000 + at + (late[(at / 20) % late.length] ?? 0));
    const now = edge.at(10_050 + at) ?? 0;
    expect(now).toBeGreaterThan(before);
    before = now;
  }
  expect(Math.abs(before - 4050)).toBeLessThan(30);
});

it('holds a peak for its time', () => {
  const hold = new PeakHold(1500);
  expect(hold.push(-10, 0)).toBe(-10);
  expect(hold.push(-40, 1499)).toBe(-10);
  expect(hold.push(-40, 1500)).toBe(-40);
  expect(hold.push(-3, 1510)).toBe(-3);
});
