import { MediaError } from '../errors.ts';

/** Characters made in one call: engines bound the number of arguments. */
const AT_ONCE = 4096;

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/**
 * The text that UTF-8 bytes write. A byte order mark in front is no part of it. By hand, because the audio thread has
 * no `TextDecoder`.
 *
 * @throws {MediaError} `malformed-message` for bytes that are not UTF-8 (RFC 3629): overlong forms, surrogates, values
 * beyond U+10FFFF, characters cut short.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let length = 0;
  let at = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0;
  while (at < bytes.length) {
    const lead = bytes[at++]!;
    if (lead < 0x80) {
      units[length++] = lead;
      continue;
    }
    const more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 ? 3 : 0;
    if (more === 0 || lead > 0xf4) throw notUtf8(at - 1, bytes.length);
    let code = lead & (0x3f >> more);
    for (let count = 0; count < more; count++) {
      const next = bytes[at++] ?? 0;
      if ((next & 0xc0) !== 0x80) throw notUtf8(at - 1, bytes.length);
      code = (code << 6) | (next & 0x3f);
    }
    const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw notUtf8(at - 1, bytes.length);
    }
    if (code >= 0x10000) {
      units[length++] = 0xd7c0 + (code >> 10); // the high surrogate: 0xd800 - (0x10000 >> 10) + (code >> 10)
      units[length++] = 0xdc00 | (code & 0x3ff);
    } else units[length++] = code;
  }
  let text = '';
  for (let from = 0; from < length; from += AT_ONCE) {
    text += String.fromCharCode(...units.subarray(from, Math.min(length, from + AT_ONCE)));
  }
  return text;
}

function notUtf8(at: number, length: number): MediaError {
  return new MediaError(
    'malformed-message',
    `Text comes as UTF-8; of these ${length} bytes, byte ${at} cannot stand where it does. Are they audio, or text of another encoding?`,
  );
}
