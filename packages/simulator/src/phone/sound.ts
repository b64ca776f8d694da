import { decodeWav, MediaError, resample } from '@patchcord/core';

/** Rate of a telephone line, in Hz. */
export const LINE_RATE = 8000;

/**
 * Something to say: mono samples at 8 kHz, samples at a rate of their own, or the bytes of a WAV file of any rate
 * (PCM, µ-law or A-law).
 */
export type Sound =
  | Int16Array
  | Uint8Array
  | {
      readonly samples: Int16Array;
      /** Hz. */
      readonly sampleRate: number;
      /** Interleaved when more than one; they are mixed into one. Default: 1. */
      readonly channels?: number;
    };

/**
 * The sound as mono samples at 8 kHz, in a fresh array.
 *
 * @throws {MediaError} `invalid-argument` for bytes that are no WAV file, for a rate that cannot be converted, and for
 * what is no sound at all.
 */
export function toLineSamples(sound: Sound): Int16Array<ArrayBuffer> {
  if (sound instanceof Int16Array) return sound.slice();
  const { samples, sampleRate, channels = 1 } = sound instanceof Uint8Array ? decodeWav(sound) : sound;
  if (!(samples instanceof Int16Array)) {
    throw new MediaError(
      'invalid-argument',
      'A phone says 16-bit samples (an Int16Array, alone at 8000 Hz or with its sampleRate), or the bytes of a WAV file; something else came.',
    );
  }
  const mono = mixDown(samples, channels);
  return sampleRate === LINE_RATE
    ? mono
    : resample(mono, { from: sampleRate, to: LINE_RATE, quality: 'best' });
}

function mixDown(samples: Int16Array, channels: number): Int16Array<ArrayBuffer> {
  if (channels === 1) return samples.slice();
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let index = 0; index < mono.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[index * channels + channel] ?? 0;
    mono[index] = Math.round(sum / channels);
  }
  return mono;
}
