import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createFeed, type Feed } from '../../src/client/feed.ts';
import { settled } from '../in-process.ts';

function feed(limit = 3): { feed: Feed<number>; onCancel: () => void } {
  const onCancel = vi.fn();
  return {
    feed: createFeed<number>({
      trim(waiting) {
        while (waiting.length > limit) waiting.shift();
      },
      onCancel,
    }),
    onCancel,
  };
}

async function readToEnd(stream: ReadableStream<number>): Promise<number[]> {
  const reader = stream.getReader();
  const items: number[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) items.push(next.value);
  return items;
}

describe('a feed', () => {
  test('drops the oldest of what nobody reads, and keeps the end', async () => {
    const { feed: numbers } = feed();
    for (let i = 0; i < 10; i++) numbers.push(i);
    numbers.close();
    numbers.push(10);
    expect(await readToEnd(numbers.stream)).toEqual([7, 8, 9]);
  });

  test('errors after what was there', async () => {
    const { feed: numbers } = feed();
    numbers.push(1);
    numbers.error(new Error('lost'));
    const reader = numbers.stream.getReader();
    expect((await reader.read()).value).toBe(1);
    await expect(reader.read()).rejects.toThrow('lost');
  });

  test('serves readers that asked before there was anything', async () => {
    const { feed: numbers } = feed(0);
    const reader = numbers.stream.getReader();
    const asked = [reader.read(), reader.read(), reader.read()];
    for (const item of [1, 2]) {
      await settled();
      numbers.push(item);
    }
    numbers.close();
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  test('tells once that its reader has gone, and takes no more', async () => {
    const { feed: numbers, onCancel } = feed();
    numbers.push(1);
    await numbers.stream.cancel();
    numbers.push(2);
    numbers.close();
    numbers.error(new Error('late'));
    expect(onCancel).toHaveBeenCalledTimes(1);
  });

  test('gives a reader that keeps up everything, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 4 }), { maxLength: 20 }), async (bursts) => {
        const { feed: numbers } = feed(4);
        const read = readToEnd(numbers.stream);
        let sent = 0;
        for (const burst of bursts) {
          for (let i = 0; i < burst; i++) numbers.push(sent++);
          await settled();
        }
        numbers.close();
        expect(await read).toEqual(Array.from({ length: sent }, (_, i) => i));
      }),
      { seed: 5, numRuns: 30 },
    );
  });
});
