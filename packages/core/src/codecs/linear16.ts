import { bytesFromSamples, samplesFromBytes } from '../bytes/pcm.ts';
import type { AudioCodec } from './codec.ts';

/** 16-bit two's complement, little-endian: two bytes a sample. `decode` throws for an odd number of bytes. */
export const linear16: AudioCodec = {
  encoding: 'linear16',
  decode: (bytes) => samplesFromBytes(bytes, 'little'),
  encode: (samples) => bytesFromSamples(samples, 'little'),
};
