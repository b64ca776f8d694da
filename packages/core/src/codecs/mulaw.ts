/**
 * G.711 µ-law by tables, equal on all 256 codes and all 65 536 samples to the ITU-T reference, which works on
 * the upper 14 bits of a sample.
 *
 * @see https://www.itu.int/rec/T-REC-G.711
 * @module
 */

import type { AudioCodec } from './codec.ts';
import { lawOf } from './g711.ts';

const BIAS = 33; // of table 2a, in the 14-bit domain
const LARGEST = 8159; // the highest decision value of table 2a
const INVERTED = 0xff; // the wire carries every bit inverted

/** Sample of each code. */
export const MULAW_SAMPLES: Int16Array<ArrayBuffer> = /* @__PURE__ */ Int16Array.from(
  { length: 256 },
  (_, code) => {
    const bits = ~code & INVERTED;
    const segment = (bits >> 4) & 7;
    const magnitude = ((((bits & 15) << 3) + 4 * BIAS) << segment) - 4 * BIAS;
    return bits & 0x80 ? -magnitude : magnitude;
  },
);

/** Code of each sample's upper 14 bits: of `(sample >> 2) & 0x3fff`. */
export const MULAW_CODES: Uint8Array<ArrayBuffer> = /* @__PURE__ */ Uint8Array.from(
  { length: 16384 },
  (_, upper) => {
    const value = upper < 8192 ? upper : upper - 16384;
    const mask = value < 0 ? 0x7f : INVERTED;
    const magnitude = Math.min(Math.abs(value), LARGEST) + BIAS;
    const segment = 26 - Math.clz32(magnitude);
    return (segment >= 8 ? 0x7f : (segment << 4) | ((magnitude >> (segment + 1)) & 15)) ^ mask;
  },
);

/** G.711 µ-law: one code a sample. */
export const mulaw: AudioCodec = /* @__PURE__ */ lawOf('mulaw', MULAW_SAMPLES, MULAW_CODES, 2);
