/**
 * Sound that says which frame it is, so that what an app sends back can be matched to what it was told, however it cuts
 * its messages. Forty bits of half a millisecond each, as the signs of samples: they outlive µ-law, other volumes and
 * rate conversion.
 *
 * @module
 */

import { LINE_RATE } from '../phone/sound.ts';

/** How many frames can be told apart: 82 s of sound. */
export const CODES = 4096;

const SAMPLES_PER_BIT = LINE_RATE / 2000;
const SYNC_BITS = 8;
const WORD_BITS = 32;
const NUMBER_BITS = 12;
const FRAME_LENGTH = (SYNC_BITS + WORD_BITS) * SAMPLES_PER_BIT;

/** What each frame begins with. */
const SYNC = 0b1011_0010;

/** Loud enough to stand out, and far from the line's limits. */
const LEVEL = 4000;

/** The number of a frame in the upper bits, and below them 20 bits that only this number has: 2^32 divided by φ, times it. */
const WORDS: Uint32Array = Uint32Array.from(
  { length: CODES },
  (_, number) => (number << (WORD_BITS - NUMBER_BITS)) | (Math.imul(number + 1, 0x9e37_79b1) >>> NUMBER_BITS),
);

/**
 * The sound of a frame: 20 ms at 8 kHz.
 *
 * @param number Which frame, from 0 on; beyond 4095 they repeat.
 * @returns An array that is made once, and handed out again: it must not be changed.
 */
export function codedFrame(number: number): Int16Array<ArrayBuffer> {
  const code = number % CODES;
  const frame = FRAMES[code] ?? frameOf(WORDS[code] ?? 0);
  FRAMES[code] = frame;
  return frame;
}

const FRAMES: Int16Array<ArrayBuffer>[] = [];

function frameOf(word: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length: FRAME_LENGTH }, (_, index) => {
    const bit = Math.floor(index / SAMPLES_PER_BIT);
    const one =
      bit < SYNC_BITS ? SYNC >>> (SYNC_BITS - 1 - bit) : word >>> (WORD_BITS - 1 - (bit - SYNC_BITS));
    return one & 1 ? LEVEL : -LEVEL;
  });
}

/** Finds coded frames in a stream of samples at 8 kHz. */
export interface CodeReader {
  /** Reads the next samples. */
  push(samples: Int16Array): void;
}

/**
 * Creates a reader. The last forty bits are kept for each of the four places within a bit where a sample may be taken,
 * so frames are found wherever they begin; most of the four find each of them.
 *
 * @param onFrame Called with the code of each frame that is found, once per frame.
 */
export function createCodeReader(onFrame: (code: number) => void): CodeReader {
  const syncs = new Uint32Array(SAMPLES_PER_BIT);
  const words = new Uint32Array(SAMPLES_PER_BIT);
  let position = 0;
  let lastCode = -1;
  let lastPosition = 0;

  return {
    push(samples) {
      for (let index = 0; index < samples.length; index++, position++) {
        const place = position % SAMPLES_PER_BIT;
        const word = words[place] as number;
        const sync = ((syncs[place] as number) << 1) | (word >>> (WORD_BITS - 1));
        const next = ((word << 1) | ((samples[index] as number) < 0 ? 0 : 1)) >>> 0;
        syncs[place] = sync;
        words[place] = next;
        if ((sync & 0xff) !== SYNC) continue;
        const code = next >>> (WORD_BITS - NUMBER_BITS);
        if (WORDS[code] !== next) continue;
        if (code === lastCode && position - lastPosition < SAMPLES_PER_BIT) continue;
        lastCode = code;
        lastPosition = position;
        onFrame(code);
      }
    },
  };
}
