import { afterEach, describe, expect, test, vi } from 'vitest';

const EVERY_CHAR = String.fromCharCode(...Array.from({ length: 0x180 }, (_, code) => code));

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe.each(['with', 'without'])('%s the platform’s codecs', (platform) => {
  async function load() {
    vi.resetModules();
    if (platform === 'without') {
      vi.stubGlobal('TextEncoder', undefined);
      vi.stubGlobal('TextDecoder', undefined);
    }
    return await import('../../src/bytes/ascii.ts');
  }

  test('chars are bytes, and those beyond one byte are 0', async () => {
    const { bytesOfChars } = await load();
    const bytes = bytesOfChars(EVERY_CHAR, 0, EVERY_CHAR.length);
    for (let code = 0; code < 0x180; code++) expect(bytes[code]).toBe(code > 0xff ? 0 : code);
    expect([...bytesOfChars('abcdef', 2, 4).subarray(0, 2)]).toEqual([99, 100]);
  });

  test('a text longer than the scratch is read whole', async () => {
    const { bytesOfChars } = await load();
    const text = 'x'.repeat(5000);
    expect(bytesOfChars(text, 0, 5000).subarray(0, 5000)).toEqual(new Uint8Array(5000).fill(120));
  });
});
