/**
 * What tests ask of a phone, as values: whether it is so, and in words why. Pure; the entry `./vitest` hands them to
 * Vitest.
 *
 * @module
 */

import type { Phone } from '../phone/phone.ts';
import { LINE_RATE, type Sound, toLineSamples } from '../phone/sound.ts';
import { findSound, loudStretches, toneStretches } from './hearing.ts';

/** What a matcher found. */
export interface Finding {
  readonly pass: boolean;
  /** Why it is so: for the report of a test that fails. */
  readonly message: () => string;
}

/** A tone to be heard. */
export interface HeardTone {
  /** Hz, below 4000. */
  readonly frequency: number;
  /** How long, at least, in milliseconds without a break. Default: 100. */
  readonly ms?: number;
}

/** Where on the timeline to listen, in milliseconds from the start of the stream. */
export interface HeardWhen {
  /** Default: the start. */
  readonly fromMs?: number;
  /** Default: now, or the end of the call. */
  readonly toMs?: number;
}

/** Options of `toHaveHeard`. */
export interface HeardOptions extends HeardWhen {
  /**
   * How like the sound what was heard has to be, from 0 to 1: the normalized correlation. Default: 0.95, which no cut-off
   * end and no gap passes that is longer than a twentieth of the sound's energy.
   */
  readonly similarity?: number;
}

/** Options of `toClearWithin`. */
export interface ClearOptions {
  /** From when the time counts, in milliseconds. Default: the last sound or key of the caller's, from its beginning. */
  readonly sinceMs?: number;
}

const DEFAULT_SIMILARITY = 0.95;
const DEFAULT_TONE_MS = 100;

/** Whether the caller has heard a tone, or a sound: whole, once at least. */
export function heard(phone: Phone, expected: HeardTone | Sound, options: HeardOptions = {}): Finding {
  const [samples, fromMs] = part(phone, options);
  if (isTone(expected)) return heardTone(samples, fromMs, expected);
  const { similarity = DEFAULT_SIMILARITY } = options;
  const sound = toLineSamples(expected);
  const found = findSound(samples, sound);
  const pass = found.similarity >= similarity;
  const place = `at ${at(found.index, fromMs)}, with a similarity of ${found.similarity.toFixed(2)}`;
  return {
    pass,
    message: () =>
      pass
        ? `The caller heard the sound of ${ms(sound.length)} ${place}.`
        : `The caller did not hear the sound of ${ms(sound.length)} (similarity ${similarity}). What is most like it was ${place}; ${loudInWords(samples, fromMs)}`,
  };
}

function heardTone(
  samples: Int16Array,
  fromMs: number,
  { frequency, ms: wantedMs = DEFAULT_TONE_MS }: HeardTone,
): Finding {
  const stretches = toneStretches(samples, frequency);
  const longest = stretches.reduce((most, { length }) => Math.max(most, length), 0);
  const pass = (1000 * longest) / LINE_RATE >= wantedMs;
  return {
    pass,
    message: () =>
      `The caller ${pass ? 'heard' : `did not hear ${wantedMs} ms of`} a tone of ${frequency} Hz; ${
        longest > 0 ? `the longest stretch of it was ${ms(longest)}` : 'there was none of it'
      }; ${loudInWords(samples, fromMs)}`,
  };
}

/** Whether the caller has heard nothing but silence, or noise below -45 dB. */
export function heardNothing(phone: Phone, when: HeardWhen = {}): Finding {
  const [samples, fromMs] = part(phone, when);
  return {
    pass: loudStretches(samples).length === 0,
    message: () => `Of ${ms(samples.length)} of the call, ${loudInWords(samples, fromMs)}`,
  };
}

/** Whether the app has sent `clear` soon after the caller began to speak, or pressed a key. */
export function clearedWithin(phone: Phone, withinMs: number, { sinceMs }: ClearOptions = {}): Finding {
  const { events } = phone;
  const last = events.filter(({ kind }) => kind === 'said' || kind === 'pressed').at(-1);
  const since = sinceMs ?? last?.timestampMs;
  if (since === undefined) {
    return {
      pass: false,
      message: () =>
        'The caller has neither finished a sound nor pressed a key, so no time can be counted from it.',
    };
  }
  const clear = events.find(({ kind, timestampMs }) => kind === 'clear' && timestampMs >= since);
  const tookMs = clear === undefined ? undefined : clear.timestampMs - since;
  return {
    pass: tookMs !== undefined && tookMs <= withinMs,
    message: () =>
      tookMs === undefined
        ? `The app sent no clear after ${round(since)} ms.`
        : `The app sent clear ${round(tookMs)} ms after ${round(since)} ms; ${withinMs} ms were allowed.`,
  };
}

/** Whether the app has ended the call, and all that it had said was heard by then. */
export function hungUpAfterPlayback(phone: Phone): Finding {
  const ended = phone.events.find((event) => event.kind === 'ended');
  if (ended?.kind !== 'ended') return { pass: false, message: () => 'The call is not over.' };
  const { end } = ended;
  if (end.endedBy !== 'app') {
    return { pass: false, message: () => `The app did not hang up. ${end.message}` };
  }
  const waited = end.unheardMs === 0;
  return {
    pass: waited,
    message: () =>
      waited
        ? 'The app hung up when all that it had said was heard.'
        : `The app hung up ${round(end.unheardMs)} ms too soon: so much of what it said was never heard. Wait for the echo of a last mark.`,
  };
}

function isTone(expected: HeardTone | Sound): expected is HeardTone {
  return 'frequency' in expected;
}

/** What was heard in a part of the call, and where that part begins. */
function part(
  { heard }: Phone,
  { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: HeardWhen,
): [Int16Array, number] {
  const index = (timeMs: number): number => Math.min(heard.length, Math.round((timeMs * LINE_RATE) / 1000));
  return [heard.subarray(index(fromMs), index(toMs)), fromMs];
}

function loudInWords(samples: Int16Array, fromMs: number): string {
  const stretches = loudStretches(samples);
  const [first] = stretches;
  if (first === undefined) return 'the caller heard nothing at all.';
  const length = stretches.reduce((sum, stretch) => sum + stretch.length, 0);
  return `the caller heard ${ms(length)} of sound, from ${at(first.index, fromMs)} on.`;
}

function ms(samples: number): string {
  return `${round((1000 * samples) / LINE_RATE)} ms`;
}

function at(index: number, fromMs: number): string {
  return `${round(fromMs + (1000 * index) / LINE_RATE)} ms`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
