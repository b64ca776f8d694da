import { MediaError } from '../errors.ts';
import { BLOCK, type Convolve } from './convolve.ts';
import { type FilterBank, filterBank } from './filter-bank.ts';
import { plainConvolve } from './plain-convolve.ts';
import { arrayFor, type SampleAllocator } from './samples.ts';
import { simdConvolve } from './simd/convolve.ts';

/** Rates that any pair of can be converted, in Hz. */
export const SAMPLE_RATES: readonly [8000, 16000, 22050, 24000, 32000, 44100, 48000] = [
  8000, 16000, 22050, 24000, 32000, 44100, 48000,
];

/** A rate that can be converted, in Hz. */
export type SampleRate = (typeof SAMPLE_RATES)[number];

/**
 * How a rate is converted.
 *
 * Between 8 kHz and its multiples, `low-latency` and `balanced` (the default) add at most 0.4 ms of delay; between
 * other rates, 2.1 and 4 ms. `low-latency` costs two thirds of `balanced`, and lets what lies between 3.4 and 4.6 kHz
 * through as a faint mirror image. `best` is flat to 3.6 kHz, delays all frequencies alike, and adds 7 ms.
 */
export type ResamplerQuality = 'low-latency' | 'balanced' | 'best';

/** What to convert, and how. */
export interface ResamplerOptions {
  /** Rate of the samples pushed, in Hz. */
  readonly from: number;
  /** Rate of the samples returned, in Hz. */
  readonly to: number;
  /** Default: `balanced`. */
  readonly quality?: ResamplerQuality;
}

/** Converts one mono stream from one rate to another. */
export interface Resampler {
  /** Delay of a 1 kHz tone from input to output, in milliseconds. */
  readonly delayMs: number;
  /**
   * Converts the next samples, which it neither keeps nor changes.
   *
   * @param allocate gives the array for the result; default: a fresh one, which the caller owns. Where the result is
   * read at once and not kept, one of `reuseSamples` saves a third of the time.
   * @returns after n samples in all, round(n · to / from) have come out in all, however the input was cut.
   */
  push(samples: Int16Array, allocate?: SampleAllocator): Int16Array<ArrayBuffer>;
  /**
   * Returns what the filter still holds, round(delayMs · to / 1000) samples, and starts afresh, as `reset` does.
   */
  end(): Int16Array<ArrayBuffer>;
  /** Forgets the stream so far. */
  reset(): void;
}

const QUALITIES: readonly ResamplerQuality[] = ['low-latency', 'balanced', 'best'];

/**
 * A streaming converter from one rate to another: a polyphase filter with the bank of coefficients shared by all
 * streams of the same rates and quality. It keeps at most 4 KiB of its own.
 *
 * Where the platform has WebAssembly with vectors, and a page's content security policy allows it
 * (`'wasm-unsafe-eval'`), the arithmetic runs there, several times as fast and to within 1 of the same samples.
 *
 * @throws {MediaError} `invalid-argument` for a rate outside `SAMPLE_RATES` or an unknown quality
 */
export function createResampler(options: ResamplerOptions): Resampler {
  return create(options, (bank) => simdConvolve(bank) ?? plainConvolve(bank));
}

/**
 * The same, always in plain TypeScript: what the faster form is compared with. Not part of the package's interface.
 *
 * @throws {MediaError} `invalid-argument`, as `createResampler` does
 */
export function createPlainResampler(options: ResamplerOptions): Resampler {
  return create(options, plainConvolve);
}

/**
 * Converts one whole sound: the filter's delay is taken away and its tail kept, so that the result lines up with the
 * sound given, to half a sample, and has round(n · to / from) samples.
 *
 * @throws {MediaError} `invalid-argument`, as `createResampler` does
 */
export function resample(samples: Int16Array, options: ResamplerOptions): Int16Array<ArrayBuffer> {
  const resampler = createResampler(options);
  const body = resampler.push(samples);
  const tail = resampler.end();
  const sound = new Int16Array(body.length);
  const skipped = Math.min(tail.length, body.length);
  sound.set(body.subarray(skipped));
  sound.set(tail.subarray(tail.length - skipped), body.length - skipped);
  return sound;
}

function create(
  { from, to, quality = 'balanced' }: ResamplerOptions,
  arithmetic: (bank: FilterBank) => Convolve,
): Resampler {
  requireOneOf('from', from, SAMPLE_RATES);
  requireOneOf('to', to, SAMPLE_RATES);
  requireOneOf('quality', quality, QUALITIES);
  if (from === to) return copies();
  const bank = filterBank(from, to, quality);
  return filters(bank, arithmetic(bank), to);
}

/** Between equal rates there is nothing to convert, and no delay. */
function copies(): Resampler {
  return {
    delayMs: 0,
    push(samples, allocate) {
      const result = arrayFor(samples.length, allocate);
      result.set(samples);
      return result;
    },
    end: () => new Int16Array(0),
    reset() {},
  };
}

function filters(bank: FilterBank, convolve: Convolve, to: number): Resampler {
  const { phases, stride, offset, taps, delayMs } = bank;
  const tailLength = Math.round((delayMs * to) / 1000);
  /** The last input samples, oldest first. */
  const history = new Int16Array(taps - 1);
  /** Grid steps from the next input sample to the next output. */
  let next = offset;

  function push(samples: Int16Array, allocate?: SampleAllocator): Int16Array<ArrayBuffer> {
    const result = arrayFor(outputsWithin(samples.length), allocate);
    if (samples.length <= BLOCK) {
      convert(samples, result);
      return result;
    }
    let written = 0;
    for (let start = 0; start < samples.length; start += BLOCK) {
      const part = samples.subarray(start, start + BLOCK);
      const end = written + outputsWithin(part.length);
      convert(part, result.subarray(written, end));
      written = end;
    }
    return result;
  }

  function convert(samples: Int16Array, result: Int16Array): void {
    const { length } = samples;
    if (result.length > 0) convolve(history, samples, next, result);
    next += result.length * stride - length * phases;
    const kept = history.length - length;
    if (kept > 0) {
      history.copyWithin(0, length);
      history.set(samples, kept);
    } else {
      history.set(samples.subarray(-kept));
    }
  }

  function outputsWithin(length: number): number {
    return Math.max(0, Math.ceil((length * phases - next) / stride));
  }

  function reset(): void {
    history.fill(0);
    next = offset;
  }

  return {
    delayMs,
    push,
    end() {
      // Enough silence for the tail; what it makes beyond that is dropped.
      const silence = new Int16Array(Math.ceil((tailLength * stride + next) / phases) + 1);
      const tail = push(silence).slice(0, tailLength);
      reset();
      return tail;
    },
    reset,
  };
}

function requireOneOf<T>(name: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  throw new MediaError(
    'invalid-argument',
    `${name} is ${String(value)}, expected one of ${choices.join(', ')}`,
  );
}
