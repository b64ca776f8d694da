import { type DtmfDigit, dtmfTone, type FrameFromCall, MediaError, type Track } from '@patchcord/core';
import { createCutter, createGaps, type FaultListener, type TimedSamples } from '../faults/faults.ts';
import { createKeypad, parseKeys } from './keypad.ts';
import { createMouth, type Mouth, type Said } from './mouth.ts';
import type { PhoneOptions } from './phone.ts';
import { LINE_RATE, type Sound, toLineSamples } from './sound.ts';

/** How long a frame of the line is, in milliseconds and in samples. */
export const FRAME_MS = 20;
const FRAME_LENGTH = (LINE_RATE * FRAME_MS) / 1000;

/** How long the tone of a key is heard. */
const KEY_TONE_MS = 100;

const MAX_WAITING_KEYS = 1000;
const MAX_WAITING_SAMPLES = 3600 * LINE_RATE;

/** What is said and pressed on a line, made into frames: of each track a mouth, and the keys. Knows no time but theirs. */
export class Caller {
  readonly #options: PhoneOptions;
  readonly #mouths: ReadonlyMap<Track, Mouth>;
  readonly #keypad = createKeypad();
  /** What happens to audio on purpose. */
  readonly #isMissing: (timestampMs: number) => boolean;
  readonly #cutters: ReadonlyMap<Track, (piece: TimedSamples) => TimedSamples[]>;
  /** Tones of keys that are not heard yet. */
  #keyTone: Int16Array = new Int16Array(0);

  constructor(options: PhoneOptions, onFault: FaultListener) {
    const { faults = {}, lineNoiseDb, tracks = ['inbound'] } = options;
    this.#options = options;
    this.#isMissing = createGaps(faults, onFault);
    this.#cutters = new Map(tracks.map((track) => [track, createCutter(faults, LINE_RATE)]));
    this.#mouths = new Map(
      tracks.map((track) => [track, createMouth(track === 'inbound' ? { lineNoiseDb } : {})]),
    );
  }

  /**
   * Says a sound, after those before it.
   *
   * @param onSaid Called once its last sample was in a frame.
   * @throws {MediaError} `invalid-argument`, `unsupported-frame`, `limit-exceeded`, as `Phone.say` has it.
   */
  say(sound: Sound, track: Track, onSaid: (said: Said) => void): void {
    const mouth = this.#mouths.get(track);
    if (mouth === undefined) {
      throw new MediaError(
        'unsupported-frame',
        `This stream has no ${track} track. Name it in the tracks that the phone is opened with.`,
      );
    }
    const samples = toLineSamples(sound);
    if (mouth.pendingSamples + samples.length > MAX_WAITING_SAMPLES) {
      throw new MediaError(
        'limit-exceeded',
        'More than an hour of sound would wait to be said. Await each say() before the next.',
      );
    }
    mouth.say(samples, onSaid);
  }

  /**
   * Presses keys, after those before them.
   *
   * @param onPressed Called once the last of them was in a frame.
   * @throws {MediaError} `invalid-argument`, `unsupported-frame`, `limit-exceeded`, as `Phone.press` has it.
   */
  press(keys: string, onPressed: () => void): void {
    if (this.#options.unidirectional) {
      throw new MediaError(
        'unsupported-frame',
        'A unidirectional stream carries no keys. Open the phone without unidirectional.',
      );
    }
    const digits = parseKeys(keys);
    if (this.#keypad.pending + digits.length > MAX_WAITING_KEYS) {
      throw new MediaError(
        'limit-exceeded',
        `More than ${MAX_WAITING_KEYS} keys would wait to be pressed. Await each press() before the next.`,
      );
    }
    this.#keypad.press(digits, onPressed);
  }

  /**
   * The 20 ms of the line that begin at a time: a key if one is due, then the audio of each track.
   *
   * @param send Called with each frame. A callback, for what was said is told at once, between frames.
   */
  read(timestampMs: number, send: (frame: FrameFromCall) => void): void {
    const digit = this.#keypad.read(timestampMs);
    if (digit !== undefined) {
      this.#beginTone(digit);
      send({ kind: 'dtmf', digit, track: 'inbound' });
    }
    const { firstTimestampMs = 0 } = this.#options;
    const missing = this.#isMissing(timestampMs);
    for (const [track, mouth] of this.#mouths) {
      const samples = mouth.read(FRAME_LENGTH, timestampMs);
      if (track === 'inbound') this.#addKeyTone(samples);
      if (missing) continue;
      const piece = { samples, timestampMs: timestampMs + firstTimestampMs };
      for (const cut of this.#cutters.get(track)?.(piece) ?? []) {
        send({ kind: 'audio', ...cut, sampleRate: LINE_RATE, channels: 1, track });
      }
    }
  }

  #beginTone(digit: DtmfDigit): void {
    if (!this.#options.audibleKeys) return;
    this.#keyTone = dtmfTone(digit, { ms: KEY_TONE_MS, sampleRate: LINE_RATE });
  }

  #addKeyTone(samples: Int16Array): void {
    const tone = this.#keyTone.subarray(0, samples.length);
    for (const [index, sample] of tone.entries()) {
      samples[index] = Math.max(-32_768, Math.min(32_767, (samples[index] ?? 0) + sample));
    }
    this.#keyTone = this.#keyTone.subarray(tone.length);
  }
}
