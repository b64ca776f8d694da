import { MediaError } from '@patchcord/core';

/** Characters that XML 1.0 cannot hold, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser turns these into spaces unless they are references.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** An attribute with a space in front; nothing where there is no value. */
export function attribute(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : ` ${name}="${escapeXml(String(value))}"`;
}

/**
 * Text as it may stand between tags and in attributes.
 *
 * @throws {MediaError} `invalid-argument` for characters that XML has no form for.
 */
export function escapeXml(text: string): string {
  if (NOT_XML.test(text)) {
    throw new MediaError(
      'invalid-argument',
      'A URL, text or parameter of TwiML holds a character that XML has no form for. Remove control characters.',
    );
  }
  return text.replace(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
