/** One timeline of sound, from the start of a stream, that only grows. */
export interface Ear {
  /** Adds what was heard next, silence included. */
  push(samples: Int16Array): void;
  /** All that was heard and kept: a view, which later sound does not change. Copy it to keep or to transfer it. */
  readonly heard: Int16Array<ArrayBuffer>;
  /** Samples heard, kept or not. */
  readonly length: number;
  /** The same in milliseconds. */
  readonly lengthMs: number;
  /** Where the latest stretch of unbroken sound began, in milliseconds; undefined when there was none. */
  readonly soundStartMs: number | undefined;
  /** Where the latest sound ended, or has got to. */
  readonly soundEndMs: number | undefined;
}

/** Options of an ear. */
export interface EarOptions {
  /** Hz. Default: 8000. */
  readonly sampleRate?: number;
  /** How much is kept, in milliseconds from the start. Default: one hour, which is 58 MB. */
  readonly keepMs?: number;
  /** What counts as sound: the peak of 10 ms at or above this level, in dB below full scale. Default: -45. */
  readonly soundDb?: number;
}

/** Sound is looked for in stretches of this length. */
const WINDOW_MS = 10;

/** Creates an ear that has heard nothing. */
export function createEar({ sampleRate = 8000, keepMs = 3_600_000, soundDb = -45 }: EarOptions = {}): Ear {
  const windowLength = Math.round((sampleRate * WINDOW_MS) / 1000);
  const threshold = 32_768 * 10 ** (soundDb / 20);
  const maxKept = Math.round((keepMs * sampleRate) / 1000);
  let buffer = new Int16Array(0);
  let kept = 0;
  let length = 0;
  let soundStartMs: number | undefined;
  let soundEndMs: number | undefined;
  let peak = 0;

  function keep(samples: Int16Array): void {
    const more = samples.subarray(0, Math.max(0, maxKept - kept));
    if (kept + more.length > buffer.length) {
      // Views that were handed out keep the old buffer, with what it held.
      const grown = new Int16Array(
        Math.min(maxKept, Math.max(kept + more.length, 2 * buffer.length, sampleRate)),
      );
      grown.set(buffer.subarray(0, kept));
      buffer = grown;
    }
    buffer.set(more, kept);
    kept += more.length;
  }

  function listen(samples: Int16Array): void {
    for (const sample of samples) {
      peak = Math.max(peak, Math.abs(sample));
      length++;
      if (length % windowLength !== 0) continue;
      if (peak >= threshold) {
        const startMs = ((length - windowLength) * 1000) / sampleRate;
        if (soundEndMs !== startMs) soundStartMs = startMs;
        soundEndMs = (length * 1000) / sampleRate;
      }
      peak = 0;
    }
  }

  return {
    push(samples) {
      keep(samples);
      listen(samples);
    },
    get heard() {
      return buffer.subarray(0, kept);
    },
    get length() {
      return length;
    },
    get lengthMs() {
      return (length * 1000) / sampleRate;
    },
    get soundStartMs() {
      return soundStartMs;
    },
    get soundEndMs() {
      return soundEndMs;
    },
  };
}

/** A condition: something is heard after now. It gives when that began, or now where it had begun before. */
export function soundFromNowOn(ear: Ear): () => number | undefined {
  const { lengthMs, soundEndMs: since = 0 } = ear;
  return () => {
    const { soundStartMs, soundEndMs } = ear;
    if (soundStartMs === undefined || soundEndMs === undefined) return undefined;
    return soundEndMs > since ? Math.max(soundStartMs, lengthMs) : undefined;
  };
}

/** A condition: nothing has been heard for so many milliseconds. It gives when that silence began. */
export function silenceOf(ear: Ear, ms: number): () => number | undefined {
  return () => {
    const { soundEndMs = 0, lengthMs } = ear;
    return lengthMs - soundEndMs >= ms ? soundEndMs : undefined;
  };
}
