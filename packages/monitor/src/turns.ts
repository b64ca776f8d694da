/**
 * Who speaks, and from when to when: turns of one track, from its level.
 *
 * @module
 */

import { createSpeechDetector, SAMPLE_RATES, type SampleRate, type SpeechDetector } from '@patchcord/core';

/** A stretch of speech on one track. */
export interface Turn {
  readonly timestampMs: number;
  readonly durationMs: number;
}

/** Sound that begins this long after the sound before it, in milliseconds, is another turn. The agent's track has no silence in it. */
const SEPARATE_MS = 700;

/** How much sound begins a turn, and how long a pause ends it, in milliseconds. */
const START_MS = 60;
const PAUSE_MS = 400;

/** Finds turns in the sound of one track. */
export class TurnFinder {
  readonly #detector: SpeechDetector;
  #beganMs: number | undefined;
  #soundUntilMs = 0;

  /** @param sampleRate of the sound, in Hz. */
  constructor(sampleRate: number) {
    this.#detector = createSpeechDetector({
      // A rate that it does not know is not worth losing the call for: the detector then takes time a little wrong.
      sampleRate: SAMPLE_RATES.includes(sampleRate as SampleRate) ? sampleRate : 8000,
      startMs: START_MS,
      hangOverMs: PAUSE_MS,
    });
  }

  /** Whether somebody speaks now. */
  get speaking(): boolean {
    return this.#beganMs !== undefined;
  }

  /** Takes the next sound. Returns the turn that it ends, if it does. */
  push(samples: Int16Array, timestampMs: number, durationMs: number): Turn | undefined {
    const ended = this.passTime(timestampMs);
    this.#soundUntilMs = timestampMs + durationMs;
    const change = this.#detector.push(samples);
    if (change === 'started') this.#beganMs = Math.max(0, this.#soundUntilMs - START_MS);
    return change === 'stopped' ? this.#end(this.#soundUntilMs - PAUSE_MS) : ended;
  }

  /** Notes that the call has come to this time. Returns the turn that has ended because no sound came any more. */
  passTime(timestampMs: number): Turn | undefined {
    if (timestampMs - this.#soundUntilMs < SEPARATE_MS) return undefined;
    if (this.#detector.speaking) this.#detector.reset();
    return this.end();
  }

  /** Ends the turn, if there is one: the call is over. */
  end(): Turn | undefined {
    return this.#end(this.#soundUntilMs);
  }

  #end(untilMs: number): Turn | undefined {
    if (this.#beganMs === undefined) return undefined;
    const timestampMs = this.#beganMs;
    this.#beganMs = undefined;
    return { timestampMs, durationMs: Math.max(0, untilMs - timestampMs) };
  }
}
