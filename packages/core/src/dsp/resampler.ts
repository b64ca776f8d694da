/** Rates that any pair of can be converted, in Hz. */
export const SAMPLE_RATES: readonly [8000, 16000, 22050, 24000, 32000, 44100, 48000] = [
  8000, 16000, 22050, 24000, 32000, 44100, 48000,
];

/** A rate that can be converted, in Hz. */
export type SampleRate = (typeof SAMPLE_RATES)[number];

/**
 * How a rate is converted.
 *
 * `low-latency` and `balanced` (the default) add at most 0.4 ms of delay between rates that divide each other;
 * `best` is flat to 3.6 kHz and adds 7 ms.
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
   * @returns a fresh array that the caller owns. After n samples in all, round(n · to / from) have come out in
   * all, however the input was cut.
   */
  push(samples: Int16Array): Int16Array<ArrayBuffer>;
  /**
   * Returns what the filter still holds, round(delayMs · to / 1000) samples, and starts afresh, as `reset` does.
   */
  end(): Int16Array<ArrayBuffer>;
  /** Forgets the stream so far. */
  reset(): void;
}
