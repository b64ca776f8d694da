/** Silence, in dBFS. */
export const SILENCE_DB: number = -120;

/** Peak and RMS of one track since it was last asked. Makes no garbage. */
export class LevelMeter {
  #peak = 0;
  #squares = 0;
  #count = 0;

  add(samples: Float32Array, length: number): void {
    for (let i = 0; i < length; i++) {
      const sample = Math.abs(samples[i] as number);
      if (sample > this.#peak) this.#peak = sample;
      this.#squares += sample * sample;
    }
    this.#count += length;
  }

  /** Writes the levels down, in dBFS, and starts afresh. */
  take(level: { peakDb: number; rmsDb: number }): void {
    level.peakDb = decibels(this.#peak);
    level.rmsDb = decibels(Math.sqrt(this.#squares / Math.max(1, this.#count)));
    this.#peak = 0;
    this.#squares = 0;
    this.#count = 0;
  }
}

const decibels = (amplitude: number): number => Math.max(SILENCE_DB, 20 * Math.log10(amplitude));
