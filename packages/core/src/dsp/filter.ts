import { transform } from './fft.ts';

/**
 * A low-pass filter: a sinc under a Kaiser window.
 *
 * The window rounds off the pass edge. A lift, a slightly higher gain asked for between `liftFromHz` and the
 * cut-off, makes up for that, so that the same flatness needs a shorter filter.
 */
export interface LowPass {
  /** Length of the window, in milliseconds. */
  readonly lengthMs: number;
  /** Where the response has fallen to one half, in Hz. */
  readonly cutoffHz: number;
  /** Shape of the Kaiser window: about 9 for 90 dB, 10 for 100 dB. */
  readonly beta: number;
  /** Gain asked for above `liftFromHz` is 1 + lift. 0 for none. */
  readonly lift: number;
  readonly liftFromHz: number;
}

/** Samples of the filter on a grid of the given rate, symmetric about half its length. */
export function linearPhase(filter: LowPass, rate: number): Float64Array {
  const seconds = filter.lengthMs / 1000;
  const taps = new Float64Array(Math.ceil(seconds * rate - 1e-9));
  const peak = besselI0(filter.beta);
  for (let j = 0; j < taps.length; j++) {
    const t = j / rate - seconds / 2;
    const u = (2 * t) / seconds;
    const window = besselI0(filter.beta * Math.sqrt(Math.max(0, 1 - u * u))) / peak;
    const ideal =
      (1 + filter.lift) * lowPassAt(filter.cutoffHz, t) - filter.lift * lowPassAt(filter.liftFromHz, t);
    taps[j] = (window * ideal) / rate;
  }
  return taps;
}

/**
 * The filter with the same gain at every frequency and the least delay any such filter can have.
 *
 * The real cepstrum of the response is folded onto positive times, and the coefficients follow from it one by one:
 * Oppenheim and Schafer, Discrete-Time Signal Processing, "Minimum-phase realization" and "Recursive computation". Zeros
 * of the response lie on the unit circle, where the logarithm has no value, so a floor of -109 dB is added in power.
 *
 * @param taps filter to start from
 * @param length how many coefficients of the result to keep; what lies beyond is next to nothing
 */
export function minimumPhase(taps: Float64Array, length: number): Float64Array {
  const size = CEPSTRUM_SIZE;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  re.set(taps);
  transform(re, im);
  for (let i = 0; i < size; i++) {
    re[i] = 0.5 * Math.log((re[i] as number) ** 2 + (im[i] as number) ** 2 + FLOOR_POWER);
    im[i] = 0;
  }
  // The way back is the way there, as a real sequence that reads the same backwards has a real spectrum.
  transform(re, im);
  const result = new Float64Array(length);
  result[0] = Math.exp((re[0] as number) / size);
  for (let n = 1; n < length; n++) {
    let sum = 0;
    for (let k = 1; k <= n; k++) sum += k * (re[k] as number) * (result[n - k] as number);
    result[n] = (2 * sum) / (n * size);
  }
  return result;
}

/**
 * Phase delay of a filter at one frequency, in samples: how late a tone of that frequency comes out.
 *
 * The phase alone leaves whole periods open; the group delay, which is close to it at low frequencies, settles which.
 */
export function phaseDelay(taps: Float64Array, cyclesPerSample: number): number {
  const { re, im, group } = responseAt(taps, cyclesPerSample);
  const periods = cyclesPerSample * group + Math.atan2(im, re) / (2 * Math.PI);
  return group - (periods - Math.round(periods)) / cyclesPerSample;
}

/** Group delay of a filter at one frequency, in samples. */
export function groupDelay(taps: Float64Array, cyclesPerSample: number): number {
  return responseAt(taps, cyclesPerSample).group;
}

function responseAt(taps: Float64Array, cyclesPerSample: number): { re: number; im: number; group: number } {
  let re = 0;
  let im = 0;
  let momentRe = 0;
  let momentIm = 0;
  taps.forEach((tap, n) => {
    const angle = -2 * Math.PI * cyclesPerSample * n;
    const x = tap * Math.cos(angle);
    const y = tap * Math.sin(angle);
    re += x;
    im += y;
    momentRe += n * x;
    momentIm += n * y;
  });
  return { re, im, group: (momentRe * re + momentIm * im) / (re * re + im * im) };
}

/** Ten times the longest filter made minimum phase: the cepstrum has died away long before it wraps around. */
const CEPSTRUM_SIZE = 4096;
const FLOOR_POWER = 1.2e-11;

/** An ideal low pass at time t: unit gain below the cut-off. */
function lowPassAt(cutoffHz: number, t: number): number {
  return t === 0 ? 2 * cutoffHz : Math.sin(2 * Math.PI * cutoffHz * t) / (Math.PI * t);
}

/** The modified Bessel function of order zero, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * Number.EPSILON; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
