/**
 * Base64 as RFC 4648 §4 writes it, by table: the audio thread has no `atob`, and a `Buffer` may be a window on
 * memory that others use too.
 *
 * Its loops look each byte up in one more table on the way, so that a codec whose codes stand in the text needs no
 * bytes in between.
 *
 * @module
 */

import { MediaError } from '../errors.ts';
import { bytesOfChars } from './ascii.ts';
import { decodeUtf8 } from './utf8.ts';

const PADDING = 61; // '='

/** Stands in `VALUES` for what is not a letter. Has a bit that no value has. */
const NOT_BASE64 = 0x80;

/** Char codes of the 64 letters, in order of their values. */
const CHARS = /* @__PURE__ */ Uint8Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  (letter) => letter.charCodeAt(0),
);

/** Value of each char code below 256, or `NOT_BASE64`. */
const VALUES = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, char) => {
  const value = CHARS.indexOf(char);
  return value < 0 ? NOT_BASE64 : value;
});

/** Each byte stands for itself. */
const BYTES = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** Base64 of the bytes, padded, on one line. */
export function encodeBase64(bytes: Uint8Array): string {
  return encodeByTable(bytes, BYTES, 0);
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
  const { length } = text;
  const bytes = new Uint8Array(Math.max(0, base64Length(text, 0, length)));
  if (length % 4 === 0 && decodeByTable(text, 0, length, BYTES, bytes)) return bytes;
  throw notBase64(text);
}

/** Says that a text is not base64. */
export function notBase64({ length }: string): MediaError {
  return new MediaError(
    'malformed-message',
    `Base64 is A-Z, a-z, 0-9, + and /, padded with = to a multiple of 4; these ${length} characters are not.`,
  );
}

/** Number of bytes in the base64 between two places of a text, by its length and padding; -1 for a length it cannot have. */
export function base64Length(text: string, start: number, end: number): number {
  const length = end - start;
  if (length <= 0 || length % 4 !== 0) return length === 0 ? 0 : -1;
  const padding = text.charCodeAt(end - 1) !== PADDING ? 0 : text.charCodeAt(end - 2) !== PADDING ? 1 : 2;
  return (length / 4) * 3 - padding;
}

/**
 * Looks up each byte of the base64 between two places of a text.
 *
 * @param table what stands for each of the 256 bytes
 * @param result as long as `base64Length` says
 * @returns false for what is not base64; what is in the result then means nothing.
 */
export function decodeByTable(
  text: string,
  start: number,
  end: number,
  table: Uint8Array | Int16Array,
  result: Uint8Array | Int16Array,
): boolean {
  const chars = bytesOfChars(text, start, end);
  const { length } = result;
  const whole = length - (length % 3);
  let seen = 0; // collects NOT_BASE64; where it stands is looked for only when it came
  let from = 0;
  for (let at = 0; at < whole; at += 3) {
    const a = VALUES[chars[from]!]!;
    const b = VALUES[chars[from + 1]!]!;
    const c = VALUES[chars[from + 2]!]!;
    const d = VALUES[chars[from + 3]!]!;
    seen |= a | b | c | d;
    result[at] = table[((a << 2) | (b >> 4)) & 0xff]!;
    result[at + 1] = table[((b << 4) | (c >> 2)) & 0xff]!;
    result[at + 2] = table[((c << 6) | d) & 0xff]!;
    from += 4;
  }
  if (whole < length) {
    const a = VALUES[chars[from]!]!;
    const b = VALUES[chars[from + 1]!]!;
    // Where two bytes are left, the third char is a letter; else it is padding.
    const c = length - whole === 2 ? VALUES[chars[from + 2]!]! : 0;
    seen |= a | b | c;
    result[whole] = table[((a << 2) | (b >> 4)) & 0xff]!;
    if (length - whole === 2) result[whole + 1] = table[((b << 4) | (c >> 2)) & 0xff]!;
  }
  return (seen & NOT_BASE64) === 0;
}

/** The chars of the text being made: kept while texts are of one length, as they are in a call. */
let made = new Uint8Array(0);

/**
 * Base64 of a byte looked up for each number.
 *
 * @param table as many bytes as a power of two: the byte of each number without its lowest bits
 * @param dropped how many low bits of a number do not count
 */
export function encodeByTable(numbers: Uint8Array | Int16Array, table: Uint8Array, dropped: number): string {
  const { length } = numbers;
  const mask = table.length - 1;
  const chars = 4 * Math.ceil(length / 3);
  if (made.length !== chars) made = new Uint8Array(chars);
  const text = made;
  let to = 0;
  let at = 0;
  for (; at + 3 <= length; at += 3) {
    const bits =
      (table[(numbers[at]! >> dropped) & mask]! << 16) |
      (table[(numbers[at + 1]! >> dropped) & mask]! << 8) |
      table[(numbers[at + 2]! >> dropped) & mask]!;
    text[to] = CHARS[bits >> 18]!;
    text[to + 1] = CHARS[(bits >> 12) & 63]!;
    text[to + 2] = CHARS[(bits >> 6) & 63]!;
    text[to + 3] = CHARS[bits & 63]!;
    to += 4;
  }
  if (at < length) {
    const two = at + 1 < length;
    const first = table[(numbers[at]! >> dropped) & mask]!;
    const second = two ? table[(numbers[at + 1]! >> dropped) & mask]! : 0;
    text[to] = CHARS[first >> 2]!;
    text[to + 1] = CHARS[((first << 4) | (second >> 4)) & 63]!;
    text[to + 2] = two ? CHARS[(second << 2) & 63]! : PADDING;
    text[to + 3] = PADDING;
  }
  return decodeUtf8(text);
}
