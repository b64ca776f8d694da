/**
 * Base64 as RFC 4648 §4 writes it, by table: the audio thread has no `atob`, and a `Buffer` may be a window on
 * memory that others use too.
 *
 * @module
 */

import { MediaError } from '../errors.ts';
import { textOfChars } from './ascii.ts';

/** The 64 letters, in order of their values. */
const BASE64_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Stands in `BASE64_VALUES` for what is not a letter. Has a bit that no value has. */
export const NOT_BASE64 = 0x80;

const PADDING = 61; // '='

/** Char codes of the 64 letters. */
export const BASE64_CHARS: Uint8Array<ArrayBuffer> = Uint8Array.from(BASE64_LETTERS, (letter) =>
  letter.charCodeAt(0),
);

/** Value of each char code below 256, or `NOT_BASE64`. */
export const BASE64_VALUES: Uint8Array<ArrayBuffer> = new Uint8Array(256).fill(NOT_BASE64);
BASE64_CHARS.forEach((char, value) => {
  BASE64_VALUES[char] = value;
});

/** Base64 of the bytes, padded, on one line. */
export function encodeBase64(bytes: Uint8Array): string {
  const chars = new Uint8Array(4 * Math.ceil(bytes.length / 3)).fill(PADDING);
  const whole = bytes.length - (bytes.length % 3);
  let at = 0;
  for (let index = 0; index < whole; index += 3) {
    const bits = (bytes[index]! << 16) | (bytes[index + 1]! << 8) | bytes[index + 2]!;
    chars[at++] = BASE64_CHARS[bits >> 18]!;
    chars[at++] = BASE64_CHARS[(bits >> 12) & 63]!;
    chars[at++] = BASE64_CHARS[(bits >> 6) & 63]!;
    chars[at++] = BASE64_CHARS[bits & 63]!;
  }
  if (whole < bytes.length) {
    const bits = (bytes[whole]! << 16) | ((bytes[whole + 1] ?? 0) << 8);
    chars[at++] = BASE64_CHARS[bits >> 18]!;
    chars[at++] = BASE64_CHARS[(bits >> 12) & 63]!;
    if (whole + 1 < bytes.length) chars[at] = BASE64_CHARS[(bits >> 6) & 63]!;
  }
  return textOfChars(chars);
}

/**
 * Bytes of padded base64, in a fresh array that the caller owns.
 *
 * Only the standard alphabet counts: whitespace and the URL-safe letters `-` and `_` are refused, because a
 * payload that holds them did not come from where it claims, and skipping characters would shift the audio
 * behind them. Bits left over in the last letter are ignored, as `atob` does.
 *
 * @throws {MediaError} `malformed-message` for a foreign character, a wrong length or wrong padding.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(base64Length(text, 0, text.length));
  const whole = bytes.length - (bytes.length % 3);
  let at = 0;
  let index = 0;
  let seen = 0; // collects NOT_BASE64; where it stands is looked for only when it came
  while (index < whole) {
    const a = valueAt(text, at);
    const b = valueAt(text, at + 1);
    const c = valueAt(text, at + 2);
    const d = valueAt(text, at + 3);
    seen |= a | b | c | d;
    bytes[index++] = (a << 2) | (b >> 4);
    bytes[index++] = (b << 4) | (c >> 2);
    bytes[index++] = (c << 6) | d;
    at += 4;
  }
  if (whole < bytes.length) {
    const a = valueAt(text, at);
    const b = valueAt(text, at + 1);
    seen |= a | b;
    bytes[index++] = (a << 2) | (b >> 4);
    if (index < bytes.length) {
      const c = valueAt(text, at + 2);
      seen |= c;
      bytes[index] = (b << 4) | (c >> 2);
    }
  }
  if (seen & NOT_BASE64) throw foreignCharacter(text);
  return bytes;
}

/**
 * Number of bytes in the base64 between two places of a text, by its length and padding.
 *
 * @throws {MediaError} `malformed-message` where the length is not a multiple of 4.
 */
export function base64Length(text: string, start: number, end: number): number {
  const length = end - start;
  if (length % 4 !== 0) {
    throw new MediaError(
      'malformed-message',
      `Padded base64 has a length that is a multiple of 4; this has ${length} characters, so it is cut short or not padded.`,
    );
  }
  if (length === 0) return 0;
  const padding = text.charCodeAt(end - 1) !== PADDING ? 0 : text.charCodeAt(end - 2) !== PADDING ? 1 : 2;
  return (length / 4) * 3 - padding;
}

function valueAt(text: string, at: number): number {
  const char = text.charCodeAt(at);
  return char < 256 ? BASE64_VALUES[char]! : NOT_BASE64;
}

function foreignCharacter(text: string): MediaError {
  let at = 0;
  while (at < text.length && valueAt(text, at) !== NOT_BASE64) at++;
  return new MediaError(
    'malformed-message',
    `Base64 is made of A-Z, a-z, 0-9, + and / with = at the end alone; character ${at + 1} of ${text.length} is none of them.`,
  );
}
