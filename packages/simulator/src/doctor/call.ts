/**
 * What the app does with a call: its start, its first sound, its end.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import { dial } from '../phone/dial.ts';
import { ABNORMAL_CLOSURE } from '../phone/endings.ts';
import type { Phone } from '../phone/phone.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';
import type { DiagnosisOptions } from './options.ts';

/** Callers begin to wonder. */
const SLOW_MS = 3000;

/** Calls, listens, and hangs up. */
export async function checkCall(url: string, options: DiagnosisOptions): Promise<readonly Finding[]> {
  let phone: Phone;
  try {
    phone = await dial(url, options);
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return [failed('start', `The second connection did not come about. ${error.message}`), ...uncalled()];
  }
  const heard = firstAudio(phone, options.listenMs);
  await phone.wait(options.settleMs);
  const early = await ended(phone);
  if (early !== undefined) {
    return [
      failed(
        'start',
        `${early} That was after ${Math.round(phone.timestampMs)} ms. Its log should say why; one that authorizes calls by custom parameters is given them by --parameter.`,
      ),
      ...uncalled(),
    ];
  }
  const first = await heard;
  const start = startOf(phone);
  return [start, first, await closeOf(phone)];
}

/** What cannot be looked at without a call. */
function uncalled(): readonly Finding[] {
  return [skipped('first audio', 'Not looked at.'), skipped('close', 'Not looked at.')];
}

function startOf({ warnings }: Phone): Finding {
  if (warnings.length === 0)
    return ok('start', 'The app takes `start`, and says nothing that Twilio would warn about.');
  const words = warnings.map(({ code, message }) => `${code}: ${message}`).join(' ');
  return failed('start', `The app takes \`start\`, and then sends what Twilio would warn about. ${words}`);
}

async function firstAudio(phone: Phone, listenMs: number): Promise<Finding> {
  try {
    const startMs = await phone.waitForSpeech({ timeoutMs: listenMs });
    const words = `The first sound is heard ${Math.round(startMs)} ms after \`start\`.`;
    if (startMs <= SLOW_MS) return ok('first audio', words);
    return warning('first audio', `${words} Callers take that for a dead line: greet sooner.`);
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    if (error.code === 'timeout') {
      return warning(
        'first audio',
        `Nothing was heard for ${listenMs} ms. That is well for an app that lets the caller begin. Else look whether it sends \`media\` with the streamSid of this \`start\`, and µ-law bytes, not a WAV file or PCM.`,
      );
    }
    const end = await phone.closed;
    return failed('first audio', `The call was over before anything was heard. ${end.message}`);
  }
}

async function closeOf(phone: Phone): Promise<Finding> {
  const before = await ended(phone);
  if (before !== undefined) {
    return warning(
      'close',
      `The app ended the call itself. ${before} With Twilio, the next TwiML verb follows then.`,
    );
  }
  const { closeCode } = await phone.hangUp();
  if (closeCode !== ABNORMAL_CLOSURE) return ok('close', 'After `stop` the app lets the connection close.');
  return warning(
    'close',
    'After `stop` the app does not answer the closing handshake. Its socket may stay open for ever: have it close on `stop` and on the close frame.',
  );
}

/** Why the call is over; undefined while it is not. */
async function ended(phone: Phone): Promise<string | undefined> {
  const end = await Promise.race([phone.closed, Promise.resolve(undefined)]);
  return end?.message;
}
