/**
 * Calls on the virtual clock, with no test framework: they run as they are in Node, Deno and Bun.
 *
 * @module
 */

import { mulaw, openCall, twilio } from '@patchcord/core';
import { createRandom } from '../src/faults/random.ts';
import { openPhone } from '../src/phone/dial.ts';
import { createVirtualClock } from '../src/virtual/clock.ts';
import { createLink } from '../src/virtual/link.ts';

/** Sound of which no sample is silent, and which µ-law leaves as it is. */
export function sound(milliseconds: number, seed: number): Int16Array<ArrayBuffer> {
  const random = createRandom(seed);
  return mulaw.decode(Uint8Array.from({ length: 8 * milliseconds }, () => random.between(0x80, 0xf0)));
}

const FRAME = 160;

/**
 * A caller says something for a while, and the app's streams say it back at once.
 *
 * @returns 20 ms frames that were said, and those that were heard as said, one step later.
 */
export async function throughAnEcho(
  milliseconds: number,
): Promise<{ readonly frames: number; readonly echoed: number; readonly events: string }> {
  const clock = createVirtualClock();
  const link = createLink({ clock });
  const opening = openCall(link.app, twilio, { clock });
  const phone = await openPhone(link.phone, { clock });
  const call = await clock.run(opening);
  void call.readable.pipeTo(call.writable);
  const said = sound(milliseconds, 1);
  void phone.say(said);
  await clock.advance(milliseconds + 20);
  const { heard } = phone;
  await clock.run(phone.hangUp());
  const frames = said.length / FRAME;
  let echoed = 0;
  for (let frame = 0; frame < frames; frame++) {
    const from = frame * FRAME;
    let same = true;
    for (let at = from; at < from + FRAME; at++) same &&= heard[at + FRAME] === said[at];
    if (same) echoed++;
  }
  return { frames, echoed, events: JSON.stringify(phone.events) };
}

/** A talk over a bad link, with a greeting, keys and an interruption: what happened, as text. */
export async function talkOverABadLink(seed: number): Promise<string> {
  const clock = createVirtualClock();
  const link = createLink({ clock, delayMs: 35, jitterMs: 30, bytesPerSecond: 24_000, seed });
  const opening = openCall(link.app, twilio, { clock });
  const phone = await clock.run(openPhone(link.phone, { clock }));
  const call = await clock.run(opening);
  call.play(sound(900, seed));
  call.observe((frame) => {
    if (frame.kind === 'dtmf') {
      call.interrupt();
      call.play(sound(200, seed + 1));
    }
  });
  const talk = async (): Promise<void> => {
    await phone.waitForSpeech();
    await phone.press('1');
    await phone.say(sound(330, seed + 2));
    await phone.waitForSilence({ ms: 400 });
    await phone.hangUp();
    await call.closed;
  };
  await clock.run(talk());
  return JSON.stringify({ events: phone.events, heard: [...phone.heard], stats: call.stats });
}

/** 32 bits that differ where texts do, most likely: FNV-1a. */
export function fingerprint(text: string): string {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
