import { MediaError } from '../errors.ts';

/** How long and how loud a tone is. */
export interface ToneOptions {
  /** Duration in milliseconds. */
  readonly ms: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Peak in dBFS, at most 0. Default: -10. */
  readonly level?: number;
}

/** How long and how loud a key sounds. */
export interface DtmfToneOptions {
  /** Duration in milliseconds. Default: 100. */
  readonly ms?: number;
  /** Hz. Default: 8000. */
  readonly sampleRate?: number;
  /** Peak of both tones together in dBFS, at most 0. Default: -10. */
  readonly level?: number;
}

const DEFAULT_LEVEL_DB = -10;
const DEFAULT_KEY_MS = 100;
/** A tone swells and dies away over this long, so that it does not click. */
const RAMP_MS = 2;
const FULL_SCALE = 32767;

/** Rows and columns of a telephone's keys, in Hz: ITU-T Q.23. */
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = '123A456B789C*0#D';

/**
 * A sine.
 *
 * @throws {MediaError} `invalid-argument` for a frequency that the rate cannot carry, or a duration, rate or level
 * that is none
 */
export function tone(options: ToneOptions & { readonly frequency: number }): Int16Array<ArrayBuffer> {
  return sines([options.frequency], options);
}

/**
 * The sound of a telephone key: two sines, one for its row, one for its column.
 *
 * @param digit `0` to `9`, `*`, `#`, `A` to `D`
 * @throws {MediaError} `invalid-argument`
 */
export function dtmfTone(digit: string, options: DtmfToneOptions = {}): Int16Array<ArrayBuffer> {
  const key = digit.length === 1 ? KEYS.indexOf(digit) : -1;
  if (key < 0) {
    throw new MediaError('invalid-argument', 'digit is not a telephone key, expected one of 0-9, *, #, A-D');
  }
  const { ms = DEFAULT_KEY_MS, sampleRate = 8000, level } = options;
  const frequencies = [ROWS[key >> 2] as number, COLUMNS[key & 3] as number];
  return sines(frequencies, level === undefined ? { ms, sampleRate } : { ms, sampleRate, level });
}

function sines(
  frequencies: readonly number[],
  { ms, sampleRate, level = DEFAULT_LEVEL_DB }: ToneOptions,
): Int16Array<ArrayBuffer> {
  if (!(sampleRate > 0 && Number.isFinite(sampleRate)))
    throw invalid('sampleRate', sampleRate, 'a rate in Hz');
  if (!(ms >= 0 && Number.isFinite(ms))) throw invalid('ms', ms, 'a duration in milliseconds');
  if (!(level <= 0)) throw invalid('level', level, 'a peak in dBFS, at most 0');
  for (const frequency of frequencies) {
    if (!(frequency > 0 && frequency < sampleRate / 2)) {
      throw invalid(
        'frequency',
        frequency,
        `more than 0 and less than half the sample rate of ${sampleRate} Hz`,
      );
    }
  }
  const samples = new Int16Array(Math.round((ms * sampleRate) / 1000));
  const ramp = (RAMP_MS * sampleRate) / 1000;
  const peak = (FULL_SCALE * 10 ** (level / 20)) / frequencies.length;
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (const frequency of frequencies) sum += Math.sin((2 * Math.PI * frequency * i) / sampleRate);
    samples[i] = Math.round(peak * Math.min(1, i / ramp, (samples.length - i) / ramp) * sum);
  }
  return samples;
}

function invalid(name: string, value: unknown, expected: string): MediaError {
  return new MediaError('invalid-argument', `${name} is ${String(value)}, expected ${expected}`);
}
