/**
 * µ-law in base64, the payload of most providers, straight between text and samples: 50 messages a second and
 * track have no bytes in between to allocate. Equal to the codec and base64 one after the other.
 *
 * @module
 */

import { base64Length, decodeByTable, encodeByTable } from '../bytes/base64.ts';
import { arrayFor, type SampleAllocator } from '../dsp/samples.ts';
import { MULAW_CODES, MULAW_SAMPLES } from './mulaw.ts';

/** Samples of the base64 from `start` to `end` of a text; undefined for what `decodeBase64` refuses. */
export function decodeMulawBase64(
  text: string,
  start: number,
  end: number,
  allocate?: SampleAllocator,
): Int16Array<ArrayBuffer> | undefined {
  const length = base64Length(text, start, end);
  if (length < 0) return undefined;
  const samples = arrayFor(length, allocate);
  return decodeByTable(text, start, end, MULAW_SAMPLES, samples) ? samples : undefined;
}

/** Base64 of the samples' µ-law codes. */
export function encodeMulawBase64(samples: Int16Array): string {
  return encodeByTable(samples, MULAW_CODES, 2);
}
