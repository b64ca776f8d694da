/**
 * Finds sounds and tones in what was heard. Pure.
 *
 * @module
 */

import { LINE_RATE } from '../phone/sound.ts';

/** A part of what was heard, in samples. */
export interface Stretch {
  readonly index: number;
  readonly length: number;
}

/** Where a sound is most like what was heard. */
export interface Found {
  readonly index: number;
  /** The normalized correlation there, from 0 to 1. */
  readonly similarity: number;
}

/** What is louder than this counts as sound: the peak of 10 ms, as `waitForSpeech` has it. */
const LOUD = 32_768 * 10 ** (-45 / 20);
const LOUD_WINDOW = LINE_RATE / 100;

/** A tone is looked for in 20 ms at a time. */
const TONE_WINDOW = LINE_RATE / 50;

/** How much of a window's energy a tone has to hold. */
const TONE_SHARE = 0.7;

/** A sound is looked for by its loudest 40 ms, and compared whole where those are found. */
const PROBE = LINE_RATE / 25;
const CANDIDATES = 32;

/** Stretches of sound, one after another. */
export function loudStretches(samples: Int16Array): Stretch[] {
  return stretches(samples.length, LOUD_WINDOW, (from, to) => {
    for (let index = from; index < to; index++) if (Math.abs(samples[index] ?? 0) >= LOUD) return true;
    return false;
  });
}

/** Stretches in which there is a tone of a frequency, and little else. */
export function toneStretches(samples: Int16Array, frequency: number): Stretch[] {
  const step = (2 * Math.PI * frequency) / LINE_RATE;
  return stretches(samples.length, TONE_WINDOW, (from, to) => {
    let [real, imaginary, energy, peak] = [0, 0, 0, 0];
    for (let index = from; index < to; index++) {
      const sample = samples[index] ?? 0;
      real += sample * Math.cos(step * index);
      imaginary += sample * Math.sin(step * index);
      energy += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    // A pure tone of n samples and amplitude a has a correlation of a·n/2, and an energy of a²·n/2.
    return peak >= LOUD && (2 * (real * real + imaginary * imaginary)) / (to - from) >= TONE_SHARE * energy;
  });
}

function stretches(length: number, window: number, holds: (from: number, to: number) => boolean): Stretch[] {
  const found: Stretch[] = [];
  for (let from = 0; from + window <= length; from += window) {
    if (!holds(from, from + window)) continue;
    const last = found.at(-1);
    if (last !== undefined && last.index + last.length === from) {
      found[found.length - 1] = { index: last.index, length: last.length + window };
    } else found.push({ index: from, length: window });
  }
  return found;
}

/** Finds where a sound is most like what was heard. An empty or silent sound is nowhere. */
export function findSound(heard: Int16Array, sound: Int16Array): Found {
  const nowhere: Found = { index: 0, similarity: 0 };
  if (sound.length === 0 || sound.length > heard.length) return nowhere;
  const probeAt = loudestAt(sound, Math.min(PROBE, sound.length));
  const probe = sound.subarray(probeAt, probeAt + PROBE);
  const candidates: Found[] = [];
  let weakest = 0;
  for (let index = 0; index + sound.length <= heard.length; index++) {
    const similarity = similarityAt(heard, index + probeAt, probe);
    if (similarity <= weakest) continue;
    candidates.push({ index, similarity });
    if (candidates.length <= CANDIDATES) continue;
    candidates.sort((one, other) => other.similarity - one.similarity);
    candidates.length = CANDIDATES;
    weakest = candidates.at(-1)?.similarity ?? 0;
  }
  return candidates.reduce<Found>((best, { index }) => {
    const similarity = similarityAt(heard, index, sound);
    return similarity > best.similarity ? { index, similarity } : best;
  }, nowhere);
}

function loudestAt(sound: Int16Array, length: number): number {
  let energy = 0;
  let most = -1;
  let at = 0;
  for (let end = 0; end < sound.length; end++) {
    energy += (sound[end] ?? 0) ** 2;
    const start = end - length + 1;
    if (start > 0) energy -= (sound[start - 1] ?? 0) ** 2;
    if (start >= 0 && energy > most) {
      most = energy;
      at = start;
    }
  }
  return at;
}

/** The normalized correlation of a sound with what was heard from a place on; 0 where it is negative. */
function similarityAt(heard: Int16Array, from: number, sound: Int16Array): number {
  let [product, heardEnergy, soundEnergy] = [0, 0, 0];
  for (let index = 0; index < sound.length; index++) {
    const one = heard[from + index] ?? 0;
    const other = sound[index] ?? 0;
    product += one * other;
    heardEnergy += one * one;
    soundEnergy += other * other;
  }
  const scale = Math.sqrt(heardEnergy * soundEnergy);
  return scale > 0 ? Math.max(0, product / scale) : 0;
}
