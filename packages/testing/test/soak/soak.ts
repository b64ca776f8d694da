/**
 * A hundred calls at once, for minutes, over lines that fail in every way that the simulator knows: some last from the
 * first second to the last, some come and go. On the virtual clock, so ten minutes are as long as the machine needs.
 *
 * @module
 */

import {
  type CallControl,
  type CallEnd,
  type CallEndReason,
  type Clock,
  handleCall,
  twilio,
} from '@patchcord/core';
import { createLink, createVirtualClock, type Faults, openPhone, type Phone } from '@patchcord/simulator';
import { lastingApps, passingApps, type SoakApp } from './apps.ts';
import { createRandom, type Random } from './random.ts';
import { Received } from './received.ts';

/** What is asked of a run. */
export interface SoakOptions {
  /** Calls at any time. */
  readonly calls: number;
  /** How long, in milliseconds of the virtual clock. */
  readonly forMs: number;
  /**
   * After so many milliseconds, those who come and go do the same again, seat by seat: what is in memory at the ends of two rounds
   * compares.
   */
  readonly roundMs: number;
  /** Is called at these times, in milliseconds. */
  readonly at: ReadonlyMap<number, () => void>;
  readonly seed: number;
}

/** What came of a run. */
export interface SoakReport {
  /** Calls that were opened in all. */
  readonly calls: number;
  /** How often each came about. */
  readonly ends: Partial<Record<CallEndReason, number>>;
  readonly faults: Record<string, number>;
  /** Frames that apps read, and that were what came. */
  readonly right: number;
  /** Frames that were not what came, and messages that were not read. */
  readonly wrong: number;
  /** Audio that apps read too late, by the calls' own count. */
  readonly unreadMs: number;
  /** Timers that nobody has ended when all calls are over. */
  readonly timersLeft: number;
}

/** Share of the calls that last. */
const LASTING = 0.6;

/** Nothing is said for so long, in milliseconds, before the run is over: calls in their last words come to an end. */
const CLOSING_MS = 60_000;

/** The longest that a message is under way on these links, in milliseconds. */
const LAST_MESSAGES_MS = 500;

interface Counts {
  calls: number;
  right: number;
  wrong: number;
  unreadMs: number;
  readonly ends: Partial<Record<CallEndReason, number>>;
  readonly faults: Record<string, number>;
}

export async function soak({ calls, forMs, roundMs, at, seed }: SoakOptions): Promise<SoakReport> {
  const clock = createVirtualClock();
  const counts: Counts = { calls: 0, right: 0, wrong: 0, unreadMs: 0, ends: {}, faults: {} };
  for (const [timeMs, measure] of at) clock.after(timeMs, measure);
  const seats = Array.from({ length: calls }, (_, seat) => {
    const random = createRandom(seed * 1000 + seat);
    if (seat < calls * LASTING) {
      return oneCall(clock, random, counts, random.pick(lastingApps), slowFaults(random), forMs);
    }
    return inRounds(forMs, roundMs, (endMs) =>
      callAfterCall(clock, createRandom(seed * 1000 + seat), counts, endMs),
    );
  });
  await clock.run(Promise.all(seats), { limitMs: forMs + CLOSING_MS });
  await clock.advance(LAST_MESSAGES_MS);
  return { ...counts, timersLeft: clock.pending };
}

async function inRounds(
  forMs: number,
  roundMs: number,
  round: (endMs: number) => Promise<void>,
): Promise<void> {
  for (let endMs = roundMs; endMs <= forMs; endMs += roundMs) await round(endMs);
}

async function callAfterCall(clock: Clock, random: Random, counts: Counts, untilMs: number): Promise<void> {
  while (clock.now() < untilMs) {
    const forMs = Math.min(random.between(1000, 30_000), untilMs - clock.now());
    await oneCall(clock, random, counts, random.pick(passingApps), anyFaults(random), forMs);
  }
}

