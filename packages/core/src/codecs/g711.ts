/**
 * The loops of both laws of G.711: a code is looked up for each sample, and a sample for each code.
 *
 * Four at a time, because engines then check and count once for four: that is twice as fast.
 *
 * @module
 */

import { type AudioCodec, type AudioEncoding, assertRoom } from './codec.ts';

/**
 * A law as two tables.
 *
 * @param samplesOf sample of each of the 256 codes
 * @param codesOf code of each sample's upper bits, as an unsigned number; as many as a power of two
 * @param dropped how many low bits of a sample the law ignores
 */
export function lawOf(
  encoding: AudioEncoding,
  samplesOf: Int16Array,
  codesOf: Uint8Array,
  dropped: number,
): AudioCodec {
  const mask = codesOf.length - 1;

  function decodeInto(bytes: Uint8Array, samples: Int16Array): number {
    const { length } = bytes;
    assertRoom(length, samples);
    let at = 0;
    for (const whole = length - 3; at < whole; at += 4) {
      samples[at] = samplesOf[bytes[at]!]!;
      samples[at + 1] = samplesOf[bytes[at + 1]!]!;
      samples[at + 2] = samplesOf[bytes[at + 2]!]!;
      samples[at + 3] = samplesOf[bytes[at + 3]!]!;
    }
    for (; at < length; at++) samples[at] = samplesOf[bytes[at]!]!;
    return length;
  }

  function encodeInto(samples: Int16Array, bytes: Uint8Array): number {
    const { length } = samples;
    assertRoom(length, bytes);
    let at = 0;
    for (const whole = length - 3; at < whole; at += 4) {
      bytes[at] = codesOf[(samples[at]! >> dropped) & mask]!;
      bytes[at + 1] = codesOf[(samples[at + 1]! >> dropped) & mask]!;
      bytes[at + 2] = codesOf[(samples[at + 2]! >> dropped) & mask]!;
      bytes[at + 3] = codesOf[(samples[at + 3]! >> dropped) & mask]!;
    }
    for (; at < length; at++) bytes[at] = codesOf[(samples[at]! >> dropped) & mask]!;
    return length;
  }

  return {
    encoding,
    decode(bytes) {
      const samples = new Int16Array(bytes.length);
      decodeInto(bytes, samples);
      return samples;
    },
    encode(samples) {
      const bytes = new Uint8Array(samples.length);
      encodeInto(samples, bytes);
      return bytes;
    },
    decodeInto,
    encodeInto,
  };
}
