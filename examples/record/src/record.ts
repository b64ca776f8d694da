/** Takes a message: asks for it, records both sides to a stereo WAV file, and ends with the pound key. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Call, collectKeys, tone, type WavSound } from '@patchcord/core';
import { recordCall } from '@patchcord/node';

/** The longest message, in milliseconds. */
const LONGEST_MS = 120_000;

/** Where a call is recorded. Its id comes from the wire, so it is no path before it is looked at. */
export function recordingOf(folder: string, callId: string): string {
  return join(folder, `${callId.replaceAll(/[^A-Za-z0-9]/g, '_')}.wav`);
}

/** Resolves when the caller has pressed the pound key, has hung up, or has said enough. */
export async function takeMessage(call: Call, greeting: WavSound, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const recording = recordCall(call, recordingOf(folder, call.info.callId));

  call.play(greeting.samples.slice(), { sampleRate: greeting.sampleRate });
  await call.play(tone({ frequency: 1000, ms: 400, sampleRate: 8000 }), { sampleRate: 8000 }).done;
  await collectKeys(call, { terminator: '#', firstTimeoutMs: LONGEST_MS });

  const { durationMs, error } = await recording.stop(); // a failing disk harms no call: it is told here
  console.log(error ? `Not recorded: ${error.message}` : `Recorded ${(durationMs / 1000).toFixed(1)} s.`);
}