/** Opens a call, talks for a while, and sees it to its end. */
async function oneCall(
  clock: Clock,
  random: Random,
  counts: Counts,
  app: SoakApp,
  faults: Faults,
  forMs: number,
): Promise<void> {
  counts.calls++;
  const link = createLink({
    clock,
    delayMs: random.between(0, 60),
    jitterMs: random.between(0, 50),
    seed: random.between(1, 1e6),
  });
  const received = new Received();
  if (app.reads) received.listen(link.app);
  let phone: Phone | undefined;
  const control: CallControl = { hangUp: async () => void phone?.hangUp({ by: 'app' }) };
  const handled = handleCall(
    link.app,
    twilio,
    { clock, sampleRate: app.sampleRate, ...(random.between(0, 1) === 1 && { control }) },
    async (call) => {
      try {
        await app.handle(call, { clock, random, received, forMs: forMs / 2 });
      } finally {
        void call.closed.then(() => {
          if (app.reads) counts.unreadMs += call.stats.unreadMs;
        });
      }
    },
  );
  // What is heard and what happened would grow for as long as a call lasts: here all that may grow is the call's own.
  phone = await openPhone(link.phone, { clock, faults, keepHeardMs: 1000 });
  await converse(phone, clock, random, forMs, counts);
  const { reason }: CallEnd = await handled;
  counts.ends[reason] = (counts.ends[reason] ?? 0) + 1;
  counts.right += received.right;
  counts.wrong += received.wrong;
}

/** The caller talks, presses keys, and at last hangs up, or has the line break. */
async function converse(
  phone: Phone,
  clock: Clock,
  random: Random,
  forMs: number,
  counts: Counts,
): Promise<void> {
  const endMs = clock.now() + forMs;
  let over = false;
  void phone.closed.then(() => {
    over = true;
  });
  while (!over && clock.now() < endMs) {
    void phone.say(words(random)).catch(() => {});
    if (random.between(0, 3) === 0) void phone.press(random.pick(['1', '#', '42*'])).catch(() => {});
    await phone.wait(Math.min(random.between(500, 4000), endMs - clock.now()));
    forgetEvents(phone, counts);
  }
  await (random.between(0, 3) === 0 ? phone.drop() : phone.hangUp());
  forgetEvents(phone, counts);
}

/** Events are kept by the tens of thousands; a view of them can be emptied by those who have seen them. */
function forgetEvents(phone: Phone, { faults }: Counts): void {
  for (const event of phone.events) {
    if (event.kind === 'fault') faults[event.fault] = (faults[event.fault] ?? 0) + 1;
  }
  (phone.events as unknown[]).length = 0;
}

function words(random: Random): Int16Array<ArrayBuffer> {
  const step = random.between(200, 2000);
  const length = random.between(800, 16_000);
  return Int16Array.from({ length }, (_, index) => ((index * step) % 20_001) - 10_000);
}

/** What a call lives through. */
function slowFaults(random: Random): Faults {
  const share = (): number => random.pick([0, 0, 0.002, 0.02]);
  return {
    seed: random.between(1, 1e6),
    jitterMs: random.pick([0, 0, 40, 120]),
    ...(random.between(0, 2) === 0 && {
      stall: { everyMs: random.between(3000, 20_000), forMs: random.between(100, 1500) },
    }),
    lost: share(),
    doubled: share(),
    gaps: { share: random.pick([0, 0.001, 0.005]), ms: random.between(20, 800) },
    oddLengths: random.between(0, 3) === 0,
    numbers: random.between(0, 3) === 0,
    unknownEvents: share(),
    truncated: share(),
  };
}

/** What a call lives through, or does not. */
function anyFaults(random: Random): Faults {
  const faults = slowFaults(random);
  switch (random.between(0, 9)) {
    case 0:
      return { ...faults, lateStart: 3 };
    case 1:
      return { ...faults, cutAfterMessages: random.between(1, 500) };
    case 2:
      return { ...faults, cutAfterBytes: random.between(10, 100_000) };
    case 3:
      return { ...faults, halfOpenAfterMs: random.between(0, 10_000) };
    case 4:
      return { ...faults, stopReadingAfterMs: random.between(0, 10_000) };
    default:
      return faults;
  }
}
