/**
 * Compares what was played with what was said. Sound is an array of numbers in units of 16-bit samples.
 *
 * @module
 */

import { resample } from '@patchcord/core';

/** Any run of samples. */
export type Sound = Int16Array | Float32Array | Float64Array;

/** Full scale of a 16-bit sample, as Web Audio sees it. */
const FULL_SCALE = 32_768;

/** Web Audio's samples as 16-bit ones, exact for those that came from 16 bits. */
export function toInt16(sound: Float32Array): Int16Array {
  return Int16Array.from(sound, (value) =>
    Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(value * FULL_SCALE))),
  );
}

/** Where a sound stands in another, sample for sample, or -1. */
export function findExact(sound: Sound, wanted: Sound): number {
  const last = sound.length - wanted.length;
  for (let at = 0; at <= last; at++) {
    let index = 0;
    while (index < wanted.length && sound[at + index] === wanted[index]) index++;
    if (index === wanted.length) return at;
  }
  return -1;
}

/** How many samples differ. Sounds of different lengths differ in every sample beyond the shorter one. */
export function countDifferent(a: Sound, b: Sound): number {
  let different = Math.abs(a.length - b.length);
  for (let index = 0; index < Math.min(a.length, b.length); index++) if (a[index] !== b[index]) different++;
  return different;
}

/** How well a sound was reproduced. */
export interface Likeness {
  /** From -1 to 1. */
  readonly correlation: number;
  /** Of the reproduction over its difference from the original, best gain applied, in dB. */
  readonly snrDb: number;
}

/** Taps to each side of the interpolator: error below -80 dB for speech played at 44.1 or 48 kHz. */
const REACH = 24;

/** Samples of the original that it is looked for with: 0.3 s of speech. */
const PROBE = 2400;

/** The value of a sound between its samples, by a windowed sinc. */
function valueAt(sound: Sound, position: number): number {
  const centre = Math.floor(position);
  let sum = 0;
  for (let index = centre - REACH + 1; index <= centre + REACH; index++) {
    const x = position - index;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    sum += (sound[index] ?? 0) * sinc * Math.cos((Math.PI * x) / (2 * REACH)) ** 2;
  }
  return sum;
}

function likenessAt(original: Sound, played: Sound, step: number, start: number): Likeness {
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let index = 0; index < original.length; index++) {
    const x = original[index] ?? 0;
    const y = valueAt(played, start + index * step);
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  const correlation = xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
  return { correlation, snrDb: -10 * Math.log10(Math.max(1e-12, 1 - correlation ** 2)) };
}

/** Where the original begins in what was played, to the nearest sample of the original. */
function roughStart(original: Sound, played: Sound, step: number): number {
  const length = Math.min(original.length, PROBE);
  const thinned = Float64Array.from({ length: Math.floor(played.length / step) }, (_, index) =>
    valueNearest(played, index * step),
  );
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  let energy = 0;
  for (let index = 0; index < length; index++) energy += (thinned[index] ?? 0) ** 2;
  for (let at = 0; at + length < thinned.length; at++) {
    let product = 0;
    for (let index = 0; index < length; index++)
      product += (original[index] ?? 0) * (thinned[at + index] ?? 0);
    const score = product / Math.sqrt(energy + 1);
    if (score > bestScore) {
      bestScore = score;
      best = at;
    }
    energy += (thinned[at + length] ?? 0) ** 2 - (thinned[at] ?? 0) ** 2;
  }
  return best * step;
}

const valueNearest = (sound: Sound, position: number): number => sound[Math.round(position)] ?? 0;

/**
 * How well a sound was reproduced at another rate, wherever in the recording it stands and by whatever
 * fraction of a sample it is late.
 */
export function likeness(
  original: { readonly sound: Sound; readonly rate: number },
  played: { readonly sound: Sound; readonly rate: number },
): Likeness {
  const step = played.rate / original.rate;
  const probe = original.sound.subarray(0, PROBE);
  let start = roughStart(original.sound, played.sound, step);
  for (let stride = step / 2; stride > step / 1000; stride /= 2) {
    const tries = [start - stride, start, start + stride];
    const scores = tries.map((from) => likenessAt(probe, played.sound, step, from).correlation);
    start = tries[scores.indexOf(Math.max(...scores))] ?? start;
  }
  return likenessAt(original.sound, played.sound, step, start);
}

const WINDOW = 4096;

