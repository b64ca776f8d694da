import { bytesFromSamples, readSamples, samplesFromBytes, samplesIn, writeSamples } from '../bytes/pcm.ts';
import { type AudioCodec, assertRoom } from './codec.ts';

/**
 * 16-bit two's complement, little-endian: two bytes a sample. For an odd number of bytes, `decode` and `decodeInto`
 * throw `malformed-message`.
 */
export const linear16: AudioCodec = {
  encoding: 'linear16',
  decode: (bytes) => samplesFromBytes(bytes, 'little'),
  encode: (samples) => bytesFromSamples(samples, 'little'),
  decodeInto(bytes, samples) {
    const length = samplesIn(bytes);
    assertRoom(length, samples);
    readSamples(bytes, samples, 'little');
    return length;
  },
  encodeInto(samples, bytes) {
    const length = samples.byteLength;
    assertRoom(length, bytes);
    writeSamples(samples, bytes, 'little');
    return length;
  },
};
