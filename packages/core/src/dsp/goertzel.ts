/**
 * Telephone keys heard in the sound of the line.
 *
 * What counts as a key is ITU-T Q.24's: two tones, one of each group of Q.23, each within 1.5 % of its frequency (beyond
 * 3.5 % it is none), the column between 8 dB weaker and 4 dB stronger than the row, for 40 ms (under 23 ms it is none),
 * with 40 ms of pause between keys and no second key for a break of 10 ms.
 *
 * @see https://www.itu.int/rec/T-REC-Q.24
 * @module
 */

import { MediaError } from '../errors.ts';

/** Options of `createDtmfDetector`. */
export interface DtmfDetectorOptions {
  /** Rate of the samples pushed, in Hz: 8000 to 192 000. Default: 8000. */
  readonly sampleRate?: number;
}

/** Hears keys in one stream of sound. */
export interface DtmfDetector {
  /**
   * Listens to the next samples, which it neither keeps nor changes: any number of them.
   *
   * @returns the keys recognised by now, in order: most often none, `''`. A key is recognised 40 to 50 ms after its tone
   * begins, while it may still sound, and once however long it is held.
   */
  push(samples: Int16Array): string;
  /**
   * The sound is over, or breaks off: what follows, if anything, is another stream.
   *
   * @returns the key whose tone was too near the end to be recognised before, or `''`.
   */
  end(): string;
}

/** Rows and columns of a telephone's keys, in Hz: ITU-T Q.23. */
const ROWS: readonly number[] = [697, 770, 852, 941];
const COLUMNS: readonly number[] = [1209, 1336, 1477, 1633];
const KEYS = '123A456B789C*0#D';

/** A new look every 5 ms, at the last 20 ms through a Hann window: wide enough to keep the two groups 50 dB apart. */
const LOOKS_PER_SECOND = 200;
const HOPS_PER_WINDOW = 4;

/**
 * Looks in a row that hear one key. A look hears at least half of a tone's amplitude where the window's middle lies in
 * the tone, so that a tone of 35 ms gives seven, and one under 30 ms never does.
 */
const LOOKS_FOR_KEY = 7;
/** The look in the middle. It and its neighbours see nothing but the tone, where that lasts 40 ms: they are measured. */
const MIDDLE = 3;
/** Looks in a row without the key that end it: 20 to 25 ms. */
const LOOKS_FOR_PAUSE = 5;
/** Half of the amplitude, as energy. */
const HALF_AMPLITUDE = 0.25;

/** Half way between what must be accepted and what must be refused. */
const MOST_OFF_FREQUENCY = 0.025;
/** Strength of the column over that of the row, in dB: the standard's limits, and a margin for G.711 and the line. */
const LEAST_TWIST_DB = -9.5;
const MOST_TWIST_DB = 5.5;
/** A full-scale sine is +3.17 dBm0 on a µ-law line (ITU-T G.711), and each tone has at least -25 dBm0; 5 dB in hand. */
const WEAKEST_TONE_DBFS = -33.2;
/** Share of the sound that lies in the two tones: what is left to noise. Voices have more beside any two tones. */
const TONES_SHARE = 0.85;
/** The same, for a key that is held on while something else sounds. */
const HELD_SHARE = 0.3;

/** What one look sees. */
interface Look {
  key: number;
  /** Of the two strongest tones, as they stand at the last sample of the window. */
  readonly row: Tone;
  readonly column: Tone;
  /** Energy of the window, all sounds together, in the unit of `Tone.energy`. */
  total: number;
}

interface Tone {
  real: number;
  imaginary: number;
  /** Square of the amplitude, full scale being 1. */
  energy: number;
}

/**
 * Creates a detector for keys in the sound itself, for streams that carry no key events, such as a one-way
 * `<Start><Stream>`.
 *
 * @throws {MediaError} `invalid-argument`
 */
