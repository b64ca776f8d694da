import { MediaError } from '../errors.ts';
import { createResampler, type Resampler } from './resampler.ts';

/** What counts as speech. */
export interface SpeechDetectorOptions {
  /** Rate of the samples pushed, in Hz: one of `SAMPLE_RATES`. Default: 8000. */
  readonly sampleRate?: number;
  /** What is quieter than this is never speech, in dBFS. Default: -45. */
  readonly minimumDb?: number;
  /** How far speech stands out above the noise of the line, in dB. Default: 9. */
  readonly marginDb?: number;
  /** How much sound it takes to begin, in milliseconds. Default: 60. */
  readonly startMs?: number;
  /** How long a pause may be before speech has stopped, in milliseconds. Default: 400. */
  readonly hangOverMs?: number;
}

/** Tells speech from silence, one stream each. */
export interface SpeechDetector {
  /** Whether somebody is speaking, as of the last sample pushed. */
  readonly speaking: boolean;
  /**
   * Looks at the next samples, which it neither keeps nor changes: any number of them, 20 ms at a time for a prompt
   * answer.
   *
   * @returns what became of `speaking`, or undefined where it stayed the same
   */
  push(samples: Int16Array): 'started' | 'stopped' | undefined;
  /** Forgets the stream so far, the noise of the line included. */
  reset(): void;
}

/** The signal is looked at as it is on the telephone, whatever rate it comes at. */
const RATE = 8000;
/** A new look every 10 ms, at the last 20 ms. */
const HOP = 80;
const WINDOW = 160;
const HOP_MS = 10;

/** The noise of the line is the quietest look of the last 1.5 to 3 seconds: even a fast talker takes breath. */
const NOISE_LOOKS = 150;
/** The noise is taken to be within these, in dBFS, so that neither a muted line nor a loud start misleads. */
const QUIETEST_NOISE_DB = -70;
const LOUDEST_NOISE_DB = -35;
/** Once begun, speech may be this much quieter, in dB. */
const HYSTERESIS_DB = 3;

/** Vowels change sign less often than this share of samples, hiss does more often. */
const MOST_VOICED_CROSSINGS = 0.3;
/** One look in this many must be voiced for speech to begin. */
const VOICED_SHARE = 2;

/** Hum below this is taken away, in Hz. */
const HIGH_PASS_HZ = 100;

/** Key tones, in Hz: ITU-T Q.23. */
const KEY_ROWS = [697, 770, 852, 941];
const KEY_COLUMNS = [1209, 1336, 1477, 1633];
/** Share of the energy that the two tones of a key have together, and that each has at least. */
const KEY_SHARE = 0.75;
const KEY_TONE_SHARE = 0.12;

/**
 * A speech detector: a heuristic, small and honest, good enough to notice that a caller interrupts, to light a lamp
 * and to time turns. It is no model of speech.
 *
 * Speech is sound that stands out above the noise of the line for long enough and is voiced for part of it.
 * Silence, steady noise, hiss, clicks and the tones of telephone keys are not; music, other steady tones and
 * somebody else's voice in the room are.
 *
 * @throws {MediaError} `invalid-argument`
 */
