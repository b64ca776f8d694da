import { samplesFromBytes } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StereoWindow } from '../src/stereo-window.ts';

const LENGTH = 50;

describe('StereoWindow', () => {
  test('is like one long recording, as long as sound comes for the window and it is emptied in time', () => {
    const step = fc.oneof(
      fc.record({
        side: fc.constantFrom('left' as const, 'right' as const),
        back: fc.nat(LENGTH - 1),
        length: fc.nat(LENGTH),
        value: fc.integer({ min: -32768, max: 32767 }),
      }),
      fc.record({ grow: fc.nat(3 * LENGTH) }),
      fc.constant('take' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = new StereoWindow(LENGTH);
        const wanted: Record<'left' | 'right', number[]> = { left: [], right: [] };
        const written: number[] = [];
        let end = 0;
        const take = (): void => {
          const piece = window.take();
          if (!piece) return;
          for (const [i, sample] of samplesFromBytes(piece.bytes).entries())
            written[2 * piece.position + i] = sample;
        };
        for (const one of steps) {
          if (one === 'take') {
            take();
          } else if ('grow' in one) {
            if (end + one.grow > window.room) take();
            end += one.grow;
            window.extendTo(end);
          } else {
            // From within the window on, and no longer than what then still holds its beginning.
            const position = Math.max(0, end - one.back);
            const length = Math.min(one.length, LENGTH - (end - position));
            if (position + length > window.room) take();
            window.place(one.side, position, new Int16Array(length).fill(one.value));
            for (let i = position; i < position + length; i++) wanted[one.side][i] = one.value;
            end = Math.max(end, position + length);
          }
          expect(window.end).toBe(end);
        }
        take();
        expect(window.take()).toBeUndefined();
        expect(window.tooLate).toBe(0);
        const whole = (samples: readonly number[], step = 1, offset = 0) =>
          Array.from({ length: end }, (_, i) => samples[step * i + offset] ?? 0).join();
        expect(whole(written, 2)).toBe(whole(wanted.left));
        expect(whole(written, 2, 1)).toBe(whole(wanted.right));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('counts what came too late for it', () => {
    const window = new StereoWindow(LENGTH);
    window.extendTo(100);
    window.take();
    window.place(
      'left',
      40,
      Int16Array.from({ length: 20 }, (_, i) => i + 1),
    );
    expect(window.tooLate).toBe(10);
    const piece = window.take();
    expect(piece?.position).toBe(50);
    expect([...samplesFromBytes(piece?.bytes ?? new Uint8Array())].slice(0, 22)).toEqual(
      Array.from({ length: 22 }, (_, i) => (i % 2 === 0 && i < 20 ? 11 + i / 2 : 0)),
    );
    window.place('left', 0, new Int16Array(5));
    expect(window.tooLate).toBe(15);
    expect(window.take()).toBeUndefined();
  });
});
