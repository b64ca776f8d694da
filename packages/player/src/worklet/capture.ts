/**
 * The audio thread's part of the microphone: sound of the device's rate goes in, frames of 20 ms at 8000 Hz go out by message.
 *
 * @module
 */

import { createResampler, type Resampler, type SampleRate } from '@patchcord/core';
import { LevelMeter } from '../level-meter.ts';
import { CAPTURE_NAME, type Captured } from '../messages.ts';
import { RATE } from '../timing.ts';

/** Frames in a second. */
const FRAMES = 50;

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #resampler: Resampler = createResampler({ from: sampleRate as SampleRate, to: RATE });
  readonly #meter = new LevelMeter();
  readonly #taken = new Int16Array(sampleRate / FRAMES);
  #filled = 0;
  #closed = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.#closed = true;
      this.port.close();
    };
  }

  process([channels]: Float32Array[][]): boolean {
    const sound = channels?.[0]; // absent while the device gives nothing
    if (this.#closed || !sound) return !this.#closed;
    this.#meter.add(sound, sound.length);
    for (let i = 0; i < sound.length; i++) {
      const sample = Math.round((sound[i] as number) * 32_768);
      this.#taken[this.#filled++] = Math.max(-32_768, Math.min(32_767, sample));
      if (this.#filled === this.#taken.length) this.#tell();
    }
    return true;
  }

  #tell(): void {
    this.#filled = 0;
    const samples = this.#resampler.push(this.#taken);
    const level = { peakDb: 0, rmsDb: 0 };
    this.#meter.take(level);
    this.port.postMessage({ samples, level } satisfies Captured, [samples.buffer]);
  }
}

registerProcessor(CAPTURE_NAME, CaptureProcessor);
