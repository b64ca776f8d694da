import { describe, expect, test } from 'vitest';
import { JitterBuffer } from '../src/index.ts';
import { Link, random, voice } from './link.ts';

/**
 * What the player promises, on simulated links: seeded, each another one. A frame of 20 ms is captured before it is sent, and
 * conversion to the device's rate takes 2 ms: capture to rendered is the buffer's delay and 22 ms.
 */

const LONG = process.env.PATCHCORD_LONG === '1';
const SEEDS = Array.from({ length: LONG ? 25 : 4 }, (_, i) => i + 1);
const MINUTES = LONG ? 10 : 1;
const SECOND = 8000;
const CAPTURED_MS = 22;

/** The delays of each second from then on, in milliseconds. */
function delays(link: Link, seconds: number): number[] {
  return Array.from({ length: seconds }, () => {
    link.play(1000);
    return link.buffer.delayMs;
  });
}

const speech = (seed: number, seconds: number) => voice(seed, seconds * SECOND);

describe.each(SEEDS)('link %i', (seed) => {
  const seconds = 60 * MINUTES;

  test('clean: 80 ms from capture to rendered, six seconds after the start', () => {
    const link = new Link(new JitterBuffer(), { seed, jitterMs: 4 });
    link.send('inbound', speech(seed, seconds));
    link.play(6000);
    for (const delay of delays(link, seconds - 8)) expect(delay + CAPTURED_MS).toBeLessThanOrEqual(80);
    expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0, jumps: 0 });
  });

  test.each([-300, 300])(
    'jitter 0 to 120 ms at %i ppm: 200 ms, and nothing made up once it is known',
    (ppm) => {
      const link = new Link(new JitterBuffer(), { seed, ppm, jitterMs: 120 });
      link.send('inbound', speech(seed, seconds + 1));
      link.play(8000);
      const { concealedSamples, underruns } = link.buffer;
      for (const delay of delays(link, seconds - 10)) expect(delay + CAPTURED_MS).toBeLessThanOrEqual(200);
      expect(link.buffer).toMatchObject({ concealedSamples, underruns, jumps: 0 });
    },
  );

  test.each([-500, 500])('drift of %i ppm is held, with a few stretches a minute', (ppm) => {
    const link = new Link(new JitterBuffer(), { seed, ppm });
    link.send('inbound', speech(seed, seconds + 1));
    link.play(10_000);
    const { stretches } = link.buffer;
    for (const delay of delays(link, seconds - 12)) {
      expect(delay).toBeGreaterThan(20);
      expect(delay).toBeLessThan(80);
    }
    expect(link.buffer).toMatchObject({ concealedSamples: 0, underruns: 0, jumps: 0 });
    expect(link.buffer.stretches - stretches).toBeLessThanOrEqual(8 * MINUTES);
    expect(link.buffer.stretches).toBeGreaterThan(stretches);
  });

  test('frames lost here and there are made up, each alone, and cost no delay', () => {
    const next = random(seed);
    let lost = 0;
    const lose = (index: number) => {
      if (index < 100 || index > 50 * (seconds - 5) || next() > 0.02) return false;
      lost++;
      return true;
    };
    const link = new Link(new JitterBuffer(), { seed, jitterMs: 4 });
    link.send('inbound', speech(seed, seconds), { lose });
    const all = delays(link, seconds - 2);
    expect(lost).toBeGreaterThan(20);
    // Of two in a row the second may be missed as the end of what has come: it is waited for, and made up as well.
    expect(link.buffer.concealedSamples).toBeGreaterThan(0.7 * 160 * lost);
    expect(link.buffer.concealedSamples).toBeLessThanOrEqual(1.1 * 160 * lost);
    for (const delay of all.slice(8)) expect(delay + CAPTURED_MS).toBeLessThanOrEqual(110);
  });

  test('bursts of three frames are waited for', () => {
    const link = new Link(new JitterBuffer(), { seed, jitterMs: 4 });
    link.send('inbound', speech(seed, seconds), { burst: 3 });
    link.play(6000);
    const { concealedSamples, underruns } = link.buffer;
    for (const delay of delays(link, seconds - 8)) expect(delay).toBeLessThanOrEqual(100);
    expect(link.buffer).toMatchObject({ concealedSamples, underruns, jumps: 0 });
  });

  test('after a stall of any length the call is live again within ten seconds', () => {
    const next = random(seed);
    const ms = 100 + 2900 * next();
    const link = new Link(new JitterBuffer(), { seed, jitterMs: 20 });
    link.send('inbound', speech(seed, 40), { stall: { fromMs: 8000, toMs: 8000 + ms } });
    link.play(8000 + ms + 10_000);
    expect(link.buffer.state).not.toBe('ran-dry');
    expect(link.buffer.delayMs).toBeLessThan(Math.max(300, Math.min(ms, 400) + 100));
    const { concealedSamples } = link.buffer;
    link.play(8000);
    expect(link.buffer.concealedSamples).toBe(concealedSamples);
  });
});
