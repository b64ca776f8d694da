/**
 * Calls whose wire has another rate than the player's 8 kHz.
 *
 * @module
 */

import { type Frame, ResampleStream } from '@patchcord/core';
import type { CallSource } from './sources.ts';

/** Hz, of the player. */
const PLAYER_RATE = 8000;

/** A source whose sound has the player's rate, whatever the wire's. */
export function atPlayerRate(source: CallSource): Pick<CallSource, 'listen'> {
  return {
    listen: (callId) =>
      source
        .listen(callId)
        .pipeThrough(new ResampleStream({ sampleRate: PLAYER_RATE })) as ReadableStream<Frame>,
  };
}
