import { type Call, type CallEnd, handleCall, twilio } from '@patchcord/core';
import { openPhone, type Phone, type RestStandIn, startRest } from '@patchcord/simulator';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TwilioCalls, twilioCalls } from '../src/twilio-calls.ts';
import { sounds, speech } from './number.ts';

const CASES = process.env.PATCHCORD_LONG === '1' ? 200 : 80;
/** Cases in one test, so that a failure names a few. */
const BATCH = 20;
const STEP_MS = 20;
/** Longer than any goodbye, its way and its end. */
const MAX_STEPS = 1000;

let rest: RestStandIn;
let control: TwilioCalls;
beforeAll(async () => {
  rest = await startRest();
  const { accountSid, authToken, baseUrl } = rest;
  control = twilioCalls({ accountSid, authToken }, { baseUrl });
});
afterAll(() => rest.close());

/** The same numbers for the same seed: mulberry32, by Tommy Ettinger. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % below;
  };
}

const frame = (samples: Int16Array<ArrayBuffer>) =>
  ({ kind: 'audio', samples, sampleRate: 8000, channels: 1, timestampMs: 0, track: 'outbound' }) as const;

/** The ways in which an app says something and is done. */
const WAYS: readonly ((call: Call, pieces: Int16Array<ArrayBuffer>[]) => Promise<unknown>)[] = [
  async (call, pieces) => {
    for (const piece of pieces) call.play(piece);
  },
  async (call, pieces) => {
    for (const piece of pieces) call.send(frame(piece));
  },
  async (call, pieces) => {
    const writer = call.writable.getWriter();
    // The pieces wait for the ear; the last one need not be awaited.
    for (const piece of pieces) void writer.write(frame(piece)).catch(() => {});
    void writer.close().catch(() => {});
    await writer.closed;
  },
  async (call, pieces) => {
    const playback = call.play();
    for (const piece of pieces) playback.write(piece);
    playback.end();
    void call.end();
    await call.closed;
  },
  async (call, pieces) => {
    for (const piece of pieces) call.play(piece);
    await call.end({ when: 'played' });
  },
];

interface Talk {
  readonly phone: Phone;
  readonly end: CallEnd;
  readonly requests: readonly Readonly<Record<string, string>>[];
}

/** One call from its start to its end, on a clock of its own; the hang-up goes over a real socket. */
async function talk(
  random: (below: number) => number,
  handler: (call: Call, control: TwilioCalls) => Promise<unknown>,
): Promise<Talk> {
  const clock = createManualClock();
  const [app, line] = createSocketPair({ clock, delayMs: random(2) * random(150) });
  const before = rest.requests.length;
  /** What goes over real sockets takes no time on this clock. */
  let asked: Promise<unknown> = Promise.resolve();
  const watched: TwilioCalls = {
    ...control,
    hangUp(callId) {
      const asking = control.hangUp(callId);
      asked = asking.catch(() => {});
      return asking;
    },
    update(call, instructions) {
      const asking = control.update(call, instructions);
      asked = asking.catch(() => {});
      return asking;
    },
  };
  let end: CallEnd | undefined;
  const markEveryMs = [0, 20, 100, 200][random(4)] ?? 100;
  const dialling = openPhone(line, { clock });
  // The interface knows a call before the app does.
  void dialling.then((phone) => rest.control(phone));
  const options = { clock, control: watched, markEveryMs };
  void handleCall(app, twilio, options, (call) => handler(call, watched)).then((ended) => {
    end = ended;
  });
  await clock.advance(0);
  const phone = await dialling;
  for (let step = 0; end === undefined && step < MAX_STEPS; step++) {
    await clock.advance(STEP_MS);
    await asked;
  }
  await clock.advance(5000);
  if (end === undefined) throw new Error('The call did not end.');
  const requests = rest.requests.slice(before).map(({ form }) => form);
  return { phone, end, requests };
}

function goodbye(random: (below: number) => number, seed: number): Int16Array<ArrayBuffer>[] {
  const whole = speech(1 + random(900), seed).subarray(random(7));
  const cut = random(whole.length);
  return [whole.slice(0, cut), whole.slice(cut)].filter(({ length }) => length > 0);
}

const joined = (pieces: readonly Int16Array[]) => Int16Array.from(pieces.flatMap((piece) => [...piece]));

describe(`a goodbye is heard whole, then the call is hung up once: ${CASES} seeded calls`, () => {
  test.each(Array.from({ length: CASES / BATCH }, (_, index) => index * BATCH))(
    'from %i on',
    async (first) => {
      for (let seed = first; seed < first + BATCH; seed++) {
        const random = createRandom(seed);
        const pieces = goodbye(random, seed);
        const said = joined(pieces);
        const way = WAYS[random(WAYS.length)];
        const pauseMs = random(300);
        const retried = random(5) === 0;
        if (retried) rest.answerNext({ status: 429, retryAfter: 0 });
        const { phone, end, requests } = await talk(random, async (call) => {
          if (pauseMs > 150) call.play(new Int16Array(pauseMs * 8));
          await way?.(call, pieces);
        });
        expect.soft(sounds(phone.heard), `seed ${seed}`).toEqual(said);
        expect
          .soft(requests, `seed ${seed}`)
          .toEqual(Array.from({ length: retried ? 2 : 1 }, () => ({ Status: 'completed' })));
        expect.soft([phone.warnings, (await phone.closed).reason], `seed ${seed}`).toEqual([[], 'hung-up']);
        expect.soft(end.reason, `seed ${seed}`).toMatch(/^(ended|stopped)$/);
      }
    },
    60_000,
  );
});

test('after a transfer none is hung up: 40 seeded calls', async () => {
  for (let seed = 1000; seed < 1040; seed++) {
    const random = createRandom(seed);
    const pieces = goodbye(random, seed);
    const said = joined(pieces);
    const stays = random(2) === 0;
    // Half of the providers take half a second to take the call from its stream.
    if (random(2) === 0) rest.answerNext({ status: 200 });
    const { phone, requests } = await talk(random, async (call, calls) => {
      const [announce = new Int16Array(0), rest = new Int16Array(0)] = pieces;
      call.play(announce);
      await calls.transfer(call, { number: '+15550100009', announce: rest });
      if (stays) await Promise.race([call.closed, new Promise((resolve) => setImmediate(resolve))]);
    });
    expect.soft(sounds(phone.heard), `seed ${seed}`).toEqual(said);
    expect.soft(requests.map(Object.keys), `seed ${seed}`).toEqual([['Twiml']]);
  }
}, 60_000);
