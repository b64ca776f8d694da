/**
 * What a resampler does to sound, in figures. Telephone speech reaches from 300 to 3400 Hz; what lies there is
 * mirrored about multiples of 8000 Hz, from 4600 Hz on.
 */

import { groupDelay } from '../../src/dsp/filter.ts';
import { filterBank } from '../../src/dsp/filter-bank.ts';
import type { Resampler } from '../../src/dsp/resampler.ts';
import { createPlainResampler, createResampler, type ResamplerQuality } from '../../src/dsp/resampler.ts';

/** Which of its two forms the arithmetic runs in: the one that is chosen here, or always plain TypeScript. */
export type Form = 'chosen' | 'plain';

export interface Conversion {
  readonly from: number;
  readonly to: number;
  readonly quality: ResamplerQuality;
  readonly form: Form;
}

/** The filter of a conversion is the same in both forms. */
export type Filter = Omit<Conversion, 'form'>;

export function resamplerFor({ form, ...options }: Conversion): Resampler {
  return form === 'plain' ? createPlainResampler(options) : createResampler(options);
}

/** A conversion measured through 16-bit samples, as a call hears it. */
export interface Measured {
  /** Largest difference of gain from that at 1 kHz, 300 to 3400 Hz. */
  readonly rippleDb: number;
  /** Gain at 1 kHz. */
  readonly gainDb: number;
  /** Mirror images of telephone speech, below the tone that makes them. */
  readonly telephoneRejectionDb: number;
  readonly thdNoiseDb: number;
  readonly maxLatencyMs: number;
}

/** A conversion as its coefficients have it. */
export interface Computed {
  readonly rippleDb: number;
  /** Gain at the edge of the telephone band and beyond it, against that at 1 kHz. */
  readonly gain3400Db: number;
  readonly gain3600Db: number;
  readonly gain3800Db: number;
  /** Least attenuation from 4600 Hz on. */
  readonly telephoneRejectionDb: number;
  /** Least attenuation from 4050 Hz on. */
  readonly fullRejectionDb: number;
  readonly groupDelay3400Ms: number;
  readonly taps: number;
}

const FULL_SCALE = 32768;
const TONE_SECONDS = 0.4;
const RAMP_SECONDS = 0.01;
const ANALYSE_FROM = 0.15;
const ANALYSE_TO = 0.35;

export const telephoneTones: readonly number[] = [300, ...range(400, 3400, 100)];

/** Tones above the telephone band that a conversion down to 8 kHz must not let through as aliases. */
const TONES_ABOVE = [
  4600, 4650, 4700, 4800, 4900, 5000, 5250, 5500, 5900, 6300, 7100, 7500, 7900, 8300, 9100, 11100, 11900,
  12900, 15100, 17300, 19100, 20900, 22900, 23700,
];

export function measure(conversion: Conversion): Measured {
  const { from, to } = conversion;
  const delay = alignmentDelay(conversion);
  const spectrum = new Spectrum(to, delay);

  const gains = new Map<number, number>();
  let loudest = -Infinity;
  for (const frequency of telephoneTones) {
    const output = toneThrough(conversion, frequency, 0.5);
    gains.set(frequency, decibels(spectrum.amplitude(output, frequency) / 0.5));
    for (let k = 8000; k - frequency < to / 2; k += 8000) {
      for (const image of [k - frequency, k + frequency]) {
        if (image < to / 2) loudest = Math.max(loudest, decibels(spectrum.amplitude(output, image) / 0.5));
      }
    }
  }
  if (to === 8000) {
    for (const frequency of TONES_ABOVE.filter((tone) => tone <= from / 2 - 20)) {
      const alias = Math.abs(frequency - 8000 * Math.round(frequency / 8000));
      const output = toneThrough(conversion, frequency, 0.5);
      loudest = Math.max(loudest, decibels(spectrum.amplitude(output, alias) / 0.5));
    }
  }

  const gainDb = gains.get(1000) ?? Number.NaN;
  const rippleDb = Math.max(...[...gains.values()].map((gain) => Math.abs(gain - gainDb)));
  return {
    rippleDb,
    gainDb,
    telephoneRejectionDb: -loudest,
    thdNoiseDb: thdNoise(conversion, delay),
    maxLatencyMs: maxLatency(conversion, delay),
  };
}

