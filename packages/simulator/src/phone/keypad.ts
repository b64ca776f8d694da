import { type DtmfDigit, MediaError } from '@patchcord/core';

/** Keys that wait to be pressed, one after another. */
export interface Keypad {
  /** Adds keys; `onPressed` is called when the last of them was read. */
  press(keys: readonly DtmfDigit[], onPressed: () => void): void;
  /** The key to press at a time, if one is due. */
  read(timestampMs: number): DtmfDigit | undefined;
  /** Keys that are not read yet. */
  readonly pending: number;
}

/** From one key to the next, in milliseconds: about as fast as people press. */
const KEY_INTERVAL_MS = 200;

const KEYS = '0123456789*#ABCD';

/** Creates a keypad that nobody presses. */
export function createKeypad(): Keypad {
  const keys: { readonly digit: DtmfDigit; readonly onPressed?: () => void }[] = [];
  let nextMs = 0;

  return {
    press(digits, onPressed) {
      const last = digits.length - 1;
      for (const [index, digit] of digits.entries())
        keys.push(index === last ? { digit, onPressed } : { digit });
      if (last < 0) onPressed();
    },
    read(timestampMs) {
      if (timestampMs < nextMs) return undefined;
      const key = keys.shift();
      if (key === undefined) return undefined;
      nextMs = timestampMs + KEY_INTERVAL_MS;
      key.onPressed?.();
      return key.digit;
    },
    get pending() {
      return keys.length;
    },
  };
}

/**
 * The keys of a text such as `12#`.
 *
 * @throws {MediaError} `invalid-argument` for a character that is on no telephone.
 */
export function parseKeys(text: string): DtmfDigit[] {
  return Array.from(text, (character, index) => {
    const digit = character.toUpperCase();
    if (KEYS.includes(digit)) return digit as DtmfDigit;
    throw new MediaError(
      'invalid-argument',
      `Character ${index + 1} of the keys to press is none of 0-9, *, #, A-D.`,
    );
  });
}
