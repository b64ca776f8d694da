import { describe, expect, test } from 'vitest';

const STREAMS = Object.getOwnPropertyNames(globalThis).filter((name) =>
  /^(Readable|Writable|Transform)Stream|^(ByteLength|Count)QueuingStrategy$/.test(name),
);

describe('where a platform has no streams', async () => {
  const native = globalThis.ReadableStream;
  for (const name of STREAMS) Reflect.deleteProperty(globalThis, name);
  test('they are really gone', () => {
    expect(STREAMS).toContain('TransformStream');
    expect(native).toBeDefined();
  });

  // The globals are looked up when modules are loaded and when they run: all comes after the removal.
  const gone = STREAMS.every((name) => !(name in globalThis));
  await import('@patchcord/core/polyfill');
  const { contract } = await import('@patchcord/testing/contract');

  test('the polyfill stands in', () => {
    expect(gone).toBe(true);
    expect(globalThis.ReadableStream).toBeDefined();
    expect(globalThis.ReadableStream).not.toBe(native);
  });

  for (const [name, run] of contract) test(name, run);
});
