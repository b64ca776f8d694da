import { describe, expect, test } from 'vitest';
import { DelayTarget } from '../src/delay-target.ts';
import { random } from './link.ts';

/** Tells of packets every 20 ms from `fromMs` to `toMs`, each late by what `lateMs` says. */
function feed(
  target: DelayTarget,
  fromMs: number,
  toMs: number,
  lateMs: (timestampMs: number) => number,
): void {
  for (let timestampMs = fromMs; timestampMs < toMs; timestampMs += 20) {
    target.add('inbound', timestampMs, 1_000_000 + timestampMs + lateMs(timestampMs));
  }
}

describe('DelayTarget', () => {
  test('assumes 100 ms for two seconds, and is down at the 40 ms that an even link needs two seconds later', () => {
    const target = new DelayTarget();
    feed(target, 0, 2000, () => 0);
    expect(target.needMs).toBe(40);
    expect(target.targetMs).toBe(100);
    feed(target, 2000, 3000, () => 0);
    expect(target.targetMs).toBeCloseTo(70, 6);
    feed(target, 3000, 4020, () => 0);
    expect(target.targetMs).toBe(40);
  });

  test('holds what was needed once for half a minute, and falls slowly then', () => {
    const target = new DelayTarget();
    feed(target, 0, 10_000, (timestampMs) => (timestampMs >= 5000 && timestampMs < 5200 ? 180 : 0));
    expect(target.targetMs).toBe(200);
    // Ten seconds until it is forgotten, thirty on top.
    feed(target, 10_000, 45_000, () => 0);
    expect(target.needMs).toBe(40);
    expect(target.targetMs).toBe(200);
    feed(target, 45_000, 60_000, () => 0);
    expect(target.targetMs).toBeLessThan(140);
    feed(target, 60_000, 90_000, () => 0);
    expect(target.targetMs).toBe(40);
  });

  test('does not hold against a link what happened in its first half second', () => {
    const target = new DelayTarget();
    // The clock that plays stood still, jumped, and runs.
    feed(target, 0, 400, (timestampMs) => (timestampMs < 200 ? -timestampMs : timestampMs < 300 ? 150 : 0));
    expect(target.needMs).toBeGreaterThan(200);
    feed(target, 400, 5000, () => 0);
    expect(target.targetMs).toBe(40);
    expect(target.delayMs(4000, 1_004_070)).toBe(70);
  });

  test('finds out that the clock that plays has lost time, and asks for no more because of that', () => {
    const target = new DelayTarget();
    feed(target, 0, 10_000, (timestampMs) => timestampMs % 9);
    feed(target, 10_000, 10_400, (timestampMs) => (timestampMs % 9) - 150);
    expect(target.needMs).toBeGreaterThan(150);
    feed(target, 10_400, 12_000, (timestampMs) => (timestampMs % 9) - 150);
    expect(target.targetMs).toBe(40);
    expect(target.delayMs(11_000, 1_011_000 - 150 + 70)).toBeCloseTo(70, -1);
  });

  test('is not misled by a clock that stood still for a moment', () => {
    const target = new DelayTarget();
    const stood = (timestampMs: number) => (timestampMs < 10_160 ? 10_000 - timestampMs : 0);
    feed(target, 0, 10_000, () => 0);
    feed(target, 10_000, 20_000, stood);
    expect(target.targetMs).toBe(40);
    expect(target.delayMs(19_000, 1_019_070)).toBe(70);
  });

  test('rises at once, to the jitter and 20 ms', () => {
    const target = new DelayTarget();
    const next = random(1);
    feed(target, 0, 20_000, () => 120 * next());
    expect(target.needMs).toBeGreaterThan(130);
    expect(target.needMs).toBeLessThanOrEqual(140);
    feed(target, 20_000, 20_200, () => 300);
    expect(target.needMs).toBeGreaterThan(310);
    expect(target.targetMs).toBe(target.needMs);
  });

  test('does not mind one late packet in a hundred', () => {
    const target = new DelayTarget();
    feed(target, 0, 20_000, (timestampMs) => (timestampMs % 2000 === 1000 ? 300 : 0));
    expect(target.needMs).toBe(40);
  });

  test('stays below 1.5 s', () => {
    const target = new DelayTarget();
    feed(target, 0, 10_000, (timestampMs) => (timestampMs % 400 === 0 ? 5000 : 0));
    expect(target.needMs).toBe(1500);
  });

  test('asks for what the outbound track comes late by, as long as both clocks agree', () => {
    const target = new DelayTarget();
    target.add('outbound', 0, 1_000_300);
    expect(target.needMs).toBe(40);
    feed(target, 0, 1000, () => 0);
    target.add('outbound', 900, 1_000_900 + 180);
    expect(target.needMs).toBe(200);
  });

  test('tells how long a place has waited beyond the fastest way', () => {
    const target = new DelayTarget();
    expect(target.delayMs(0, 1234)).toBe(0);
    feed(target, 0, 1000, (timestampMs) => timestampMs % 40);
    expect(target.delayMs(500, 1_000_600)).toBe(100);
  });

  test('forgets what it learnt when the timeline jumps on', () => {
    const target = new DelayTarget();
    feed(target, 0, 5000, () => 0);
    feed(target, 5000, 6000, () => -2000);
    expect(target.needMs).toBe(40);
    expect(target.delayMs(5000, 1_003_100)).toBe(100);
  });
});
