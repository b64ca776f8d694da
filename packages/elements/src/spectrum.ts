/**
 * How loud each pitch is, for the spectrogram: a real Fourier transform of a windowed stretch of samples.
 *
 * @module
 */

/** Samples of one transform: 32 ms at 8 kHz. A power of two. */
export const SPECTRUM_SIZE = 256;

const HALF = SPECTRUM_SIZE / 2;
const FULL_SCALE = 32_768;

/** Hann: a tone stays one line. */
const hann = Float32Array.from(
  { length: SPECTRUM_SIZE },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SPECTRUM_SIZE),
);
const cosine = Float32Array.from({ length: HALF }, (_, i) => Math.cos((2 * Math.PI * i) / SPECTRUM_SIZE));
const sine = Float32Array.from({ length: HALF }, (_, i) => Math.sin((2 * Math.PI * i) / SPECTRUM_SIZE));
const bits = Math.log2(SPECTRUM_SIZE);
const reversed = Uint16Array.from({ length: SPECTRUM_SIZE }, (_, i) => {
  let other = 0;
  for (let bit = 0; bit < bits; bit++) other |= ((i >> bit) & 1) << (bits - 1 - bit);
  return other;
});

const real = new Float32Array(SPECTRUM_SIZE);
const imaginary = new Float32Array(SPECTRUM_SIZE);

/**
 * Levels in dBFS of a full-scale tone's, from 0 Hz up to half the sample rate, in steps of `rate / SPECTRUM_SIZE`.
 *
 * @param samples `SPECTRUM_SIZE` of them; what is missing counts as silence.
 */
export function spectrum(samples: Int16Array): Float32Array {
  for (let i = 0; i < SPECTRUM_SIZE; i++) {
    const to = reversed[i] as number;
    real[to] = ((samples[i] ?? 0) / FULL_SCALE) * (hann[i] as number);
    imaginary[to] = 0;
  }
  for (let size = 2; size <= SPECTRUM_SIZE; size *= 2) butterflies(size);
  const levels = new Float32Array(HALF);
  for (let bin = 0; bin < HALF; bin++) {
    const power = (real[bin] as number) ** 2 + (imaginary[bin] as number) ** 2;
    // A Hann window lets a quarter of the amplitude through at each of two frequencies.
    levels[bin] = 10 * Math.log10(power / (SPECTRUM_SIZE / 4) ** 2 + 1e-12);
  }
  return levels;
}

function butterflies(size: number): void {
  const half = size / 2;
  const stride = SPECTRUM_SIZE / size;
  for (let start = 0; start < SPECTRUM_SIZE; start += size) {
    for (let i = 0; i < half; i++) {
      const [low, high] = [start + i, start + i + half];
      const c = cosine[i * stride] as number;
      const s = sine[i * stride] as number;
      const a = (real[high] as number) * c + (imaginary[high] as number) * s;
      const b = (imaginary[high] as number) * c - (real[high] as number) * s;
      real[high] = (real[low] as number) - a;
      imaginary[high] = (imaginary[low] as number) - b;
      real[low] = (real[low] as number) + a;
      imaginary[low] = (imaginary[low] as number) + b;
    }
  }
}
