import { transform } from '../../src/dsp/fft.ts';

/** Spectrum of a sound, faded in and out so that its ends do not smear. */
export class Spectrum {
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #hzPerBin: number;

  /** @param size a power of two, at least the number of samples */
  constructor(samples: Int16Array, sampleRate: number, size: number) {
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    this.#hzPerBin = sampleRate / size;
    samples.forEach((sample, index) => {
      this.#re[index] = sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / samples.length));
    });
    transform(this.#re, this.#im);
  }

  /** Energy from one frequency up to another. */
  energy(fromHz: number, toHz: number): number {
    let sum = 0;
    for (let bin = Math.ceil(fromHz / this.#hzPerBin); bin * this.#hzPerBin < toHz; bin++) {
      sum += this.#re[bin]! ** 2 + this.#im[bin]! ** 2;
    }
    return sum;
  }

  /**
   * How far another sound is from this one up to a frequency, in dB of this one: signal to error, with the other
   * sound shifted by the part of a sample (at most one) that brings it closest.
   */
  signalToError(other: Spectrum, toHz: number): number {
    let [best, at] = [Number.POSITIVE_INFINITY, 0];
    for (let step = 1 / 8; step > 1e-4; step /= 4) {
      const around = at;
      for (
        let shift = Math.max(-1, around - 8 * step);
        shift <= Math.min(1, around + 8 * step);
        shift += step
      ) {
        const error = this.#errorAfter(other, toHz, shift);
        if (error < best) [best, at] = [error, shift];
      }
    }
    return 10 * Math.log10(this.energy(this.#hzPerBin, toHz) / best);
  }

  /** Energy of the difference to another sound that comes earlier by part of a sample. */
  #errorAfter(other: Spectrum, toHz: number, shift: number): number {
    let error = 0;
    for (let bin = 1; bin * this.#hzPerBin < toHz; bin++) {
      const angle = (2 * Math.PI * bin * shift) / this.#re.length;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const re = other.#re[bin]! * cos - other.#im[bin]! * sin;
      const im = other.#re[bin]! * sin + other.#im[bin]! * cos;
      error += (this.#re[bin]! - re) ** 2 + (this.#im[bin]! - im) ** 2;
    }
    return error;
  }
}
