import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPlayout, type MarkEcho, type Playout } from '../../src/phone/playout.ts';

/** Samples first, first + 1 and so on: each tells where it came from. */
function count(first: number, length: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length }, (_, index) => first + index);
}

function names(echoes: readonly MarkEcho[]): string[] {
  return echoes.map(({ name, outcome }) => `${name} ${outcome}`);
}

describe('what is heard', () => {
  test('is silence until something is written, then exactly that, then silence', () => {
    const playout = createPlayout();
    expect(playout.advance(20).samples).toEqual(new Int16Array(160));
    playout.write(count(1, 200));
    expect(playout.advance(40).samples).toEqual(count(1, 160));
    expect(playout.advance(60).samples).toEqual(Int16Array.of(...count(161, 40), ...new Int16Array(120)));
    expect(playout.queuedMs).toBe(0);
  });

  test('is played at 8 samples per millisecond, at any moment asked for', () => {
    const playout = createPlayout();
    playout.write(count(1, 1000));
    expect(playout.advance(0.125).samples).toEqual(count(1, 1));
    expect(playout.advance(0.2).samples).toEqual(count(2, 0));
    expect(playout.advance(7.5).samples).toEqual(count(2, 59));
    expect(playout.timestampMs).toBe(7.5);
    expect(playout.queuedMs).toBe(117.5);
  });

  test('after silence begins at the next 20 ms, so that pieces that come a little late leave no gap', () => {
    const playout = createPlayout();
    playout.advance(21);
    playout.write(count(1, 160)); // due from 40 on
    expect(playout.advance(41).samples).toEqual(Int16Array.of(...new Int16Array(152), ...count(1, 8)));
    playout.advance(57);
    playout.write(count(161, 160));
    expect(playout.advance(80).samples).toEqual(count(137, 184));
  });

  test('where frameMs is a sample, begins at once', () => {
    const playout = createPlayout({ frameMs: 0.125 });
    playout.advance(21);
    playout.write(count(1, 8));
    expect(playout.advance(22).samples).toEqual(count(1, 8));
  });

  test('with a jitter buffer, begins that much later', () => {
    const playout = createPlayout({ jitterBufferMs: 30 });
    playout.advance(5);
    playout.write(count(1, 160)); // due from 40 on
    playout.mark('end');
    expect(playout.nextEchoMs).toBe(60);
    playout.advance(40);
    expect(playout.advance(41).samples).toEqual(count(1, 8));
  });

  test('a time in the past plays nothing', () => {
    const playout = createPlayout();
    playout.write(count(1, 160));
    playout.advance(10);
    expect(playout.advance(5).samples.length).toBe(0);
    expect(playout.advance(20).samples).toEqual(count(81, 80));
  });

  test('nothing written is lost, doubled or moved, however time and audio are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 400 }), fc.double({ min: 0, max: 70, noNaN: true })), {
          maxLength: 40,
        }),
        (pieces) => {
          const playout = createPlayout();
          const heard: number[] = [];
          let now = 0;
          let written = 0;
          const listen = (): void => {
            for (const sample of playout.advance(now).samples) heard.push(sample);
          };
          for (const [length, ms] of pieces) {
            playout.write(count(written + 1, length));
            written += length;
            now += ms;
            listen();
          }
          now += playout.queuedMs + 20;
          listen();
          expect(heard.length).toBe(Math.floor(now * 8 + 1e-6));
          expect(heard.filter((sample) => sample !== 0)).toEqual(Array.from(count(1, written)));
        },
      ),
      { seed: 20, numRuns: 200 },
    );
  });
});

