/** As much of the platform's encoder as is used here. The audio thread has none. */
interface Encoder {
  readonly TextEncoder?: new () => {
    encodeInto(text: string, target: Uint8Array): { readonly read?: number; readonly written?: number };
  };
}

const { TextEncoder } = globalThis as Encoder;
const encoder = TextEncoder && new TextEncoder();

/** Room for a message of 100 ms. Longer texts get an array of their own. */
const scratch = new Uint8Array(2048);

/**
 * The chars of a text from `start` to `end`, a byte each; 0 for those beyond one byte. By the platform's own encoder
 * where there is one and all is ASCII, which is several times faster than char by char.
 *
 * @returns an array that holds until the next call, and may be longer.
 */
export function bytesOfChars(text: string, start: number, end: number): Uint8Array {
  const length = end - start;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  if (encoder) {
    const { read, written } = encoder.encodeInto(text.slice(start, end), bytes);
    // Equal only where each char is one byte of UTF-8, which is ASCII.
    if (read === length && written === length) return bytes;
  }
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(start + index);
    bytes[index] = code > 0xff ? 0 : code;
  }
  return bytes;
}
