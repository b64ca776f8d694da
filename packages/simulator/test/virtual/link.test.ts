import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/virtual/clock.ts';
import { createLink, type LinkOptions, type LinkSocket } from '../../src/virtual/link.ts';

interface Pair {
  readonly clock: VirtualClock;
  readonly phone: LinkSocket;
  readonly app: LinkSocket;
  /** What the app got, and when. */
  readonly got: [unknown, number][];
}

async function link(options: Partial<LinkOptions> = {}): Promise<Pair> {
  const clock = createVirtualClock();
  const { phone, app } = createLink({ clock, ...options });
  const got: [unknown, number][] = [];
  app.addEventListener('message', ({ data }) => void got.push([data, clock.now()]));
  await clock.advance(0);
  return { clock, phone, app, got };
}

describe('a link', () => {
  test('opens after it was made, and passes text and bytes, both ways', async () => {
    const clock = createVirtualClock();
    const { phone, app } = createLink({ clock });
    const got: unknown[] = [];
    for (const end of [phone, app]) end.addEventListener('message', ({ data }) => got.push(data));
    expect([phone.readyState, app.readyState]).toEqual([0, 0]);
    expect(() => phone.send('early')).toThrow(/connecting/);
    phone.addEventListener('open', () => phone.send('to the app'));
    await clock.advance(0);
    const bytes = Uint8Array.of(1, 2);
    app.send(bytes);
    bytes.fill(9);
    expect(got).toEqual(['to the app']); // not in the turn in which it was sent
    await clock.advance(0);
    expect(got).toEqual(['to the app', Uint8Array.of(1, 2).buffer]);
  });

  test('takes its time', async () => {
    const { clock, phone, got } = await link({ delayMs: 30 });
    phone.send('a');
    await clock.advance(10);
    phone.send('b');
    await clock.advance(100);
    expect(got).toEqual([
      ['a', 30],
      ['b', 40],
    ]);
  });

  test('is as wide as it is said to be; what waits is counted', async () => {
    const { clock, phone, got } = await link({ delayMs: 5, bytesPerSecond: 1000 });
    for (let message = 0; message < 3; message++) phone.send('x'.repeat(100));
    expect(phone.bufferedAmount).toBe(300);
    await clock.advance(150);
    expect(phone.bufferedAmount).toBe(200);
    await clock.advance(200);
    expect(got.map(([, timeMs]) => timeMs)).toEqual([105, 205, 305]);
    expect(phone.bufferedAmount).toBe(0);
  });

  test('jitters within its bounds, in order, by its seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const { clock, phone, got } = await link({ delayMs: 20, jitterMs: 50, seed });
      const late: number[] = [];
      for (let message = 0; message < 100; message++) {
        phone.send(String(message));
        await clock.advance(20);
      }
      await clock.advance(100);
      expect(got.map(([data]) => data)).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
      for (const [index, [, timeMs]] of got.entries()) late.push(timeMs - index * 20);
      return late;
    };
    const late = await run(7);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...late)).toBeLessThan(70);
    expect(Math.max(...late) - Math.min(...late)).toBeGreaterThan(30);
    expect(await run(7)).toEqual(late);
    expect(await run(8)).not.toEqual(late);
  });

  test('keeps the order whatever it is like', async () => {
    const range = { min: 0, max: 50, noNaN: true };
    await fc.assert(
      fc.asyncProperty(
        fc.record({ delayMs: fc.double(range), jitterMs: fc.double(range), seed: fc.integer() }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20 }),
        async (options, pauses) => {
          const { clock, phone, got } = await link({ ...options, bytesPerSecond: 500 });
          for (const [index, pauseMs] of pauses.entries()) {
            phone.send(String(index));
            if (pauseMs > 0) await clock.advance(pauseMs);
          }
          await clock.advance(1000);
          expect(got.map(([data]) => data)).toEqual(pauses.map((_, index) => String(index)));
          expect(phone.bufferedAmount).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('an end that does not read lets the other wait, and loses nothing', async () => {
    const { clock, phone, app, got } = await link({ delayMs: 10 });
    app.pause();
    phone.send('12345');
    phone.close(1000);
    await clock.advance(100);
    expect([got, phone.bufferedAmount, app.readyState]).toEqual([[], 5, 1]);
    app.resume();
    expect(got).toEqual([['12345', 100]]);
    expect(phone.bufferedAmount).toBe(0);
    await clock.advance(20);
    expect([phone.readyState, app.readyState]).toEqual([3, 3]);
  });

  test('closing tells both ends once, after what was sent before; breaking loses what is under way', async () => {
    for (const [leave, codes, heard] of [
      [(end: LinkSocket): void => end.close(1000, 'done'), [1000, 1000], ['last words']],
      [(end: LinkSocket): void => end.terminate(), [1006, 1006], []],
    ] as const) {
      const { clock, phone, app, got } = await link({ delayMs: 10 });
      const ends: unknown[] = [];
      for (const end of [phone, app]) end.addEventListener('close', ({ code }) => ends.push(code));
      phone.send('last words');
      leave(phone);
      leave(phone);
      phone.send('unheard');
      await clock.advance(50);
      expect(ends).toEqual(codes);
      expect(got.map(([data]) => data)).toEqual(heard);
      expect([phone.readyState, app.readyState, clock.pending]).toEqual([3, 3, 0]);
    }
  });

  test.each([{ delayMs: -1 }, { jitterMs: Number.NaN }, { bytesPerSecond: 0 }])('%o is none', (options) => {
    expect(() => createLink({ clock: createVirtualClock(), ...options })).toThrow(/A link has a delay/);
  });
});
