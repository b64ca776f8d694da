import { MediaError } from '../errors.ts';

/** As much of the platform's decoder as is used here. */
interface Decoder {
  readonly TextDecoder?: new (
    label: string,
    options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
}

const { TextDecoder } = globalThis as Decoder;
const decoder = TextDecoder && new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * The text that UTF-8 bytes write. A byte order mark in front is no part of it.
 *
 * The audio thread has no `TextDecoder`; there the language's own decoder of `%` escapes reads the bytes, which refuses
 * just the same ones.
 *
 * @throws {MediaError} `malformed-message` for bytes that are not UTF-8 (RFC 3629): overlong forms, surrogates, values
 * beyond U+10FFFF, characters cut short.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder ? decoder.decode(bytes) : decodeURIComponent(escaped(bytes)).replace(/^\ufeff/, '');
  } catch {
    throw new MediaError(
      'malformed-message',
      `Text comes as UTF-8, and these ${bytes.length} bytes are not. Are they audio?`,
    );
  }
}

function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
