import { type AudioFrame, durationMs, type Frame, MediaError } from '@patchcord/core';
import { HISTORY, RATE } from './timing.ts';

/**
 * Checks that sound is what the player plays: 8000 Hz, mono, a second at most.
 *
 * @throws MediaError `wrong-format`
 */
export function checkFormat(frame: AudioFrame): void {
  if (frame.sampleRate !== RATE || frame.channels !== 1) {
    throw new MediaError(
      'wrong-format',
      `The player takes ${RATE} Hz mono; this frame has ${frame.sampleRate} Hz and ${frame.channels} channel(s). Put a ResampleStream in front.`,
    );
  }
  if (frame.samples.length > HISTORY) {
    throw new MediaError(
      'wrong-format',
      `The player takes sound as it happens, at most one second in a frame; this one has ${Math.round(durationMs(frame))} ms. Put a RechunkStream in front.`,
    );
  }
}

/** Lets frames be looked at on their way. */
export function tapped(onFrame: (frame: Frame) => void): TransformStream<Frame, Frame> {
  return new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      onFrame(frame);
      controller.enqueue(frame);
    },
  });
}