describe('marks', () => {
  test('come back in order, when all audio before them has been played', () => {
    const playout = createPlayout();
    playout.write(count(1, 160));
    expect(playout.mark('a')).toBeUndefined();
    expect(playout.mark('b')).toBeUndefined();
    playout.write(count(161, 84));
    playout.mark('c');
    expect(playout.nextEchoMs).toBe(20);
    expect(playout.advance(19.875).echoes).toEqual([]);
    expect(playout.advance(20).echoes).toEqual([
      { name: 'a', outcome: 'played', sentMs: 0, timestampMs: 20 },
      { name: 'b', outcome: 'played', sentMs: 0, timestampMs: 20 },
    ]);
    expect(playout.nextEchoMs).toBe(30.5);
    // Asked for late, it still tells when it was.
    expect(playout.advance(100).echoes).toEqual([
      { name: 'c', outcome: 'played', sentMs: 0, timestampMs: 30.5 },
    ]);
    expect(playout.nextEchoMs).toBeUndefined();
  });

  test('come back at once when nothing is queued', () => {
    const playout = createPlayout();
    playout.advance(33);
    expect(playout.mark('now')).toEqual({ name: 'now', outcome: 'played', sentMs: 33, timestampMs: 33 });
  });

  test('count the wait for the next 20 ms', () => {
    const playout = createPlayout();
    playout.advance(25);
    playout.write(count(1, 80));
    playout.mark('m');
    expect(playout.nextEchoMs).toBe(50);
    expect(playout.advance(1000).echoes).toMatchObject([{ timestampMs: 50, sentMs: 25 }]);
  });

  test('beyond the bound are refused', () => {
    const playout = createPlayout({ maxPendingMarks: 2 });
    playout.write(count(1, 160));
    expect(['a', 'b', 'c'].map((name) => playout.mark(name))).toEqual([undefined, undefined, 'refused']);
    expect(playout.pendingMarks).toBe(2);
  });
});

describe('clear', () => {
  test('drops what is queued and gives back all pending marks, in order', () => {
    const playout = createPlayout();
    playout.write(count(1, 320));
    playout.mark('heard');
    playout.write(count(321, 800));
    playout.mark('first');
    playout.mark('second');
    expect(names(playout.advance(50).echoes)).toEqual(['heard played']);
    const { droppedMs, echoes } = playout.clear();
    expect(droppedMs).toBe(90);
    expect(echoes).toEqual([
      { name: 'first', outcome: 'cleared', sentMs: 0, timestampMs: 50 },
      { name: 'second', outcome: 'cleared', sentMs: 0, timestampMs: 50 },
    ]);
    expect(playout.advance(70).samples).toEqual(new Int16Array(160));
    expect(playout.clear()).toEqual({ droppedMs: 0, echoes: [] });
  });

  test('makes a mark behind it come back at once, and does not touch what is written then', () => {
    const playout = createPlayout();
    playout.write(count(1, 320));
    playout.advance(30);
    playout.clear();
    expect(playout.mark('fence')).toMatchObject({ outcome: 'played', timestampMs: 30 });
    playout.write(count(500, 160));
    playout.mark('new');
    expect(playout.advance(60)).toEqual({
      samples: Int16Array.of(...new Int16Array(80), ...count(500, 160)),
      echoes: [{ name: 'new', outcome: 'played', sentMs: 30, timestampMs: 60 }],
    });
  });
});

describe('the ceiling', () => {
  test('is ten minutes; beyond it the newest is dropped', () => {
    const playout = createPlayout();
    const minute = 60 * 8000;
    for (let written = 0; written < 10; written++)
      expect(playout.write(new Int16Array(minute).fill(1))).toBe(0);
    expect(playout.write(count(2, 8))).toBe(1);
    expect(playout.queuedMs).toBe(600_000);
    playout.advance(0.5);
    expect(playout.write(count(2, 8))).toBe(0.5);
    const { samples } = playout.advance(600_100);
    expect(samples.subarray(10 * minute - 5, 10 * minute + 5)).toEqual(
      Int16Array.of(1, 2, 3, 4, 5, 0, 0, 0, 0, 0),
    );
  });
});

test('the same script gives the same echoes, whatever moments are looked at', () => {
  function play(moments: readonly number[]): MarkEcho[] {
    const playout: Playout = createPlayout();
    const echoes: MarkEcho[] = [];
    for (let mark = 0; mark < 20; mark++) {
      playout.write(count(1, 100 + mark));
      playout.mark(String(mark));
    }
    for (const moment of moments) echoes.push(...playout.advance(moment).echoes);
    return echoes;
  }
  const fine = play(Array.from({ length: 4000 }, (_, index) => index / 8));
  expect(fine).toHaveLength(20);
  expect(play([500])).toEqual(fine);
});
