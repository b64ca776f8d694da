/**
 * Where things lie in the memory that all kernels share, in bytes: one line, as a stream lays it and as floating-point
 * numbers, the outputs made of it, then the banks. No stream keeps anything there from one call to the next.
 *
 * @module
 */

import { BLOCK, MOST_OUTPUTS, MOST_TAPS } from '../convolve.ts';

/** Floating-point numbers that a last tile may read beyond the line: eight windows, six samples apart. */
const BEYOND = 48;

/** 16-bit samples, as a stream lays them. */
export const LINE = 0;
/** The same as 32-bit floating-point numbers. */
export const NUMBERS: number = /* @__PURE__ */ aligned(LINE + 2 * (MOST_TAPS + BLOCK + 8));
/** Outputs, as 16-bit samples. */
export const OUTPUTS: number = /* @__PURE__ */ aligned(NUMBERS + 4 * (MOST_TAPS + BLOCK + BEYOND));
/** The first bank: `taps` floating-point numbers for each phase, the oldest sample's first. */
export const BANKS: number = /* @__PURE__ */ aligned(OUTPUTS + 2 * (MOST_OUTPUTS * BLOCK + 8));

/** The next address that suits a vector and begins a line of the processor's cache. */
export function aligned(address: number): number {
  return Math.ceil(address / 64) * 64;
}
