/** How soon an interruption is heard, on the ear of the simulator. */
import { type Call, openCall, twilio } from '@patchcord/core';
import {
  createLink,
  createVirtualClock,
  type LinkOptions,
  openPhone,
  type Phone,
} from '@patchcord/simulator';
import { describe, expect, test } from 'vitest';
import { countable, findWhole } from './line.ts';

type Clock = ReturnType<typeof createVirtualClock>;

const PLAYOUT_FRAME_MS = 20;

interface VirtualLine {
  readonly call: Call;
  readonly phone: Phone;
  readonly clock: Clock;
  /** When the provider got each clear, by the clock. */
  readonly clearedAt: number[];
}

async function openVirtualLine(link: Omit<LinkOptions, 'clock'>): Promise<VirtualLine> {
  const clock = createVirtualClock();
  const ends = createLink({ clock, ...link });
  const clearedAt: number[] = [];
  ends.phone.addEventListener('message', ({ data }) => {
    if (String(data).includes('"clear"')) clearedAt.push(clock.now());
  });
  const opening = openCall(ends.app, twilio, { clock });
  const phone = await clock.run(openPhone(ends.phone, { clock }));
  return { call: await clock.run(opening), phone, clock, clearedAt };
}

/** Time of the last sample that is not silence, in milliseconds on the phone's timeline. */
function lastSoundMs({ heard }: Phone): number {
  return (heard.findLastIndex((sample) => sample !== 0) + 1) / 8;
}

describe('an interruption', () => {
  test.each(Array.from({ length: 12 }, (_, index) => 200 + index * 173))(
    'after %i ms, on a link of 16 kB/s without a buffer of its own: clear arrives within 300 ms',
    async (afterMs) => {
      // A call at 8 kHz fills 13.6 kB/s of it, so sending ahead fills the rest and waits in the socket.
      const { call, clock, clearedAt } = await openVirtualLine({ bytesPerSecond: 16_000 });
      call.play(countable(8000));
      await clock.advance(afterMs);
      const interruptedAt = clock.now();
      call.interrupt();
      await clock.advance(1000);
      expect(clearedAt).toHaveLength(1);
      expect((clearedAt[0] as number) - interruptedAt).toBeLessThanOrEqual(300);
    },
  );

  test.each([0, 20, 60, 150].flatMap((delayMs) => [230, 777, 1501].map((afterMs) => ({ delayMs, afterMs }))))(
    'is heard $delayMs ms later and one frame of playout, after $afterMs ms',
    async ({ delayMs, afterMs }) => {
      const { call, phone, clock } = await openVirtualLine({ delayMs });
      call.play(countable(8000));
      await clock.advance(2 * delayMs + afterMs);
      const interruptedMs = phone.timestampMs;
      call.interrupt();
      await clock.advance(1000 + delayMs);
      expect(lastSoundMs(phone)).toBeGreaterThanOrEqual(interruptedMs - delayMs);
      expect(lastSoundMs(phone)).toBeLessThanOrEqual(interruptedMs + delayMs + PLAYOUT_FRAME_MS);
    },
  );

  test.each(Array.from({ length: 8 }, (_, index) => ({ delayMs: 10 * index, afterMs: 150 + 47 * index })))(
    'of the first of three playbacks lets the others be heard whole, $delayMs ms away',
    async ({ delayMs, afterMs }) => {
      const { call, phone, clock } = await openVirtualLine({ delayMs });
      const sounds = [countable(700, 1), countable(310, 2), countable(555, 3)] as const;
      const playbacks = sounds.map((sound) => call.play(sound.slice()));
      await clock.advance(2 * delayMs + afterMs);
      playbacks[0]?.interrupt();
      await clock.advance(2000 + 4 * delayMs);
      expect(findWhole(phone.heard, sounds[0])).toBe(-1);
      const second = findWhole(phone.heard, sounds[1]);
      expect(second).toBeGreaterThan(0);
      expect(findWhole(phone.heard, sounds[2])).toBeGreaterThanOrEqual(second + sounds[1].length);
      expect(await clock.run(Promise.all(playbacks.map(({ done }) => done)))).toMatchObject([
        { outcome: 'cleared' },
        { outcome: 'played', heardMs: 310 },
        { outcome: 'played', heardMs: 555 },
      ]);
    },
  );
});
