import { measureLevel } from '@patchcord/core';
import type { TrackLevel } from './wire/messages.ts';

/** What silence measures, in dBFS: the wire has no infinity. */
const FLOOR_DB = -120;

const silence: TrackLevel = { peakDb: FLOOR_DB, rmsDb: FLOOR_DB };

/** Loudness of one track between two readings. */
export class LevelMeter {
  #peakDb = FLOOR_DB;
  #energy = 0;
  #samples = 0;
  #last: TrackLevel = silence;

  /** Measures sound. */
  push(samples: Int16Array): void {
    const { peakDb, rmsDb } = measureLevel(samples);
    this.#peakDb = Math.max(this.#peakDb, peakDb);
    this.#energy += samples.length * 10 ** (rmsDb / 10);
    this.#samples += samples.length;
  }

  /**
   * The level since the last reading, to 0.1 dB. Where no sound came since, the reading before holds once: what the
   * caller hears of the agent is known in bursts.
   */
  read(): TrackLevel {
    if (this.#samples === 0) {
      const held = this.#last;
      this.#last = silence;
      return held;
    }
    const rmsDb = Math.max(FLOOR_DB, 10 * Math.log10(this.#energy / this.#samples));
    this.#last = { peakDb: tenths(this.#peakDb), rmsDb: tenths(rmsDb) };
    this.#peakDb = FLOOR_DB;
    this.#energy = 0;
    this.#samples = 0;
    return this.#last;
  }
}

function tenths(db: number): number {
  return Math.round(db * 10) / 10;
}
