/**
 * A call on the virtual clock, recorded, with no test framework: it runs as it is in Node, Deno and Bun.
 *
 * @module
 */

import { type Call, mulaw, openCall, twilio } from '@patchcord/core';
import {
  createLink,
  createVirtualClock,
  openPhone,
  type Phone,
  type VirtualClock,
} from '@patchcord/simulator';
import { type Recording, recordCall } from '../src/recorder.ts';
import type { RecordingWriter } from '../src/recording-file.ts';

export interface Talk {
  readonly call: Call;
  readonly phone: Phone;
  readonly clock: VirtualClock;
  readonly recording: Recording;
}

/** Opens a call over a usual link, and records it. */
export async function openTalk(
  destination: string | RecordingWriter,
  { delayMs = 20, jitterMs = 30, sampleRate = 8000 } = {},
): Promise<Talk> {
  const clock = createVirtualClock();
  const link = createLink({ clock, delayMs, jitterMs, seed: 7 });
  const opening = openCall(link.app, twilio, { clock, sampleRate });
  const phone = await clock.run(openPhone(link.phone, { clock }));
  const call = await clock.run(opening);
  return { call, phone, clock, recording: recordCall(call, destination, { clock }) };
}

/** Sound of which no sample is silent, and which µ-law leaves as it is. */
export function sound(milliseconds: number, seed: number): Int16Array<ArrayBuffer> {
  let state = seed;
  return mulaw.decode(
    Uint8Array.from({ length: 8 * milliseconds }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return 0x80 + ((state >>> 16) % 0x70);
    }),
  );
}

/**
 * Both sides talk, and the caller interrupts now and then.
 *
 * @param stepped is waited for after every 100 ms.
 */
export async function talkFor(
  milliseconds: number,
  { call, phone, clock }: Talk,
  stepped: (timestampMs: number) => Promise<void> = async () => {},
): Promise<void> {
  for (let step = 0; step * 100 < milliseconds; step++) {
    if (step % 9 === 0) void phone.say(sound(600, step + 1));
    if (step % 14 === 2) call.play(sound(1500, step + 100));
    if (step % 28 === 10) call.interrupt();
    await clock.advance(100);
    await stepped(call.timestampMs);
  }
}
