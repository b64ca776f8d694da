import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLink, createVirtualClock, openPhone } from '@patchcord/simulator';
import { describe, expect, test } from 'vitest';
import { fingerprint, talkOverABadLink, throughAnEcho } from './virtual-call.ts';

const MINUTES = process.env.PATCHCORD_LONG === '1' ? 10 : 2;

describe('a call on the virtual clock', () => {
  test(`is an echo in which every frame comes back in its step, for ${MINUTES} minutes`, {
    timeout: 60_000,
  }, async () => {
    const { frames, echoed } = await throughAnEcho(MINUTES * 60_000);
    expect([echoed, frames]).toEqual([MINUTES * 3000, MINUTES * 3000]);
  });

  test('is the same every time with the same seed, and another with another', async () => {
    const [one, again, other] = [
      await talkOverABadLink(1),
      await talkOverABadLink(1),
      await talkOverABadLink(2),
    ];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test('goes on at times that are no whole milliseconds', async () => {
    const clock = createVirtualClock({ startMs: 18.599821306971798 }); // two frames on, sums of fractions are a hair short
    const link = createLink({ clock });
    const phone = await clock.run(openPhone(link.phone, { clock }));
    await clock.advance(1000);
    expect(phone.timestampMs).toBeCloseTo(1000, 6);
    await clock.run(phone.hangUp());
  });

  const program = fileURLToPath(new URL('virtual-call.run.ts', import.meta.url));
  const conditions = '--conditions=@patchcord/source';

  test.each([
    ['bun', [conditions, program]],
    ['deno', ['run', '-A', conditions, program]],
  ])('is the same in %s, byte for byte', { timeout: 60_000 }, async (runtime, args) => {
    const bin = fileURLToPath(new URL(`../../../node_modules/.bin/${runtime}`, import.meta.url));
    const { stdout } = await promisify(execFile)(bin, [...args, '10000'], { timeout: 50_000 });
    const { events } = await throughAnEcho(10_000);
    const talks = [1, 2, 3].map(async (seed) => fingerprint(await talkOverABadLink(seed)));
    expect(stdout.match(/(?<=: )[0-9a-f]{8}$/gm)).toEqual([
      fingerprint(events),
      ...(await Promise.all(talks)),
    ]);
  });
});
