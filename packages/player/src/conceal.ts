import { findLag, type Lag } from './pitch.ts';
import { LONGEST_LAG, SAMPLES_PER_MS } from './timing.ts';
import type { TrackRing } from './track-ring.ts';

/** Sound that the pitch is found by: 10 ms. */
const WIDTH = 80;
const LOOK_BACK = WIDTH + LONGEST_LAG;

/** The first 10 ms are at full level, each 10 ms after loses a fifth, 60 ms are silent: G.711 Appendix I, clause I.2.7. */
const FULL = 10 * SAMPLES_PER_MS;
const SILENT = 60 * SAMPLES_PER_MS;

/** Makes up what is missing on one track: the last pitch period again and again, fading to silence. */
export class Concealer {
  readonly #past = new Float32Array(LOOK_BACK);
  readonly #lag: Lag = { samples: LONGEST_LAG, likeness: 0 };
  #made = 0;
  #active = false;

  /** Whether sound is being made up. */
  get active(): boolean {
    return this.#active;
  }

  /** Starts after what was heard up to `position`. */
  start(track: TrackRing, position: number): void {
    for (let i = 0; i < LOOK_BACK; i++) this.#past[i] = track.at(position - LOOK_BACK + i);
    findLag(this.#past, LOOK_BACK - WIDTH, WIDTH, -1, this.#lag);
    this.#made = 0;
    this.#active = true;
  }

  /** The next sample made up. */
  next(): number {
    const made = this.#made++;
    if (made >= SILENT) return 0;
    const gain = made < FULL ? 1 : 1 - (made - FULL) / (SILENT - FULL);
    const { samples } = this.#lag;
    return gain * (this.#past[LOOK_BACK - samples + (made % samples)] as number);
  }

  stop(): void {
    this.#active = false;
  }
}
