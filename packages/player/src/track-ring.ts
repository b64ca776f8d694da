import { CAPACITY } from './timing.ts';

/** The position in the ring is the low bits of the position on the timeline; the capacity is a power of two. */
const MASK = CAPACITY - 1;

/** The last four seconds of one track, addressed by place on the call's timeline in samples. Absent samples read as 0. */
export class TrackRing {
  readonly #samples = new Float32Array(CAPACITY);
  readonly #present = new Uint8Array(CAPACITY);
  #end = 0;
  #empty = true;

  /** One past the last sample written: 0 while empty. */
  get end(): number {
    return this.#end;
  }

  /** Whether nothing was written. */
  get empty(): boolean {
    return this.#empty;
  }

  /** Copies samples to their place. 16-bit samples become float32 exactly. */
  write(position: number, samples: Int16Array | Float32Array): void {
    const { length } = samples;
    if (length === 0 || length > CAPACITY) return;
    if (this.#empty) {
      this.#empty = false;
      this.#end = position;
    }
    if (position + length > this.#end) {
      // What lies between is absent, and what the ring still holds there is four seconds old.
      const from = Math.max(this.#end, position + length - CAPACITY);
      for (let at = from; at < position; at++) this.#present[at & MASK] = 0;
      this.#end = position + length;
    }
    const scale = samples instanceof Int16Array ? 1 / 32768 : 1;
    for (let i = 0; i < length; i++) {
      if (position + i < this.#end - CAPACITY) continue;
      const at = (position + i) & MASK;
      this.#samples[at] = (samples[i] as number) * scale;
      this.#present[at] = 1;
    }
  }

  /** Whether the sample at this place has come and is still held. */
  has(position: number): boolean {
    return (
      !this.#empty &&
      position < this.#end &&
      position >= this.#end - CAPACITY &&
      this.#present[position & MASK] === 1
    );
  }

  /** Whether every sample of a stretch is there. */
  hasAll(position: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (!this.has(position + i)) return false;
    return true;
  }

  /** How many samples from here on, at most `limit`, are there as this one is, or absent as this one is. */
  run(position: number, limit: number): number {
    const first = this.has(position);
    let length = 1;
    while (length < limit && this.has(position + length) === first) length++;
    return length;
  }

  /** The sample at this place, 0 where none came. */
  at(position: number): number {
    return this.has(position) ? (this.#samples[position & MASK] as number) : 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#present.fill(0);
    this.#empty = true;
    this.#end = 0;
  }
}