export function createDtmfDetector({ sampleRate = 8000 }: DtmfDetectorOptions = {}): DtmfDetector {
  if (!(sampleRate >= 8000 && sampleRate <= 192_000)) {
    throw new MediaError(
      'invalid-argument',
      `sampleRate is ${String(sampleRate)}, expected 8000 to 192000 Hz`,
    );
  }
  const hop = Math.round(sampleRate / LOOKS_PER_SECOND);
  const length = hop * HOPS_PER_WINDOW;
  const hann = Float64Array.from(
    { length },
    (_, i) => (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length)) / 32768,
  );
  /** A sine of amplitude a gives |y| = a * length / 4, and a windowed energy of a² * length * 3 / 16. */
  const toneScale = (4 / length) ** 2;
  const totalScale = 16 / (3 * length);
  const weakest = 10 ** (WEAKEST_TONE_DBFS / 10);

  const sound = new Int16Array(length);
  const windowed = new Float64Array(length);
  let filled = 0;
  /** The last looks, oldest first. */
  const looks = Array.from({ length: LOOKS_FOR_KEY }, emptyLook);
  /** The key that sounds and has been told, or -1. */
  let held = -1;
  let heldEnergy = 0;
  let looksWithoutHeld = 0;

  function push(samples: Int16Array): string {
    let keys = '';
    for (let at = 0; at < samples.length; ) {
      const count = Math.min(hop - filled, samples.length - at);
      sound.set(samples.subarray(at, at + count), length - hop + filled);
      at += count;
      filled += count;
      if (filled < hop) break;
      filled = 0;
      const latest = looks.shift() as Look;
      looks.push(latest);
      look(latest);
      keys += decide(latest);
      sound.copyWithin(0, hop);
    }
    return keys;
  }

  function end(): string {
    const keys = push(new Int16Array(length));
    sound.fill(0);
    filled = 0;
    held = -1;
    looksWithoutHeld = 0;
    for (const past of looks) past.key = -1;
    return keys;
  }

  function look(into: Look): void {
    let total = 0;
    for (let i = 0; i < length; i++) {
      const sample = (sound[i] as number) * (hann[i] as number);
      windowed[i] = sample;
      total += sample * sample;
    }
    into.total = total * totalScale;
    into.key = -1;
    // Silence and a quiet line need no closer look: half of the weakest amplitude is the least that an edge has.
    if (into.total < weakest * HALF_AMPLITUDE) return;
    into.key = 4 * strongest(ROWS, into.row) + strongest(COLUMNS, into.column);
  }

  /** Which of some tones is the strongest, by Goertzel's recursion. */
  function strongest(frequencies: readonly number[], tone: Tone): number {
    let best = 0;
    tone.energy = -1;
    for (let index = 0; index < frequencies.length; index++) {
      const omega = (2 * Math.PI * (frequencies[index] as number)) / sampleRate;
      const coefficient = 2 * Math.cos(omega);
      let s1 = 0;
      let s2 = 0;
      for (let i = 0; i < length; i++) {
        const s0 = (windowed[i] as number) + coefficient * s1 - s2;
        s2 = s1;
        s1 = s0;
      }
      const real = s1 - s2 * Math.cos(omega);
      const imaginary = s2 * Math.sin(omega);
      const energy = (real * real + imaginary * imaginary) * toneScale;
      if (energy <= tone.energy) continue;
      best = index;
      tone.real = real;
      tone.imaginary = imaginary;
      tone.energy = energy;
    }
    return best;
  }

  function decide(latest: Look): string {
    const { key } = latest;
    if (held >= 0) followHeld(latest);
    if (key < 0 || key === held || !isKey(key)) return '';
    held = key;
    heldEnergy = keyEnergy(latest);
    looksWithoutHeld = 0;
    return KEYS[key] as string;
  }

  function followHeld(latest: Look): void {
    const energy = keyEnergy(latest);
    const heard =
      latest.key === held && energy >= heldEnergy * HALF_AMPLITUDE && energy >= latest.total * HELD_SHARE;
    if (heard) {
      looksWithoutHeld = 0;
      heldEnergy = Math.max(heldEnergy, energy);
    } else if (++looksWithoutHeld >= LOOKS_FOR_PAUSE) {
      held = -1;
    }
  }

  /** Whether all looks hear one key, steadily, and what the middle ones see is one by the standard. */
  function isKey(key: number): boolean {
    let most = 0;
    for (const past of looks) {
      if (past.key !== key) return false;
      most = Math.max(most, keyEnergy(past));
    }
    for (const past of looks) if (keyEnergy(past) < most * HALF_AMPLITUDE) return false;

    const row = ROWS[key >> 2] as number;
    const column = COLUMNS[key & 3] as number;
    for (let i = MIDDLE; i <= MIDDLE + 1; i++) {
      const before = looks[i - 1] as Look;
      const { row: rowTone, column: columnTone, total } = looks[i] as Look;
      const rowOff = offFrequency(before.row, rowTone, row);
      const columnOff = offFrequency(before.column, columnTone, column);
      if (Math.abs(rowOff) > MOST_OFF_FREQUENCY * row) return false;
      if (Math.abs(columnOff) > MOST_OFF_FREQUENCY * column) return false;
      const rowEnergy = rowTone.energy / windowGain(rowOff);
      const columnEnergy = columnTone.energy / windowGain(columnOff);
      if (Math.min(rowEnergy, columnEnergy) < weakest) return false;
      const twistDb = 10 * Math.log10(columnEnergy / rowEnergy);
      if (twistDb < LEAST_TWIST_DB || twistDb > MOST_TWIST_DB) return false;
      if (rowEnergy + columnEnergy < TONES_SHARE * total) return false;
    }
    return true;
  }

  /** How far a tone is from its frequency, in Hz: by how its phase moves on from one look to the next. */
  function offFrequency(before: Tone, after: Tone, frequency: number): number {
    const real = after.real * before.real + after.imaginary * before.imaginary;
    const imaginary = after.imaginary * before.real - after.real * before.imaginary;
    const expected = (2 * Math.PI * frequency * hop) / sampleRate;
    const turned = Math.atan2(imaginary, real) - expected;
    const nearest = turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI));
    return (nearest * sampleRate) / (2 * Math.PI * hop);
  }

  /** What a Hann window leaves of the energy of a tone that is some Hz off. */
  function windowGain(offHz: number): number {
    const bins = (offHz * length) / sampleRate;
    if (Math.abs(bins) < 1e-6) return 1;
    return (Math.sin(Math.PI * bins) / (Math.PI * bins) / (1 - bins * bins)) ** 2;
  }

  return { push, end };
}

function keyEnergy({ row, column }: Look): number {
  return row.energy + column.energy;
}

function emptyLook(): Look {
  return {
    key: -1,
    row: { real: 0, imaginary: 0, energy: 0 },
    column: { real: 0, imaginary: 0, energy: 0 },
    total: 0,
  };
}
