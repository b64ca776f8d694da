import { createResampler, mulaw } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CODES, codedFrame, createCodeReader } from '../../src/load/coded-sound.ts';

/** The sound of frames one after another. */
function framesOf(numbers: readonly number[]): Int16Array<ArrayBuffer> {
  const sound = new Int16Array(numbers.length * 160);
  for (const [index, number] of numbers.entries()) sound.set(codedFrame(number), index * 160);
  return sound;
}

/** What a reader finds, given the sound in pieces of these lengths. */
function read(sound: Int16Array, pieces: readonly number[] = []): number[] {
  const found: number[] = [];
  const reader = createCodeReader((code) => found.push(code));
  let offset = 0;
  for (const length of [...pieces, sound.length]) {
    reader.push(sound.subarray(offset, offset + length));
    offset += length;
  }
  return found;
}

const all = Array.from({ length: CODES }, (_, code) => code);

describe('coded frames', () => {
  test('all of them are found, in order, each once', () => {
    expect(read(framesOf(all))).toEqual(all);
  });

  test('wherever they begin, and however they are cut', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), cuts, (silence, pieces) => {
        const numbers = [7, 4095, 0, 0, 1531];
        const sound = Int16Array.of(...new Int16Array(silence), ...framesOf(numbers));
        expect(read(sound, pieces)).toEqual(numbers);
      }),
      { seed: 2 },
    );
  });

  test('the same one twice is two frames', () => {
    expect(read(framesOf([5, 5]))).toEqual([5, 5]);
  });

  test('they outlive µ-law, other volumes, and the way through 16 kHz and back', () => {
    const numbers = all.filter((code) => code % 8 === 0);
    const sound = framesOf(numbers);
    expect(read(mulaw.decode(mulaw.encode(sound)))).toEqual(numbers);
    expect(read(sound.map((sample) => sample / 40))).toEqual(numbers);
    for (const quality of ['low-latency', 'balanced', 'best'] as const) {
      const up = createResampler({ from: 8000, to: 16_000, quality });
      const down = createResampler({ from: 16_000, to: 8000, quality });
      const back = [down.push(up.push(sound)), down.push(up.end()), down.end()];
      expect(read(Int16Array.from(back.flatMap((part) => [...part])))).toEqual(numbers);
    }
  });

  test('nothing is found in noise', () => {
    let state = 1;
    const noise = Int16Array.from({ length: 800_000 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 16) - 32_768;
    });
    expect(read(noise)).toEqual([]);
  });
});