/** The response of the coefficients, without rounding. Frequencies are scaled with the lower of the two rates. */
export function compute({ from, to, quality }: Filter): Computed {
  const bank = filterBank(from, to, quality);
  const taps = impulseResponse({ from, to, quality });
  const rate = from * bank.phases;
  const scale = Math.min(from, to) / 8000;
  const gain = (frequency: number) => decibels(magnitude(taps, (frequency * scale) / rate));
  const gain1000 = gain(1000);

  let telephone = -Infinity;
  let full = -Infinity;
  const highest = Math.min(rate / 2, 60_000) / scale;
  for (let frequency = 4050; frequency < highest; frequency += frequency < 6000 ? 25 : 75) {
    const level = gain(frequency);
    full = Math.max(full, level);
    if (frequency >= 4600) telephone = Math.max(telephone, level);
  }
  return {
    rippleDb: Math.max(...telephoneTones.map((frequency) => Math.abs(gain(frequency) - gain1000))),
    gain3400Db: gain(3400) - gain1000,
    gain3600Db: gain(3600) - gain1000,
    gain3800Db: gain(3800) - gain1000,
    telephoneRejectionDb: -telephone,
    fullRejectionDb: -full,
    groupDelay3400Ms: (1000 * (groupDelay(taps, (3400 * scale) / rate) - bank.offset)) / rate,
    taps: bank.taps,
  };
}

/** The coefficients of a conversion in order of time, on the grid of both rates. */
export function impulseResponse({ from, to, quality }: Filter): Float64Array {
  const { phases, taps, coefficients } = filterBank(from, to, quality);
  const response = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    for (let newest = 0; newest < taps; newest++) {
      const oldest = taps - 1 - newest;
      const index = phase * taps + oldest;
      response[newest * phases + phase] = (coefficients[index] ?? Number.NaN) / phases;
    }
  }
  return response;
}

/** The shift, in seconds, at which a short 1 kHz burst matches best what came out of it. */
function alignmentDelay(conversion: Conversion): number {
  const { from, to } = conversion;
  const centre = 0.05;
  const burst = (t: number) =>
    Math.abs(t) < 0.01
      ? 0.8 * (0.5 + 0.5 * Math.cos(Math.PI * t * 100)) * Math.cos(2 * Math.PI * 1000 * t)
      : 0;
  const input = new Int16Array(from * 0.14).map((_, i) => Math.round(FULL_SCALE * burst(i / from - centre)));
  const output = inFrames(resamplerFor(conversion), input, from);

  const match = (delay: number) => {
    const first = Math.max(0, Math.floor((centre + delay - 0.01) * to));
    const last = Math.min(output.length, Math.ceil((centre + delay + 0.01) * to));
    let sum = 0;
    for (let i = first; i < last; i++) sum += at(output, i) * burst(i / to - centre - delay);
    return sum;
  };
  let best = 0;
  let earliest = -0.03;
  let latest = 0.06;
  for (const step of [1e-4, 1e-5, 1e-6]) {
    let most = -Infinity;
    let found = best;
    for (let delay = earliest; delay <= latest; delay += step) {
      const product = match(delay);
      if (product > most) [most, found] = [product, delay];
    }
    best = found;
    earliest = best - 2 * step;
    latest = best + 2 * step;
  }
  return best;
}

/** The longest that sound is held back, block waits included, over a run of 10 seconds. */
function maxLatency(conversion: Conversion, delay: number): number {
  const { from, to } = conversion;
  const resampler = resamplerFor(conversion);
  const frame = new Int16Array(from / 50);
  let produced = 0;
  let longest = -Infinity;
  for (let k = 1; k <= 500; k++) {
    produced += resampler.push(frame).length;
    longest = Math.max(longest, k * 0.02 - produced / to + delay);
  }
  return 1000 * longest;
}

function thdNoise(conversion: Conversion, delay: number): number {
  const { to } = conversion;
  const output = toneThrough(conversion, 997, 10 ** (-1 / 20));
  const first = Math.round((ANALYSE_FROM + delay) * to);
  const length = Math.round((ANALYSE_TO - ANALYSE_FROM) * to);

  // Least squares for A cos + B sin, by its normal equations.
  let cc = 0;
  let cs = 0;
  let ss = 0;
  let yc = 0;
  let ys = 0;
  for (let n = 0; n < length; n++) {
    const angle = (2 * Math.PI * n) / (length - 1);
    const weight = 0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle);
    const phase = (2 * Math.PI * 997 * n) / to;
    const [cos, sin, y] = [Math.cos(phase), Math.sin(phase), at(output, first + n)];
    cc += weight * cos * cos;
    cs += weight * cos * sin;
    ss += weight * sin * sin;
    yc += weight * y * cos;
    ys += weight * y * sin;
  }
  const determinant = cc * ss - cs * cs;
  const a = (yc * ss - ys * cs) / determinant;
  const b = (ys * cc - yc * cs) / determinant;

  let sum = 0;
  let squares = 0;
  let fitted = 0;
  for (let n = 0; n < length; n++) {
    const phase = (2 * Math.PI * 997 * n) / to;
    const fit = a * Math.cos(phase) + b * Math.sin(phase);
    const residual = at(output, first + n) - fit;
    sum += residual;
    squares += residual * residual;
    fitted += fit * fit;
  }
  return 10 * Math.log10((squares - (sum * sum) / length) / fitted);
}

