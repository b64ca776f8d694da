import type { AudioFrame, StartFrame } from '@patchcord/core';

/** An audio frame of the given samples, at 8000 Hz unless said otherwise. */
export function audio(samples: Iterable<number>, changes: Partial<AudioFrame> = {}): AudioFrame {
  return {
    kind: 'audio',
    samples: Int16Array.from(samples),
    sampleRate: 8000,
    channels: 1,
    timestampMs: 0,
    track: 'inbound',
    ...changes,
  };
}

/** Samples that can be told apart: 1, 2, 3... */
export const count = (length: number, first = 1): number[] =>
  Array.from({ length }, (_, index) => first + index);

export const START: StartFrame = {
  kind: 'start',
  provider: 'twilio',
  streamId: 'MZ11223344556677889900aabbccddeeff',
  callId: 'CAffeeddccbbaa00998877665544332211',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound'],
  parameters: {},
};
