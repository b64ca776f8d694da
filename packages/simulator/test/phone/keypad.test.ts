import { describe, expect, test } from 'vitest';
import { createKeypad, parseKeys } from '../../src/phone/keypad.ts';

describe('parseKeys', () => {
  test('takes every key of a telephone', () => {
    expect(parseKeys('0123456789*#ABCD').join('')).toBe('0123456789*#ABCD');
    expect(parseKeys('abcd').join('')).toBe('ABCD');
    expect(parseKeys('')).toEqual([]);
  });

  test.each(['x', '1 2', '1,2', '5é', '12w'])('refuses %o in words that do not repeat it', (keys) => {
    expect(() => parseKeys(keys)).toThrow(/Character \d of the keys to press is none of 0-9, \*, #, A-D\./);
  });
});

describe('createKeypad', () => {
  test('gives a key every 200 ms', () => {
    const keypad = createKeypad();
    let done = 0;
    keypad.press(parseKeys('12'), () => done++);
    keypad.press(parseKeys('#'), () => done++);
    const pressed: [number, string][] = [];
    for (let ms = 0; ms <= 600; ms += 20) {
      const digit = keypad.read(ms);
      if (digit !== undefined) pressed.push([ms, digit]);
    }
    expect(pressed).toEqual([
      [0, '1'],
      [200, '2'],
      [400, '#'],
    ]);
    expect([done, keypad.pending]).toEqual([2, 0]);
  });
});
