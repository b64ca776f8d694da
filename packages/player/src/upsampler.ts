import { RATE } from './timing.ts';

/** Input samples that one output sample is made of. Fewer leave images that are heard. */
const TAPS = 32;

/** Shape of the Kaiser window: side lobes below -80 dB. */
const BETA = 8;

/** Pass band as a share of the band that both rates can carry. */
const CUTOFF = 0.94;

/** Most samples taken in at once: an AudioWorklet asks for 128 frames, far fewer samples of 8000 Hz. */
const LONGEST_INPUT = 1024;

/**
 * Converts one stream of 8000 Hz to the rate of an AudioContext, as much as is asked for at a time, 2 ms late. Makes no
 * garbage once made. At 8000 Hz samples pass as they are.
 */
export class Upsampler {
  /** Output samples come at `#phases` places between two input samples, `#step` places apart. */
  readonly #phases: number;
  readonly #step: number;
  readonly #filters: Float32Array;
  readonly #held = new Float32Array(TAPS + LONGEST_INPUT);
  #phase = 0;

  /** @param sampleRate of the output, in Hz: a whole number */
  constructor(sampleRate: number) {
    const common = greatestCommonDivisor(sampleRate, RATE);
    this.#phases = sampleRate / common;
    this.#step = RATE / common;
    this.#filters = design(this.#phases, this.#step);
  }

  /** How many samples of input the next `length` samples of output take. */
  inputFor(length: number): number {
    if (this.#phases === this.#step) return length;
    return Math.floor((this.#phase + length * this.#step) / this.#phases);
  }

  /**
   * Fills `output` from the first `inputFor(output.length)` samples of `input`.
   */
  process(input: Float32Array, output: Float32Array): void {
    if (this.#phases === this.#step) {
      for (let i = 0; i < output.length; i++) output[i] = input[i] as number;
      return;
    }
    const held = this.#held;
    const taken = this.inputFor(output.length);
    for (let i = 0; i < taken; i++) held[TAPS + i] = input[i] as number;
    let phase = this.#phase;
    let from = 0;
    for (let i = 0; i < output.length; i++) {
      // The output before the next input sample: it may lean on the samples up to that one.
      phase += this.#step;
      while (phase >= this.#phases) {
        phase -= this.#phases;
        from++;
      }
      const filter = phase * TAPS;
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap++) {
        sum += (this.#filters[filter + tap] as number) * (held[from + tap] as number);
      }
      output[i] = sum;
    }
    this.#phase = phase;
    held.copyWithin(0, taken, taken + TAPS);
  }
}

/** One filter of `TAPS` coefficients for each place between two input samples, oldest sample first, each of gain 1. */
function design(phases: number, step: number): Float32Array {
  const filters = new Float32Array(phases * TAPS);
  const cutoff = CUTOFF * Math.min(1, phases / step);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const distance = tap - TAPS / 2 + 1 - phase / phases;
      const value = cutoff * sinc(cutoff * distance) * kaiser(distance / (TAPS / 2));
      filters[phase * TAPS + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < TAPS; tap++) {
      filters[phase * TAPS + tap] = (filters[phase * TAPS + tap] as number) / sum;
    }
  }
  return filters;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** The Kaiser window at x, -1 to 1. */
const kaiser = (x: number): number =>
  Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);

/** The modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
