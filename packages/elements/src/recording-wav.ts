import { encodeWav } from '@patchcord/core';
import type { Recording } from './recording.ts';

/** All that a recording keeps as a WAV file: the caller left, the agent right, 16 bits. */
export function wavOf(recording: Recording): Uint8Array<ArrayBuffer> {
  const { fromMs = 0, endMs, sampleRate } = recording;
  const left = recording.read('inbound', fromMs, endMs);
  const right = recording.read('outbound', fromMs, endMs);
  const samples = new Int16Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    samples[2 * i] = left[i] ?? 0;
    samples[2 * i + 1] = right[i] ?? 0;
  }
  return encodeWav({ samples, sampleRate, channels: 2 });
}
