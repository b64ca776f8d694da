/** Reads something aloud. When the caller speaks it is silent at once, and then goes on from what was last heard. */

import { type Call, createSpeechDetector, type WavSound } from '@patchcord/core';

/** Said again after an interruption, in milliseconds: nobody follows from the middle of a word. */
const STEP_BACK_MS = 500;

/** Resolves when all was heard, or the caller has hung up. Tells `log` what was heard at each interruption. */
export async function readAloud(
  call: Call,
  { samples, sampleRate }: WavSound,
  log: (line: string) => void = () => {},
): Promise<void> {
  const ear = createSpeechDetector({ sampleRate: call.sampleRate });
  let onQuiet = () => {};
  call.observe((frame, phase) => {
    if (phase !== 'received' || frame.kind !== 'audio') return;
    const change = ear.push(frame.samples);
    if (change === 'started') call.interrupt(); // `clear` leaves in this very tick
    if (change === 'stopped') onQuiet();
  });

  let fromMs = 0;
  while (true) {
    const rest = samples.slice((fromMs * sampleRate) / 1000); // a copy, for a call owns what it plays
    const { outcome, heardMs, errorMs } = await call.play(rest, { sampleRate }).done;
    if (outcome !== 'cleared') return;
    log(`Interrupted: ${fromMs + heardMs} ms were heard, give or take ${Math.ceil(errorMs)} ms.`);
    fromMs = Math.max(0, fromMs + heardMs - STEP_BACK_MS);
    const quiet = new Promise<void>((resolve) => {
      onQuiet = resolve;
    });
    if (ear.speaking) await Promise.race([quiet, call.closed]);
  }
}
