import { LINE_RATE } from './sound.ts';

/** When a sound was on the line, in milliseconds from the start of the stream. */
export interface Said {
  /** Of the first sample. */
  readonly timestampMs: number;
  /** Of the end of the last sample. */
  readonly endMs: number;
}

/** What a track carries: sounds one after another, silence or faint noise when there are none. */
export interface Mouth {
  /** Says a sound after those before it. Takes the samples; `onSaid` is called once the last one was read. */
  say(samples: Int16Array, onSaid: (said: Said) => void): void;
  /** The next samples, which begin at the given time, in a fresh array that the caller owns. */
  read(length: number, timestampMs: number): Int16Array<ArrayBuffer>;
  /** Samples that are not read yet. */
  readonly pendingSamples: number;
}

/** Options of a mouth. */
export interface MouthOptions {
  /** RMS of the line's noise, in dB below full scale. Default: none, as digital silence. */
  readonly lineNoiseDb?: number | undefined;
}

interface WaitingSound {
  readonly samples: Int16Array;
  readonly onSaid: (said: Said) => void;
  startMs?: number;
}

/** Creates a mouth that says nothing yet. */
export function createMouth({ lineNoiseDb }: MouthOptions = {}): Mouth {
  const sounds: WaitingSound[] = [];
  const noise = lineNoiseDb === undefined ? undefined : createNoise(lineNoiseDb);
  /** How much of the first sound is read. */
  let offset = 0;
  let pendingSamples = 0;

  return {
    say(samples, onSaid) {
      sounds.push({ samples, onSaid });
      pendingSamples += samples.length;
    },
    read(length, timestampMs) {
      const target = new Int16Array(length);
      const timeAt = (index: number): number => timestampMs + (1000 * index) / LINE_RATE;
      let filled = 0;
      for (let sound = sounds[0]; sound !== undefined && filled < length; sound = sounds[0]) {
        sound.startMs ??= timeAt(filled);
        const count = Math.min(sound.samples.length - offset, length - filled);
        target.set(sound.samples.subarray(offset, offset + count), filled);
        filled += count;
        offset += count;
        pendingSamples -= count;
        if (offset === sound.samples.length) {
          sounds.shift();
          offset = 0;
          sound.onSaid({ timestampMs: sound.startMs, endMs: timeAt(filled) });
        }
      }
      if (noise !== undefined) {
        for (let index = filled; index < length; index++) target[index] = noise();
      }
      return target;
    },
    get pendingSamples() {
      return pendingSamples;
    },
  };
}

/** Uniform noise, the same on every run: xorshift of 32 bits, by George Marsaglia. */
function createNoise(levelDb: number): () => number {
  const peak = 32_768 * 10 ** (levelDb / 20) * Math.sqrt(3); // the RMS of uniform noise is its peak over √3
  let state = 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.round((state / 2 ** 31) * peak);
  };
}
