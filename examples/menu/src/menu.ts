/** A voice menu: says what there is, and does what the caller's keys say. A key cuts a prompt short. */

import { type Call, collectKeys, dtmfTone, type Playback, type WavSound } from '@patchcord/core';

/** What is said. */
export interface Prompts {
  /** "... press one. ... press two." */
  readonly choices: WavSound;
  /** "Please wait ..." */
  readonly hold: WavSound;
  /** "Type your number, then the pound key." */
  readonly number: WavSound;
  /** "That is not a choice." */
  readonly wrong: WavSound;
}

/** Longest wait for a key, in milliseconds: a long prompt, and some seconds to think. */
const ANSWER_MS = 35_000;

/** How often a caller is asked again. */
const TRIES = 3;

/** Asks until a choice is known, serves it, and is done: what was said last is heard before the call ends. */
export async function menu(call: Call, prompts: Prompts): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    say(call, prompts.choices);
    const { digits, reason } = await collectKeys(call, {
      maxDigits: 1,
      firstTimeoutMs: ANSWER_MS,
      interruptOnKey: true,
    });
    if (reason === 'call-ended') return;
    if (digits === '1') {
      say(call, prompts.hold);
      return;
    }
    if (digits === '2') return readBack(call, prompts);
    say(call, prompts.wrong);
  }
}

/** Takes a number and says it back in the tones of its keys. */
async function readBack(call: Call, prompts: Prompts): Promise<void> {
  say(call, prompts.number);
  const { digits } = await collectKeys(call, {
    terminator: '#',
    firstTimeoutMs: ANSWER_MS,
    interruptOnKey: true,
  });
  for (const digit of digits) call.play(dtmfTone(digit), { sampleRate: 8000 });
}

/** Plays a copy, for a call owns the samples that it is given. */
function say(call: Call, { samples, sampleRate }: WavSound): Playback {
  return call.play(samples.slice(), { sampleRate });
}
