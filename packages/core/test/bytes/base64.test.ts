import { decodeBase64, encodeBase64 } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

describe('base64', () => {
  // RFC 4648, section 10
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j is %j', (plain, coded) => {
    expect(encodeBase64(bytesOf(plain))).toBe(coded);
    expect(decodeBase64(coded)).toEqual(bytesOf(plain));
  });

  test('agrees with Buffer for any bytes, and comes back whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(text)).toEqual(Uint8Array.from(bytes));
      }),
      { seed: 711 },
    );
  });

  test('of more bytes than one call of String.fromCharCode takes', () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, index) => index * 7);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
  });

  test('gives bytes that own their whole buffer', () => {
    const bytes = decodeBase64('Zm9v');
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(3);
  });

  test('every char code stands for what RFC 4648 says, or is refused', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    for (let code = 0; code < 0x180; code++) {
      const char = String.fromCharCode(code);
      const value = letters.indexOf(char);
      for (let place = 0; place < 4; place++) {
        const text = 'AAAAAAAA'.slice(0, place) + char + 'A'.repeat(7 - place);
        if (value < 0) expect(() => decodeBase64(text), `${code} at ${place}`).toThrow(/base64/i);
        else expect(decodeBase64(text)).toEqual(Uint8Array.from(Buffer.from(text, 'base64')));
      }
    }
  });

  test.each([
    ['no padding', 'qOW4qw'],
    ['a length that no bytes have', 'qOW4q'],
    ['too much padding', 'qOW4qw===='],
    ['three letters of padding', 'q==='],
    ['padding alone', '===='],
    ['one letter of padding alone', '='],
    ['padding in the middle', '/w==/w=='],
    ['a letter behind the padding', '/w=A'],
    ['a line break', 'qOW4\nqw==AAA'],
    ['a space', 'qOW4 qw=AAAA'],
    ['the URL-safe alphabet', 'qO-4q_=='],
    ['no ASCII', 'qOW\u0101'],
    ['a char code whose low byte is a letter', 'qOW\u0141'],
    ['NUL', 'qOW\0'],
  ])('with %s is refused', (_, text) => {
    expect(() => decodeBase64(text)).toThrow(expect.objectContaining({ code: 'malformed-message' }));
  });

  test('errors say what was expected and how much came, and repeat nothing', () => {
    expect(() => decodeBase64('c2Vjcm!0')).toThrow(/multiple of 4; these 8 characters/);
    expect(() => decodeBase64('c2Vjcm!0')).not.toThrow(/c2Vj/);
  });

  test('ignores bits left over in the last letter, as atob does', () => {
    expect(decodeBase64('/x==')).toEqual(Uint8Array.of(0xff));
  });
});
