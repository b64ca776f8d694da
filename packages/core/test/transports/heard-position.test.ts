import { openCall, twilio } from '@patchcord/core';
import { openPhone } from '@patchcord/simulator';
import { createManualClock, createSocketPair } from '@patchcord/testing';
import { expect, test } from 'vitest';
import { countable } from './line.ts';

const LONG = process.env.PATCHCORD_LONG === '1';

const ONE_WAY_MS = 20;

/** Interruptions before the link is known well; their stated error bound must hold. */
const PROBES = 20;

function random(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Sample {
  /** What the call said was heard, less what the ear had heard at that moment. */
  readonly errorMs: number;
  readonly boundMs: number;
}

/** Interrupts playbacks again and again on a link that delays each message, in order, by 20 ms and some jitter. */
async function interruptions(seed: number, jitterMs: number, count: number): Promise<Sample[]> {
  const clock = createManualClock();
  const next = random(seed);
  const pair = createSocketPair();
  for (const socket of pair) {
    const send = socket.send.bind(socket);
    let lastMs = 0;
    socket.send = (data) => {
      lastMs = Math.max(lastMs, clock.now() + ONE_WAY_MS + next() * jitterMs);
      clock.after(lastMs - clock.now(), () => send(data));
    };
  }
  const opening = openCall(pair[0], twilio, { clock });
  const dialling = openPhone(pair[1], { clock });
  await clock.advance(300);
  const call = await opening;
  const phone = await dialling;
  const speech = countable(1500, seed);
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) {
    const from = Math.floor(phone.timestampMs * 8);
    const playback = call.play(speech.slice());
    await clock.advance(200 + next() * 1000);
    const to = Math.floor(phone.timestampMs * 8);
    const { playbacks } = call.interrupt();
    const { errorMs: boundMs } = await playback.done;
    await clock.advance(200 + next() * 100);
    let heard = 0;
    for (const sample of phone.heard.subarray(from, to)) if (sample !== 0) heard++;
    samples.push({ errorMs: (playbacks[0]?.heardMs ?? 0) - heard / 8, boundMs });
  }
  return samples;
}

test.each([
  { jitterMs: 0, p95Ms: 2, maxMs: 2, lines: 2, each: 20 },
  { jitterMs: 20, p95Ms: 20, maxMs: 20, lines: 8, each: 25 },
  { jitterMs: 50, p95Ms: 20, maxMs: 50, lines: LONG ? 20 : 8, each: 50 },
])(
  'what was heard is known within $p95Ms ms (p95) and $maxMs ms (all) at 0 to $jitterMs ms of jitter',
  { timeout: 120_000 },
  async ({ jitterMs, p95Ms, maxMs, lines, each }) => {
    const errors: number[] = [];
    for (let seed = 1; seed <= lines; seed++) {
      const samples = await interruptions(seed, jitterMs, PROBES + each);
      for (const { errorMs, boundMs } of samples.slice(0, PROBES)) {
        expect(Math.abs(errorMs)).toBeLessThanOrEqual(boundMs);
      }
      errors.push(...samples.slice(PROBES).map(({ errorMs }) => Math.abs(errorMs)));
    }
    errors.sort((a, b) => a - b);
    expect(errors).toHaveLength(lines * each);
    expect(errors[Math.floor(errors.length * 0.95)]).toBeLessThanOrEqual(p95Ms);
    expect(errors.at(-1)).toBeLessThanOrEqual(maxMs);
  },
);
