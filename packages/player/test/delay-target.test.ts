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
  test('asks an even link for 40 ms, and lets 150 ms be for half a minute', () => {
    const target = new DelayTarget();
    feed(target, 0, 29_000, () => 0);
    expect(target.needMs).toBe(40);
    expect(target.targetMs).toBe(150);
    feed(target, 29_000, 40_000, () => 0);
    expect(target.targetMs).toBeLessThan(110);
    feed(target, 40_000, 90_000, () => 0);
    expect(target.targetMs).toBe(40);
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
