import { MediaError } from '../errors.ts';

/**
 * Gives the array, of exactly `length` samples, that a result is written to; what is in it does not matter. It may be
 * the same one again: the result then holds until the next call. It is never the array that is being read.
 */
export type SampleAllocator = (length: number) => Int16Array<ArrayBuffer>;

/**
 * An allocator that gives the same array again and again for as long as the lengths asked for are equal: for samples
 * that are read at once and not kept. A fresh array is most of what decoding 20 ms of sound costs.
 */
export function reuseSamples(): SampleAllocator {
  let samples = new Int16Array(0);
  return (length) => {
    if (samples.length !== length) samples = new Int16Array(length);
    return samples;
  };
}

/**
 * The array that a result is written to: the allocator's, else a fresh one.
 *
 * @throws {MediaError} `invalid-argument` for an allocator that gives anything else.
 */
export function arrayFor(length: number, allocate: SampleAllocator | undefined): Int16Array<ArrayBuffer> {
  if (!allocate) return new Int16Array(length);
  const samples = allocate(length);
  if (samples instanceof Int16Array && samples.length === length) return samples;
  throw new MediaError(
    'invalid-argument',
    `An allocator gives an Int16Array of the ${length} samples asked for.`,
  );
}
