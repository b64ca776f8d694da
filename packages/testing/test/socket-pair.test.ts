import { describe, expect, test } from 'vitest';
import { macrotask } from '../src/macrotask.ts';
import { createManualClock } from '../src/manual-clock.ts';
import { createSocketPair } from '../src/socket-pair.ts';

describe('createSocketPair', () => {
  test('opens, and delivers in order, both ways', async () => {
    const [left, right] = createSocketPair();
    const heard: unknown[] = [];
    right.addEventListener('message', ({ data }) => heard.push(data));
    left.addEventListener('message', ({ data }) => heard.push(data));
    left.addEventListener('open', () => {
      left.send('one');
      left.send('two');
    });
    expect(left.readyState).toBe(0);
    await macrotask();
    right.send(Uint8Array.of(3));
    await macrotask();
    expect(heard).toEqual(['one', 'two', Uint8Array.of(3).buffer]);
  });

  test('is not heard in the same turn, as on a network', async () => {
    const [left, right] = createSocketPair();
    await macrotask();
    let heard = false;
    right.addEventListener('message', () => {
      heard = true;
    });
    left.send('hello');
    expect(heard).toBe(false);
    await macrotask();
    expect(heard).toBe(true);
  });

  test('a delay is the time that a message is under way', async () => {
    const clock = createManualClock();
    const [left, right] = createSocketPair({ clock, delayMs: 30 });
    const times: number[] = [];
    right.addEventListener('message', () => times.push(clock.now()));
    await macrotask();
    left.send('a');
    await clock.advance(10);
    left.send('b');
    await clock.advance(100);
    expect(times).toEqual([30, 40]);
  });

  test('closing tells both ends, with code and reason, once', async () => {
    const [left, right] = createSocketPair();
    await macrotask();
    const ends: unknown[] = [];
    for (const end of [left, right]) {
      end.addEventListener('close', ({ code, reason }) => ends.push([code, reason]));
    }
    left.send('last words');
    left.close(1000, 'done');
    left.close(1001);
    left.send('unheard');
    await macrotask();
    expect(ends).toEqual([
      [1000, 'done'],
      [1000, 'done'],
    ]);
    expect([left.readyState, right.readyState]).toEqual([3, 3]);
  });

  test('a dropped connection closes both ends with 1006', async () => {
    const [left, right] = createSocketPair();
    await macrotask();
    const codes: unknown[] = [];
    for (const end of [left, right]) end.addEventListener('close', ({ code }) => codes.push(code));
    left.drop();
    right.drop();
    expect(codes).toEqual([1006, 1006]);
  });

  test('sending before it is open is an error, as in the standard', () => {
    expect(() => createSocketPair()[0].send('early')).toThrow(/connecting/);
  });
});
