import { LONGEST_LAG, SHORTEST_LAG } from './timing.ts';

/** What `findLag` found: kept by the caller and filled in, since the audio thread makes no garbage. */
export interface Lag {
  /** Samples, from `SHORTEST_LAG` to `LONGEST_LAG`. */
  samples: number;
  /** Normalised correlation at that lag, -1 to 1. */
  likeness: number;
}

/**
 * Finds the lag at which a sound is most like itself: a whole number of pitch periods for a voice.
 *
 * @param sound holds the piece at `at` and what it is compared with, `direction` times the longest lag away.
 */
export function findLag(sound: Float32Array, at: number, width: number, direction: 1 | -1, found: Lag): void {
  let energy = 0;
  for (let i = 0; i < width; i++) energy += (sound[at + i] as number) ** 2;
  found.samples = SHORTEST_LAG;
  found.likeness = -1;
  for (let lag = SHORTEST_LAG; lag <= LONGEST_LAG; lag++) {
    const other = at + direction * lag;
    let product = 0;
    let otherEnergy = 0;
    for (let i = 0; i < width; i++) {
      const there = sound[other + i] as number;
      product += (sound[at + i] as number) * there;
      otherEnergy += there * there;
    }
    const likeness = product / Math.sqrt(energy * otherEnergy + 1e-12);
    if (likeness > found.likeness) {
      found.likeness = likeness;
      found.samples = lag;
    }
  }
}
