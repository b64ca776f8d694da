import type { AudioFrame } from '@patchcord/core';
import type { Recording } from './recording.ts';

const STEP_MS = 20;
/** Sound is handed on this long before it is due, so that a late timer is not heard. In milliseconds. */
const LEAD_MS = 120;

/**
 * Plays a recording from some time on, as fast as it was spoken: what is due goes to `write`. Times of the clock are
 * passed in; call `pump` some 25 times a second.
 */
export class Replay {
  readonly #recording: Recording;
  readonly #write: (frame: AudioFrame) => void;
  readonly #aheadMs: number;
  #writtenMs: number;

  /** @param fromMs where to begin, in milliseconds of the call. */
  constructor(recording: Recording, write: (frame: AudioFrame) => void, fromMs: number, nowMs: number) {
    this.#recording = recording;
    this.#write = write;
    this.#writtenMs = Math.max(recording.fromMs ?? 0, Math.min(fromMs, recording.endMs));
    this.#aheadMs = this.#writtenMs - nowMs;
  }

  /** Where in the call the replay is. */
  at(nowMs: number): number {
    return Math.min(nowMs + this.#aheadMs, this.#recording.endMs);
  }

  /** Hands on what is due. Returns whether there is more, now or later. */
  pump(nowMs: number): boolean {
    const dueMs = nowMs + this.#aheadMs + LEAD_MS;
    while (this.#writtenMs < dueMs && this.#writtenMs + STEP_MS <= this.#recording.endMs) {
      for (const track of ['inbound', 'outbound'] as const) {
        const samples = this.#recording.read(track, this.#writtenMs, this.#writtenMs + STEP_MS);
        const { sampleRate } = this.#recording;
        this.#write({ kind: 'audio', samples, sampleRate, channels: 1, timestampMs: this.#writtenMs, track });
      }
      this.#writtenMs += STEP_MS;
    }
    return nowMs + this.#aheadMs < this.#recording.endMs;
  }
}
