/**
 * Pitch over time, as columns that are reckoned once and kept while they are in view.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { Recording } from '../recording.ts';
import { SPECTRUM_SIZE, spectrum } from '../spectrum.ts';

const ROWS = SPECTRUM_SIZE / 2;
/** Columns kept of each track: more than a wide screen shows. */
const MOST_COLUMNS = 4096;
/** What is as faint as the ground, and as strong as the ink. In dBFS. */
const FAINT_DB = -78;
const STRONG_DB = -18;

/** A stretch of a lane. Lengths are CSS pixels, times milliseconds of the call. */
export interface SpectrogramPlace {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pxPerMs: number;
  readonly top: number;
  readonly height: number;
  readonly colour: string;
}

/** One track's spectrogram. */
export class Spectrogram {
  readonly #track: Track;
  /** Strengths of 0 to 255, highest pitch first, by number of the column. */
  readonly #columns = new Map<number, Uint8ClampedArray>();
  readonly #picture = document.createElement('canvas');
  #recording: Recording | undefined;
  #columnMs = 0;

  constructor(track: Track) {
    this.#track = track;
  }

  /** Paints what was received of a stretch. */
  paint(context: CanvasRenderingContext2D, recording: Recording, place: SpectrogramPlace): void {
    const columnMs = Math.max(4, 1 / place.pxPerMs);
    if (recording !== this.#recording || Math.abs(columnMs - this.#columnMs) > 1e-6) this.#columns.clear();
    this.#recording = recording;
    this.#columnMs = columnMs;
    const first = Math.ceil(Math.max(place.fromMs, recording.fromMs ?? Infinity) / columnMs);
    const last = Math.floor(Math.min(place.toMs, recording.endMs - SPECTRUM_SIZE / 16) / columnMs);
    const width = Math.min(MOST_COLUMNS, last - first);
    if (!(width > 0)) return;
    this.#draw(first, width, place.colour);
    const x = (first * columnMs - place.fromMs) * place.pxPerMs;
    context.imageSmoothingEnabled = true;
    context.drawImage(this.#picture, x, place.top, width * columnMs * place.pxPerMs, place.height);
  }

  #draw(first: number, width: number, colour: string): void {
    if (this.#picture.width !== width) this.#picture.width = width;
    this.#picture.height = ROWS;
    const context = this.#picture.getContext('2d', { willReadFrequently: true });
    if (!context) return;
    // The colour as bytes, whatever notation the theme has for it.
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    const image = context.createImageData(width, ROWS);
    for (let x = 0; x < width; x++) {
      const column = this.#columnOf(first + x);
      for (let row = 0; row < ROWS; row++) {
        const at = 4 * (row * width + x);
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        image.data[at + 3] = column[row] ?? 0;
      }
    }
    context.putImageData(image, 0, 0);
  }

  #columnOf(index: number): Uint8ClampedArray {
    const kept = this.#columns.get(index);
    if (kept) return kept;
    const column = this.#reckon(index);
    this.#columns.set(index, column);
    if (this.#columns.size > MOST_COLUMNS) {
      const [oldest] = this.#columns.keys();
      if (oldest !== undefined) this.#columns.delete(oldest);
    }
    return column;
  }

  #reckon(index: number): Uint8ClampedArray {
    const column = new Uint8ClampedArray(ROWS);
    const recording = this.#recording;
    if (!recording) return column;
    const lengthMs = (1000 * SPECTRUM_SIZE) / recording.sampleRate;
    const fromMs = (index + 0.5) * this.#columnMs - lengthMs / 2;
    const samples = recording.read(this.#track, fromMs, fromMs + lengthMs);
    if (samples.every((sample) => sample === 0)) return column;
    const levels = spectrum(samples);
    for (let row = 0; row < ROWS; row++) {
      const share = ((levels[ROWS - 1 - row] ?? FAINT_DB) - FAINT_DB) / (STRONG_DB - FAINT_DB);
      column[row] = 255 * Math.max(0, share) ** 1.6;
    }
    return column;
  }
}
