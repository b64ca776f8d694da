/**
 * µ-law in base64, the payload of most providers, straight between text and samples: 50 messages a second and
 * track have no bytes in between to allocate. Equal to the codec and base64 one after the other.
 *
 * @module
 */

import { BASE64_CHARS, BASE64_LETTERS, BASE64_VALUES, NOT_BASE64 } from '../bytes/base64.ts';
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
  let seen = 0;
  let wide = 0; // char codes that the table of values does not reach
  let at = start;
  for (let index = 0; index < whole; index += 3) {
    const first = text.charCodeAt(at);
    const second = text.charCodeAt(at + 1);
    const third = text.charCodeAt(at + 2);
    const fourth = text.charCodeAt(at + 3);
    wide |= first | second | third | fourth;
    const a = BASE64_VALUES[first & 0xff]!;
    const b = BASE64_VALUES[second & 0xff]!;
    const c = BASE64_VALUES[third & 0xff]!;
    const d = BASE64_VALUES[fourth & 0xff]!;
    seen |= a | b | c | d;
    samples[index] = MULAW_SAMPLES[((a << 2) | (b >> 4)) & 0xff]!;
    samples[index + 1] = MULAW_SAMPLES[((b << 4) | (c >> 2)) & 0xff]!;
    samples[index + 2] = MULAW_SAMPLES[((c << 6) | d) & 0xff]!;
    at += 4;
  }
  if (padding > 0) {
    const first = text.charCodeAt(at);
    const second = text.charCodeAt(at + 1);
    const third = padding === 1 ? text.charCodeAt(at + 2) : 0;
    wide |= first | second | third;
    const a = BASE64_VALUES[first & 0xff]!;
    const b = BASE64_VALUES[second & 0xff]!;
    seen |= a | b;
    samples[whole] = MULAW_SAMPLES[((a << 2) | (b >> 4)) & 0xff]!;
    if (padding === 1) {
      const c = BASE64_VALUES[third & 0xff]!;
      seen |= c;
      samples[whole + 1] = MULAW_SAMPLES[((b << 4) | (c >> 2)) & 0xff]!;
    }
  }
  return wide > 0xff || seen & NOT_BASE64 ? undefined : samples;
}

/** Base64 of the samples' µ-law codes. */
export function encodeMulawBase64(samples: Int16Array): string {
  const { length } = samples;
  let text = '';
  let at = 0;
  // Engines build short strings of char codes faster than they turn arrays into text.
  for (; at + 12 <= length; at += 12) {
    const a = threeCodes(samples, at);
    const b = threeCodes(samples, at + 3);
    const c = threeCodes(samples, at + 6);
    const d = threeCodes(samples, at + 9);
    text += String.fromCharCode(
      BASE64_CHARS[a >> 18]!,
      BASE64_CHARS[(a >> 12) & 63]!,
      BASE64_CHARS[(a >> 6) & 63]!,
      BASE64_CHARS[a & 63]!,
      BASE64_CHARS[b >> 18]!,
      BASE64_CHARS[(b >> 12) & 63]!,
      BASE64_CHARS[(b >> 6) & 63]!,
      BASE64_CHARS[b & 63]!,
      BASE64_CHARS[c >> 18]!,
      BASE64_CHARS[(c >> 12) & 63]!,
      BASE64_CHARS[(c >> 6) & 63]!,
      BASE64_CHARS[c & 63]!,
      BASE64_CHARS[d >> 18]!,
      BASE64_CHARS[(d >> 12) & 63]!,
      BASE64_CHARS[(d >> 6) & 63]!,
      BASE64_CHARS[d & 63]!,
    );
  }
  for (; at + 3 <= length; at += 3) {
    const bits = threeCodes(samples, at);
    text += letter(bits >> 18) + letter(bits >> 12) + letter(bits >> 6) + letter(bits);
  }
  if (at === length) return text;
  const first = codeOf(samples[at]!);
  if (at + 1 === length) return `${text}${letter(first >> 2)}${letter(first << 4)}==`;
  const second = codeOf(samples[at + 1]!);
  return `${text}${letter(first >> 2)}${letter((first << 4) | (second >> 4))}${letter(second << 2)}=`;
}

function codeOf(sample: number): number {
  return MULAW_CODES[(sample >> 2) & 0x3fff]!;
}

function threeCodes(samples: Int16Array, at: number): number {
  return (codeOf(samples[at]!) << 16) | (codeOf(samples[at + 1]!) << 8) | codeOf(samples[at + 2]!);
}

function letter(value: number): string {
  return BASE64_LETTERS[value & 63]!;
}
