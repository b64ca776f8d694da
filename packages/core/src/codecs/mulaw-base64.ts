/**
 * µ-law in base64, the payload of most providers, straight between text and samples: 50 messages a second and
 * track have no bytes in between to allocate. Equal to the codec and base64 one after the other.
 *
 * @module
 */

import { bytesOfChars, textOfChars } from '../bytes/ascii.ts';
import { BASE64_CHARS, BASE64_VALUES, NOT_BASE64 } from '../bytes/base64.ts';
import { MULAW_CODES, MULAW_SAMPLES } from './mulaw.ts';

const PADDING = 61; // '='

/**
 * Samples of the base64 from `start` to `end` of a text, in a fresh array that the caller owns; undefined for what
 * `decodeBase64` refuses.
 */
export function decodeMulawBase64(
  text: string,
  start: number,
  end: number,
): Int16Array<ArrayBuffer> | undefined {
  const chars = end - start;
  if (chars <= 0 || chars % 4 !== 0) return chars === 0 ? new Int16Array(0) : undefined;
  const padding = text.charCodeAt(end - 1) !== PADDING ? 0 : text.charCodeAt(end - 2) !== PADDING ? 1 : 2;
  const samples = new Int16Array((chars / 4) * 3 - padding);
  const whole = samples.length - (samples.length % 3);
  const bytes = bytesOfChars(text, start, end);
  let seen = 0;
  let at = 0;
  for (let index = 0; index < whole; index += 3) {
    const a = BASE64_VALUES[bytes[at]!]!;
    const b = BASE64_VALUES[bytes[at + 1]!]!;
    const c = BASE64_VALUES[bytes[at + 2]!]!;
    const d = BASE64_VALUES[bytes[at + 3]!]!;
    seen |= a | b | c | d;
    samples[index] = MULAW_SAMPLES[((a << 2) | (b >> 4)) & 0xff]!;
    samples[index + 1] = MULAW_SAMPLES[((b << 4) | (c >> 2)) & 0xff]!;
    samples[index + 2] = MULAW_SAMPLES[((c << 6) | d) & 0xff]!;
    at += 4;
  }
  if (padding > 0) {
    const a = BASE64_VALUES[bytes[at]!]!;
    const b = BASE64_VALUES[bytes[at + 1]!]!;
    seen |= a | b;
    samples[whole] = MULAW_SAMPLES[((a << 2) | (b >> 4)) & 0xff]!;
    if (padding === 1) {
      const c = BASE64_VALUES[bytes[at + 2]!]!;
      seen |= c;
      samples[whole + 1] = MULAW_SAMPLES[((b << 4) | (c >> 2)) & 0xff]!;
    }
  }
  return seen & NOT_BASE64 ? undefined : samples;
}

/** The chars of the text being made: kept while messages are of one length, as they are in a call. */
let made = new Uint8Array(0);

/** Base64 of the samples' µ-law codes. */
export function encodeMulawBase64(samples: Int16Array): string {
  const { length } = samples;
  const chars = 4 * Math.ceil(length / 3);
  if (made.length !== chars) made = new Uint8Array(chars);
  const text = made;
  let to = 0;
  let at = 0;
  for (; at + 3 <= length; at += 3) {
    const bits = (codeOf(samples[at]!) << 16) | (codeOf(samples[at + 1]!) << 8) | codeOf(samples[at + 2]!);
    text[to] = BASE64_CHARS[bits >> 18]!;
    text[to + 1] = BASE64_CHARS[(bits >> 12) & 63]!;
    text[to + 2] = BASE64_CHARS[(bits >> 6) & 63]!;
    text[to + 3] = BASE64_CHARS[bits & 63]!;
    to += 4;
  }
  if (at < length) {
    const first = codeOf(samples[at]!);
    const second = at + 1 < length ? codeOf(samples[at + 1]!) : 0;
    text[to] = BASE64_CHARS[first >> 2]!;
    text[to + 1] = BASE64_CHARS[((first << 4) | (second >> 4)) & 63]!;
    text[to + 2] = at + 1 < length ? BASE64_CHARS[(second << 2) & 63]! : PADDING;
    text[to + 3] = PADDING;
  }
  return textOfChars(text);
}

function codeOf(sample: number): number {
  return MULAW_CODES[(sample >> 2) & 0x3fff]!;
}
