/** How samples are written on a wire. `linear16` is 16-bit two's complement, little-endian. */
export type AudioEncoding = 'mulaw' | 'alaw' | 'linear16';

/** Bytes to samples and back, for one encoding. */
export interface AudioCodec {
  readonly encoding: AudioEncoding;
  /** Samples of the given bytes, in a fresh array that the caller owns. */
  decode(bytes: Uint8Array): Int16Array<ArrayBuffer>;
  /** Bytes of the given samples, in a fresh array that the caller owns. */
  encode(samples: Int16Array): Uint8Array<ArrayBuffer>;
}
