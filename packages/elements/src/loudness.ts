/**
 * What was heard, as peaks of 10 ms, for drawing: the last minutes of both tracks.
 *
 * @module
 */

import type { AudioFrame, Frame, Track } from '@patchcord/core';

const STEP_MS = 10;
/** As long as sound is kept to be heard again: 34 minutes, 1.6 MB. In milliseconds. */
const KEEP_MS = 2_040_000;
const FULL_SCALE = 32_768;
const UNHEARD = -1;

class Peaks {
  readonly #peaks: Float32Array<ArrayBuffer>;
  /** One past the newest step. */
  #end = 0;

  constructor(steps: number) {
    this.#peaks = new Float32Array(steps).fill(UNHEARD);
  }

  raise(step: number, peak: number): void {
    const size = this.#peaks.length;
    if (step < 0 || step < this.#end - size) return;
    if (step >= this.#end) {
      for (let next = Math.max(this.#end, step - size + 1); next <= step; next++) {
        this.#peaks[next % size] = UNHEARD;
      }
      this.#end = step + 1;
    }
    const slot = step % size;
    this.#peaks[slot] = Math.max(this.#peaks[slot] ?? UNHEARD, peak);
  }

  highest(fromStep: number, toStep: number): number | undefined {
    const size = this.#peaks.length;
    let highest = UNHEARD;
    const last = Math.min(toStep, this.#end);
    for (let step = Math.max(0, fromStep, this.#end - size); step < last; step++) {
      highest = Math.max(highest, this.#peaks[step % size] ?? UNHEARD);
    }
    return highest < 0 ? undefined : highest;
  }
}

/** The loudness of one call's tracks, over the last `keepMs`. */
export class Loudness {
  readonly #tracks: Readonly<Record<Track, Peaks>>;
  #fromMs: number | undefined;
  #endMs = 0;

  /** @param keepMs how much is kept, in milliseconds. */
  constructor(keepMs: number = KEEP_MS) {
    const steps = Math.ceil(keepMs / STEP_MS);
    this.#tracks = { inbound: new Peaks(steps), outbound: new Peaks(steps) };
  }

  /** Where the first frame began, in milliseconds of the call; undefined before it. */
  get fromMs(): number | undefined {
    return this.#fromMs;
  }

  /** Where the newest frame ended. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Takes note of a frame. Only reads its samples. */
  push(frame: Frame): void {
    if (frame.kind === 'audio') this.#hear(frame);
  }

  /** Highest sample from `fromMs` up to `toMs`, 0 to 1; undefined where nothing was received. */
  peak(track: Track, fromMs: number, toMs: number): number | undefined {
    const first = Math.floor(fromMs / STEP_MS);
    return this.#tracks[track].highest(first, Math.max(first + 1, Math.ceil(toMs / STEP_MS)));
  }

  #hear({ samples, sampleRate, channels, timestampMs, track }: AudioFrame): void {
    const peaks = this.#tracks[track];
    const perMs = (sampleRate * channels) / 1000;
    const endMs = timestampMs + samples.length / perMs;
    for (let at = 0; at < samples.length; ) {
      const step = Math.floor((timestampMs + at / perMs) / STEP_MS + 1e-6);
      const next = Math.min(
        samples.length,
        Math.max(at + 1, Math.round(((step + 1) * STEP_MS - timestampMs) * perMs)),
      );
      let peak = 0;
      for (; at < next; at++) peak = Math.max(peak, Math.abs(samples[at] ?? 0));
      peaks.raise(step, peak / FULL_SCALE);
    }
    this.#fromMs = Math.min(this.#fromMs ?? timestampMs, timestampMs);
    this.#endMs = Math.max(this.#endMs, endMs);
  }
}
