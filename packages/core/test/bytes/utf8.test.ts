import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const platform = new TextDecoder('utf-8', { fatal: true });

/** The platform's reading, or undefined where it refuses. */
function byPlatform(bytes: Uint8Array): string | undefined {
  try {
    return platform.decode(bytes);
  } catch {
    return undefined;
  }
}

describe.each(['with', 'without'])('UTF-8, %s the platform’s decoder', (decoder) => {
  let decodeUtf8: (bytes: Uint8Array) => string;

  beforeAll(async () => {
    vi.resetModules();
    if (decoder === 'without') vi.stubGlobal('TextDecoder', undefined);
    ({ decodeUtf8 } = await import('../../src/bytes/utf8.ts'));
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  function byUs(bytes: Uint8Array): string | undefined {
    try {
      return decodeUtf8(bytes);
    } catch (error) {
      if (error instanceof Error && error.name === 'MediaError') return undefined;
      throw error;
    }
  }

  test('of every code point is that character', () => {
    for (let code = 0; code <= 0x10ffff; code += code < 0x3000 || code > 0xd000 ? 1 : 13) {
      if (code === 0xfeff || (code >= 0xd800 && code < 0xe000)) continue;
      if (code > 0x11000 && code < 0x10ff00) {
        code += 251;
        continue;
      }
      const text = String.fromCodePoint(code);
      if (decodeUtf8(new TextEncoder().encode(text)) !== text) expect.fail(code.toString(16));
    }
  });

  test('of every first byte that is not ASCII, and whatever may follow it, is what the platform reads', () => {
    const tails = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
    for (let lead = 0x7e; lead < 256; lead++) {
      for (const second of tails) {
        const pair = Uint8Array.of(lead, second);
        if (byUs(pair) !== byPlatform(pair)) expect.fail(pair.toString());
        for (const third of tails) {
          for (const bytes of [
            Uint8Array.of(lead, second, third),
            Uint8Array.of(lead, second, third, 0x80),
            Uint8Array.of(lead, second, 0x80, third),
          ])
            if (byUs(bytes) !== byPlatform(bytes)) expect.fail(bytes.toString());
        }
      }
    }
  });

  test('of any text comes back, however long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(400), (text, times) => {
        const long = text.repeat(times).replace(/^\ufeff+/, '');
        expect(decodeUtf8(new TextEncoder().encode(long))).toBe(long);
      }),
      { seed: 711 },
    );
  });

  test('of any bytes is what the platform reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(byUs(bytes)).toBe(byPlatform(bytes));
      }),
      { seed: 711, numRuns: 5000 },
    );
  });

  test('one byte order mark in front is no part of the text', () => {
    const text = '\ufeff\ufeffa\ufeff';
    expect(decodeUtf8(new TextEncoder().encode(text))).toBe('\ufeffa\ufeff');
  });
});
