import { dtmfTone } from '../dsp/tone.ts';
import { MediaError } from '../errors.ts';
import { type AudioFrame, durationMs, type Frame, type Track } from '../frames/frame.ts';

/** Options of `DtmfToneStream`. */
export interface DtmfToneStreamOptions {
  /** Rate of the tones, in Hz. Default: 8000. */
  readonly sampleRate?: number;
  /** How long a key sounds, in milliseconds: 40 (ITU-T Q.24) to 10 000. Default: 100. */
  readonly toneMs?: number;
  /** Silence behind each key, in milliseconds: 40 (ITU-T Q.24) to 10 000. Default: 100. */
  readonly pauseMs?: number;
  /** Peak of both tones together, in dBFS, at most 0. Default: -6, which is about -9 dBm0 each. */
  readonly level?: number;
  /** Keys of this track become sound. Default: `outbound`, the keys that we press. */
  readonly track?: Track;
}

/** Shortest tone and pause that every receiver takes for one, in milliseconds: ITU-T Q.24. */
const LEAST_MS = 40;
const MOST_MS = 10_000;
const DEFAULT_MS = 100;
const DEFAULT_LEVEL_DBFS = -6;

/**
 * Turns keys into their sound, for wires that have no message for a key: each `dtmf` frame of one track becomes an
 * audio frame with its tones and the pause behind it. All other frames pass, in order; audio of that track behind a key
 * is as much later.
 */
export class DtmfToneStream<F extends Frame = Frame> extends TransformStream<F, F | AudioFrame> {
  /** @throws {MediaError} `invalid-argument` */
  constructor(options: DtmfToneStreamOptions = {}) {
    const engine = createKeySounder(options);
    super({
      transform(frame, controller) {
        controller.enqueue(engine.push(frame) as F | AudioFrame);
      },
    });
  }
}

/** The engine of `DtmfToneStream`: a frame in, a frame out. */
export interface KeySounder {
  push(frame: Frame): Frame;
}

export function createKeySounder({
  sampleRate = 8000,
  toneMs = DEFAULT_MS,
  pauseMs = DEFAULT_MS,
  level = DEFAULT_LEVEL_DBFS,
  track = 'outbound',
}: DtmfToneStreamOptions = {}): KeySounder {
  requireDuration('toneMs', toneMs);
  requireDuration('pauseMs', pauseMs);
  dtmfTone('0', { ms: 0, sampleRate, level }); // tells at once of a rate or a level that cannot be
  const pauseSamples = Math.round((pauseMs * sampleRate) / 1000);
  /** Where the track goes on, and how much of that is keys. */
  let endMs = 0;
  let addedMs = 0;

  return {
    push(frame) {
      if (frame.kind === 'audio' && frame.track === track) {
        const later = addedMs === 0 ? frame : { ...frame, timestampMs: frame.timestampMs + addedMs };
        endMs = later.timestampMs + durationMs(later);
        return later;
      }
      if (frame.kind !== 'dtmf' || frame.track !== track) return frame;
      const tone = dtmfTone(frame.digit, { ms: toneMs, sampleRate, level });
      const samples = new Int16Array(tone.length + pauseSamples);
      samples.set(tone);
      const key: AudioFrame = { kind: 'audio', samples, sampleRate, channels: 1, timestampMs: endMs, track };
      addedMs += durationMs(key);
      endMs += durationMs(key);
      return key;
    },
  };
}

function requireDuration(name: string, value: number): void {
  if (value >= LEAST_MS && value <= MOST_MS) return;
  throw new MediaError(
    'invalid-argument',
    `${name} is ${String(value)}, expected ${LEAST_MS} to ${MOST_MS} milliseconds`,
  );
}