export function createSpeechDetector({
  sampleRate = RATE,
  minimumDb = -45,
  marginDb = 9,
  startMs = 60,
  hangOverMs = 400,
}: SpeechDetectorOptions = {}): SpeechDetector {
  requireNumber('minimumDb', minimumDb, -120, 0);
  requireNumber('marginDb', marginDb, 0, 60);
  requireNumber('startMs', startMs, 0, 10_000);
  requireNumber('hangOverMs', hangOverMs, 0, 60_000);
  const resampler: Resampler = createResampler({ from: sampleRate, to: RATE, quality: 'low-latency' });
  /** The first look that sees speech already holds 20 ms of it. */
  const looksToStart = Math.max(1, Math.round((startMs - (WINDOW - HOP) / (RATE / 1000)) / HOP_MS));
  const looksToStop = Math.max(1, Math.round(hangOverMs / HOP_MS));
  const highPassPole = 1 - (2 * Math.PI * HIGH_PASS_HZ) / RATE;

  /** The last 20 ms, without hum. */
  const window = new Float32Array(WINDOW);
  let filled: number;
  let lastIn: number;
  let lastOut: number;
  let speaking: boolean;
  /** Looks in a row at sound, and how many of them were voiced. */
  let sounding: number;
  let voiced: number;
  /** Looks in a row at no sound. */
  let silent: number;
  /** The quietest look of the stretch before, and of this one. */
  let noiseBeforeDb: number;
  let noiseDb: number;
  let looks: number;
  reset();

  function reset(): void {
    resampler.reset();
    window.fill(0);
    filled = 0;
    lastIn = 0;
    lastOut = 0;
    speaking = false;
    sounding = 0;
    voiced = 0;
    silent = 0;
    noiseBeforeDb = LOUDEST_NOISE_DB;
    noiseDb = LOUDEST_NOISE_DB;
    looks = 0;
  }

  function push(samples: Int16Array): 'started' | 'stopped' | undefined {
    const before = speaking;
    const heard = sampleRate === RATE ? samples : resampler.push(samples);
    for (let i = 0; i < heard.length; i++) {
      const sample = heard[i] as number;
      lastOut = sample - lastIn + highPassPole * lastOut;
      lastIn = sample;
      window[WINDOW - HOP + filled] = lastOut;
      if (++filled < HOP) continue;
      look();
      window.copyWithin(0, HOP);
      filled = 0;
    }
    if (speaking === before) return undefined;
    return speaking ? 'started' : 'stopped';
  }

  function look(): void {
    const energy = energyOf(window);
    const levelDb = 10 * Math.log10(energy / WINDOW / 32768 ** 2 + 1e-12);
    followNoise(Math.max(QUIETEST_NOISE_DB, levelDb));

    const thresholdDb = Math.max(minimumDb, Math.min(noiseBeforeDb, noiseDb) + marginDb);
    const isSound = levelDb > thresholdDb - (speaking ? HYSTERESIS_DB : 0) && !isKeyTone(window, energy);
    if (isSound) {
      sounding++;
      silent = 0;
      if (crossingsOf(window) < MOST_VOICED_CROSSINGS * WINDOW) voiced++;
      if (sounding >= looksToStart && voiced * VOICED_SHARE >= looksToStart) speaking = true;
    } else {
      sounding = 0;
      voiced = 0;
      silent++;
      if (silent >= looksToStop) speaking = false;
    }
  }

  function followNoise(levelDb: number): void {
    noiseDb = Math.min(noiseDb, levelDb);
    if (++looks < NOISE_LOOKS) return;
    looks = 0;
    noiseBeforeDb = noiseDb;
    noiseDb = LOUDEST_NOISE_DB;
  }

  return {
    get speaking() {
      return speaking;
    },
    push,
    reset,
  };
}

function energyOf(window: Float32Array): number {
  let energy = 0;
  for (let i = 0; i < WINDOW; i++) energy += (window[i] as number) ** 2;
  return energy;
}

function crossingsOf(window: Float32Array): number {
  let crossings = 0;
  for (let i = 1; i < WINDOW; i++)
    if ((window[i] as number) < 0 !== (window[i - 1] as number) < 0) crossings++;
  return crossings;
}

/** Whether nearly all of the energy lies in one row tone and one column tone. */
function isKeyTone(window: Float32Array, energy: number): boolean {
  const row = strongest(window, KEY_ROWS);
  const column = strongest(window, KEY_COLUMNS);
  return row + column > KEY_SHARE * energy && Math.min(row, column) > KEY_TONE_SHARE * energy;
}

/** Energy of the strongest of some frequencies, by Goertzel's recursion. */
function strongest(window: Float32Array, frequencies: readonly number[]): number {
  let most = 0;
  for (const frequency of frequencies) {
    const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / RATE);
    let s1 = 0;
    let s2 = 0;
    for (let i = 0; i < WINDOW; i++) {
      const s0 = (window[i] as number) + coefficient * s1 - s2;
      s2 = s1;
      s1 = s0;
    }
    most = Math.max(most, ((s1 * s1 + s2 * s2 - coefficient * s1 * s2) * 2) / WINDOW);
  }
  return most;
}

function requireNumber(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new MediaError('invalid-argument', `${name} is ${String(value)}, expected ${least} to ${most}`);
  }
}