/** A tone of the given amplitude (1 is full scale), with ramps at its ends, pushed in frames of 20 ms. */
function toneThrough(conversion: Conversion, frequency: number, amplitude: number): Int16Array {
  const { from } = conversion;
  const length = Math.round(TONE_SECONDS * from);
  const ramp = RAMP_SECONDS * from;
  const input = new Int16Array(length);
  for (let i = 0; i < length; i++) {
    const fade = Math.min(1, i / ramp, (length - i) / ramp);
    input[i] = Math.round(amplitude * FULL_SCALE * fade * Math.sin((2 * Math.PI * frequency * i) / from));
  }
  return inFrames(resamplerFor(conversion), input, from);
}

/** Pushes a sound in frames of 20 ms. */
export function inFrames(resampler: Resampler, input: Int16Array, from: number): Int16Array<ArrayBuffer> {
  const chunks: Int16Array[] = [];
  for (let i = 0; i < input.length; i += from / 50)
    chunks.push(resampler.push(input.subarray(i, i + from / 50)));
  return joined(chunks);
}

export function joined(chunks: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let written = 0;
  for (const chunk of chunks) {
    whole.set(chunk, written);
    written += chunk.length;
  }
  return whole;
}

/** Amplitudes of single frequencies, under a Kaiser window whose side lobes lie below -200 dB. */
class Spectrum {
  readonly #rate: number;
  readonly #first: number;
  readonly #window: Float64Array;
  readonly #sum: number;

  constructor(rate: number, delay: number) {
    this.#rate = rate;
    this.#first = Math.round((ANALYSE_FROM + delay) * rate);
    const length = Math.round((ANALYSE_TO - ANALYSE_FROM) * rate);
    const beta = 22;
    this.#window = new Float64Array(length).map((_, n) => {
      const u = (2 * n) / (length - 1) - 1;
      return besselI0(beta * Math.sqrt(Math.max(0, 1 - u * u)));
    });
    this.#sum = this.#window.reduce((sum, value) => sum + value, 0);
  }

  /** 1 is full scale. */
  amplitude(samples: Int16Array, frequency: number): number {
    const step = (2 * Math.PI * frequency) / this.#rate;
    const [turnRe, turnIm] = [Math.cos(step), Math.sin(step)];
    let [re, im, sumRe, sumIm] = [1, 0, 0, 0];
    for (let n = 0; n < this.#window.length; n++) {
      const y = (this.#window[n] ?? 0) * at(samples, this.#first + n);
      sumRe += y * re;
      sumIm += y * im;
      const next = re * turnRe - im * turnIm;
      im = re * turnIm + im * turnRe;
      re = next;
    }
    return (2 * Math.hypot(sumRe, sumIm)) / this.#sum / FULL_SCALE;
  }
}

function magnitude(taps: Float64Array, cyclesPerSample: number): number {
  const step = 2 * Math.PI * cyclesPerSample;
  const [turnRe, turnIm] = [Math.cos(step), Math.sin(step)];
  let [re, im, sumRe, sumIm] = [1, 0, 0, 0];
  for (let j = 0; j < taps.length; j++) {
    const tap = taps[j] ?? 0;
    sumRe += tap * re;
    sumIm += tap * im;
    const next = re * turnRe - im * turnIm;
    im = re * turnIm + im * turnRe;
    re = next;
  }
  return Math.hypot(sumRe, sumIm);
}

/** Independent of the one under test: an integral instead of a series. */
function besselI0(x: number): number {
  const steps = 200;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.exp(x * Math.cos((Math.PI * (i + 0.5)) / steps));
  return sum / steps;
}

function at(samples: Int16Array, index: number): number {
  const sample = samples[index];
  if (sample === undefined) throw new Error(`sample ${index} of ${samples.length} is missing`);
  return sample;
}

export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

export function range(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}
