/** Numbers that look random and are the same on every run and in every runtime. */
export interface Random {
  /** From 0 up to, and not including, 1. */
  next(): number;
  /** A whole number from the lowest to the highest, both included. */
  between(lowest: number, highest: number): number;
}

/**
 * Creates numbers from a seed: mulberry32, by Tommy Ettinger, in integer arithmetic only, so that all engines agree.
 *
 * @param seed Any number; its whole part counts, modulo 2^32.
 */
export function createRandom(seed: number): Random {
  let state = Math.trunc(seed) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (lowest, highest) => lowest + Math.floor(next() * (highest - lowest + 1)),
  };
}