/** Energy above a frequency over all energy, in dB. */
export function energyAboveDb({ sound, rate }: { sound: Sound; rate: number }, hertz: number): number {
  let above = 0;
  let all = 0;
  for (let from = 0; from + WINDOW <= sound.length; from += WINDOW / 2) {
    const power = spectrum(sound.subarray(from, from + WINDOW));
    for (let bin = 0; bin < power.length; bin++) {
      all += power[bin] ?? 0;
      if ((bin * rate) / WINDOW > hertz) above += power[bin] ?? 0;
    }
  }
  return 10 * Math.log10(above / all);
}

/** Power by frequency, from a Blackman window (side lobes below -58 dB, falling by 18 dB an octave). */
function spectrum(piece: Sound): Float64Array {
  const size = piece.length;
  const re = Float64Array.from(piece, (value, index) => {
    const phase = (2 * Math.PI * index) / size;
    return value * (0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase));
  });
  const im = new Float64Array(size);
  transform(re, im);
  return Float64Array.from({ length: size / 2 }, (_, bin) => (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2);
}

/** The discrete Fourier transform, in place; the length is a power of two. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let index = 1, reversed = 0; index < size; index++) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      [re[index], re[reversed]] = [re[reversed] ?? 0, re[index] ?? 0];
      [im[index], im[reversed]] = [im[reversed] ?? 0, im[index] ?? 0];
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    for (let k = 0; k < span / 2; k++) {
      const angle = (-2 * Math.PI * k) / span;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let a = k; a < size; a += span) {
        const b = a + span / 2;
        const reTurned = (re[b] ?? 0) * cos - (im[b] ?? 0) * sin;
        const imTurned = (re[b] ?? 0) * sin + (im[b] ?? 0) * cos;
        re[b] = (re[a] ?? 0) - reTurned;
        im[b] = (im[a] ?? 0) - imTurned;
        re[a] = (re[a] ?? 0) + reTurned;
        im[a] = (im[a] ?? 0) + imTurned;
      }
    }
  }
}

/** Where a stretch of what was said was found again. */
export interface FoundWindow {
  /** Its beginning in what was said, in milliseconds. */
  readonly saidMs: number;
  /** By how much later it was played, in milliseconds. */
  readonly lateMs: number;
  /** Normalised correlation, -1 to 1. */
  readonly likeness: number;
}

/** Stretches that are looked for, in milliseconds: this long, this far apart. */
const WINDOW_MS = 60;
const WINDOW_EVERY_MS = 100;
/** A place is looked for between samples too: half a sample off, a fricative is hardly like itself. */
const PLACES_PER_SAMPLE = 4;

/** RMS of a stretch with speech in it, in units of 16-bit samples. */
const SPEECH_RMS = 500;

/**
 * Looks for each stretch of speech in what was played, both at 8000 Hz: sound that was stretched in between is found piece
 * by piece.
 *
 * @param begins where in `played` the first sample of `said` would stand with no delay
 * @param mostMs longest delay looked for
 */
export function findWindows(said: Sound, played: Sound, begins: number, mostMs: number): FoundWindow[] {
  const length = WINDOW_MS * 8;
  const fine = resample(Int16Array.from(played), {
    from: 8000,
    to: 8000 * PLACES_PER_SAMPLE,
    quality: 'best',
  });
  const found: FoundWindow[] = [];
  for (let at = 0; at + length <= said.length; at += WINDOW_EVERY_MS * 8) {
    const energy = energyOf(said, at, length);
    if (energy < length * SPEECH_RMS ** 2) continue;
    let best = -1;
    let bestLate = 0;
    const look = (sound: Sound, step: number, late: number): void => {
      const there = Math.round((Math.round(begins) + at + late) * step);
      if (there < 0 || there + length * step > sound.length) return;
      let product = 0;
      let energyThere = 0;
      for (let i = 0; i < length; i++) {
        const value = sound[there + i * step] ?? 0;
        product += (said[at + i] ?? 0) * value;
        energyThere += value ** 2;
      }
      const likeness = product / Math.sqrt(energy * energyThere + 1);
      if (likeness <= best) return;
      best = likeness;
      bestLate = late;
    };
    for (let late = 0; late <= mostMs * 8; late++) look(played, 1, late);
    const nearest = bestLate;
    for (let place = 1 - PLACES_PER_SAMPLE; place < PLACES_PER_SAMPLE; place++) {
      look(fine, PLACES_PER_SAMPLE, nearest + place / PLACES_PER_SAMPLE);
    }
    found.push({ saidMs: at / 8, lateMs: bestLate / 8, likeness: best });
  }
  return found;
}

function energyOf(sound: Sound, at: number, length: number): number {
  let energy = 0;
  for (let i = at; i < at + length; i++) energy += (sound[i] ?? 0) ** 2;
  return energy;
}
