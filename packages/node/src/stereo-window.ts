import { bytesFromSamples } from '@patchcord/core';

/** The caller is on the left, what the caller hears on the right. */
export type Side = 'left' | 'right';

/** Bytes with their place among all samples of the recording. */
export interface Piece {
  /** Sample of each channel at which the bytes begin. */
  readonly position: number;
  /** 16-bit linear stereo, little-endian. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const CHANNELS = 2;

/**
 * The latest stretch of a stereo recording, into which both sides may still be written in any order. What nobody
 * wrote is silence. Of constant size, and pure.
 *
 * Positions count samples of one channel from the start of the recording.
 */
export class StereoWindow {
  /** Interleaved; a position has its place modulo the length. */
  readonly #samples: Int16Array<ArrayBuffer>;
  readonly #length: number;
  #end = 0;
  #takenTo = 0;
  #tooLate = 0;

  /** @param length of the stretch, in samples of one channel. */
  constructor(length: number) {
    this.#length = length;
    this.#samples = new Int16Array(length * CHANNELS);
  }

  /** How long the recording is by now. */
  get end(): number {
    return this.#end;
  }

  /** How far the recording may grow before `take` has to be called, lest sound be forgotten. */
  get room(): number {
    return this.#takenTo === this.#end ? Number.POSITIVE_INFINITY : this.#takenTo + this.#length;
  }

  /** Samples that came for a place that had left the window, and were dropped. */
  get tooLate(): number {
    return this.#tooLate;
  }

  /** Makes the recording as long as that at least. */
  extendTo(position: number): void {
    if (position <= this.#end) return;
    const from = Math.max(this.#end, position - this.#length);
    this.#each(from, position - from, (at, count) =>
      this.#samples.fill(0, at * CHANNELS, (at + count) * CHANNELS),
    );
    this.#end = position;
    // Nothing but silence is skipped here, as long as `room` is heeded.
    this.#takenTo = Math.max(this.#takenTo, position - this.#length);
  }

  /** Writes one side. At most as long as the window. */
  place(side: Side, position: number, samples: Int16Array): void {
    this.extendTo(position + samples.length);
    const tooLate = Math.max(0, Math.min(samples.length, this.#end - this.#length - position));
    this.#tooLate += tooLate;
    const start = position + tooLate;
    if (tooLate === samples.length) return;
    const offset = side === 'left' ? 0 : 1;
    let next = tooLate;
    this.#each(start, samples.length - tooLate, (at, count) => {
      for (let i = at; i < at + count; i++) this.#samples[i * CHANNELS + offset] = samples[next++] as number;
    });
    this.#takenTo = Math.min(this.#takenTo, start);
  }

  /** All that was written since it was last taken, what stood there before included; undefined where nothing was. */
  take(): Piece | undefined {
    const position = this.#takenTo;
    const count = this.#end - position;
    if (count === 0) return undefined;
    const samples = new Int16Array(count * CHANNELS);
    let next = 0;
    this.#each(position, count, (at, length) => {
      samples.set(this.#samples.subarray(at * CHANNELS, (at + length) * CHANNELS), next);
      next += length * CHANNELS;
    });
    this.#takenTo = this.#end;
    return { position, bytes: bytesFromSamples(samples) };
  }

  /** Goes over a stretch of positions in pieces that lie in one. */
  #each(position: number, count: number, visit: (at: number, count: number) => void): void {
    for (let done = 0; done < count; ) {
      const at = (position + done) % this.#length;
      const length = Math.min(count - done, this.#length - at);
      visit(at, length);
      done += length;
    }
  }
}
