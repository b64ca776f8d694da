/**
 * G.711 A-law by tables, equal on all 256 codes and all 65 536 samples to the ITU-T reference, which works on
 * the upper 13 bits of a sample.
 *
 * @see https://www.itu.int/rec/T-REC-G.711
 * @module
 */

import type { AudioCodec } from './codec.ts';
import { lawOf } from './g711.ts';

const EVEN_BITS = 0x55; // the wire carries every other bit inverted

/** Sample of each code. */
export const ALAW_SAMPLES: Int16Array<ArrayBuffer> = /* @__PURE__ */ Int16Array.from(
  { length: 256 },
  (_, code) => {
    const bits = code ^ EVEN_BITS;
    const segment = (bits >> 4) & 7;
    const interval = (bits & 15) << 4;
    const magnitude = segment === 0 ? interval + 8 : (interval + 264) << (segment - 1);
    return bits & 0x80 ? magnitude : -magnitude;
  },
);

/** Code of each sample's upper 13 bits: of `(sample >> 3) & 0x1fff`. */
export const ALAW_CODES: Uint8Array<ArrayBuffer> = /* @__PURE__ */ Uint8Array.from(
  { length: 8192 },
  (_, upper) => {
    const value = upper < 4096 ? upper : upper - 8192;
    const mask = value < 0 ? EVEN_BITS : EVEN_BITS | 0x80;
    const magnitude = value < 0 ? -value - 1 : value;
    const segment = magnitude < 32 ? 0 : 27 - Math.clz32(magnitude);
    const interval = (segment < 2 ? magnitude >> 1 : magnitude >> segment) & 15;
    return (segment >= 8 ? 0x7f : (segment << 4) | interval) ^ mask;
  },
);

/** G.711 A-law: one code a sample. */
export const alaw: AudioCodec = /* @__PURE__ */ lawOf('alaw', ALAW_SAMPLES, ALAW_CODES, 3);
