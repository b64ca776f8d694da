import { MediaError } from '../errors.ts';

/** How samples are written on a wire. `linear16` is 16-bit two's complement, little-endian. */
export type AudioEncoding = 'mulaw' | 'alaw' | 'linear16';

/** Bytes to samples and back, for one encoding. */
export interface AudioCodec {
  readonly encoding: AudioEncoding;
  /** Samples of the given bytes, in a fresh array that the caller owns. */
  decode(bytes: Uint8Array): Int16Array<ArrayBuffer>;
  /** Bytes of the given samples, in a fresh array that the caller owns. */
  encode(samples: Int16Array): Uint8Array<ArrayBuffer>;
  /**
   * Writes the samples of the given bytes to the beginning of an array that the caller has, several times as fast as
   * making one: of 20 ms, the array is most of the cost.
   *
   * @returns how many samples were written. What lies behind them stays as it was.
   * @throws {MediaError} `invalid-argument` where the samples do not fit.
   */
  decodeInto(bytes: Uint8Array, samples: Int16Array): number;
  /**
   * Writes the bytes of the given samples to the beginning of an array that the caller has.
   *
   * @returns how many bytes were written. What lies behind them stays as it was.
   * @throws {MediaError} `invalid-argument` where the bytes do not fit.
   */
  encodeInto(samples: Int16Array, bytes: Uint8Array): number;
}

/** @throws {MediaError} `invalid-argument` for an array that is too short. */
export function assertRoom(needed: number, { length }: { readonly length: number }): void {
  if (length >= needed) return;
  throw new MediaError(
    'invalid-argument',
    `${needed} numbers come out, and the array given holds ${length}. Give a longer one, or let decode or encode make it.`,
  );
}
