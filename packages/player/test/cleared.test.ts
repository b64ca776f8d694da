import { type Call, mulaw, openCall, twilio } from '@patchcord/core';
import { createHub, ticketOf } from '@patchcord/monitor';
import { MonitorClient } from '@patchcord/monitor/client';
import { createLink, createVirtualClock, openPhone } from '@patchcord/simulator';
import { createSocketPair } from '@patchcord/testing';
import { expect, test } from 'vitest';
import { JitterBuffer } from '../src/index.ts';
import { random } from './link.ts';

/**
 * What the app says and then clears, as the dashboard plays it, against the ear of the simulated caller. Everything but the
 * tickets' signature runs on one virtual clock.
 */

const CASES = 100;

/** The dashboard's delay: fixed, so that no sample is stretched. */
const DELAY_MS = 300;

/** Sound is compared in pieces of this length: 5 ms. */
const PIECE = 40;

/** Speech that is like no other: µ-law codes, 8000 a second. */
function codesOf(seed: number, ms: number): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  return Uint8Array.from({ length: ms * 8 }, () => Math.floor(next() * 100) + 10);
}

/** The pieces of a sound, by number, that stand somewhere in another. */
function piecesIn(heard: Uint8Array, said: Uint8Array): Set<number> {
  const found = new Set<number>();
  const whole = Buffer.from(heard.buffer, heard.byteOffset, heard.length);
  for (let at = 0; at + PIECE <= said.length; at += PIECE) {
    if (whole.includes(Buffer.from(said.subarray(at, at + PIECE)))) found.add(at / PIECE);
  }
  return found;
}

/** Turns macrotasks until something is so that waits for no clock. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 10_000 && !condition(); i++) await new Promise((resolve) => setImmediate(resolve));
  expect(condition()).toBe(true);
}

interface Outcome {
  /** Of all that was said, in milliseconds. */
  readonly saidMs: number;
  readonly heardMs: number;
  /** What the dashboard played though the caller never heard it, and what the caller heard and the dashboard did not play. */
  readonly tooMuchMs: number;
  readonly lackingMs: number;
}

async function run(seed: number): Promise<Outcome> {
  const next = random(seed);
  const clock = createVirtualClock();
  const delayMs = Math.floor(60 * next());
  const jitterMs = seed % 2 === 0 ? 0 : Math.floor(30 * next());
  const link = createLink({ clock, delayMs, jitterMs, seed });
  const hub = createHub({ clock });
  const ticket = await hub.issueTicket({ scopes: ['list', 'listen'] });
  const client = MonitorClient.connect('ws://gateway.test/monitor', {
    ticket: () => Promise.resolve(ticket),
    clock,
    WebSocket: class {
      constructor(_url: string, protocols: string[]) {
        const [near, far] = createSocketPair();
        void hub.accept(far, ticketOf(protocols.join(', ')));
        // biome-ignore lint/correctness/noConstructorReturn: a class is what a client takes, a pair's end is what it needs
        return near;
      }
    } as never,
  });
  await until(() => client.state === 'connected');

  const opening = openCall(link.app, twilio, { clock });
  const phoning = openPhone(link.phone, { clock });
  await clock.advance(200);
  const phone = await phoning;
  const call: Call = await opening;
  hub.watch(call);
  const reader = client.listen(call.info.callId).getReader();
  const buffer = new JitterBuffer({ delayMs: DELAY_MS });
  const drain = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.kind === 'audio') buffer.push(value.track, value.timestampMs, value.samples, clock.now());
    }
  };
  void drain();

  const played: number[] = [];
  const outbound = new Float32Array(160);
  const listen = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 20) {
      await clock.advance(20);
      buffer.read(new Float32Array(160), outbound, 160, clock.now());
      for (const sample of outbound) played.push(Math.round(sample * 32_768));
    }
  };
  await listen(400);
  const said: Uint8Array[] = [];
  for (let turn = 0; turn < 2; turn++) {
    // A burst of several pieces at once, far ahead of what can be heard, cut off somewhere or played out.
    const pieces = 1 + Math.floor(3 * next());
    for (let piece = 0; piece < pieces; piece++) {
      const codes = codesOf(1000 * seed + 10 * turn + piece, 200 + 20 * Math.floor(30 * next()));
      said.push(codes);
      call.play(mulaw.decode(codes), { sampleRate: 8000 });
    }
    await listen(Math.floor(900 * next()));
    call.interrupt();
    await listen(Math.floor(300 * next()));
  }
  await listen(1000);
  const dashboard = mulaw.encode(Int16Array.from(played));
  const ear = mulaw.encode(phone.heard);
  let [saidMs, heardMs, tooMuchMs, lackingMs] = [0, 0, 0, 0];
  for (const codes of said) {
    const inEar = piecesIn(ear, codes);
    const onDashboard = piecesIn(dashboard, codes);
    saidMs += codes.length / 8;
    heardMs += inEar.size * 5;
    for (const piece of onDashboard) if (!inEar.has(piece)) tooMuchMs += 5;
    for (const piece of inEar) if (!onDashboard.has(piece)) lackingMs += 5;
  }
  void phone.hangUp();
  await clock.advance(1000);
  client.close();
  await hub.close();
  return { saidMs, heardMs, tooMuchMs, lackingMs };
}

test('of bursts that are cleared, the dashboard plays what the caller heard, and not a playout frame more', async () => {
  let [said, heard, lacking] = [0, 0, 0];
  for (let seed = 1; seed <= CASES; seed++) {
    const { saidMs, heardMs, tooMuchMs, lackingMs } = await run(seed);
    // The provider plays in frames of 20 ms, and nothing is known more finely than that.
    expect(tooMuchMs, `cleared and yet played, seed ${seed}`).toBeLessThanOrEqual(20);
    // What is heard while a clear is on its way counts as cleared: up to 60 ms and the jitter, twice.
    expect(lackingMs, `heard and not played, seed ${seed}`).toBeLessThanOrEqual(2 * 80);
    said += saidMs;
    heard += heardMs;
    lacking += lackingMs;
  }
  expect(heard / said, 'the share that was heard: both are common').toBeLessThan(0.6);
  expect(lacking / heard).toBeLessThan(0.1);
}, 120_000);
