/**
 * How times, levels and states are said. Every figure carries its unit, every sentence says what happened, then
 * what to do.
 *
 * @module
 */

import type { CallEndReason, CallWarningCode, Track } from '@patchcord/core';

const MINUS = '\u2212';
const LOWEST_DB = -60;

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** A time in a call: `2:47`, from an hour on `1:02:07`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${twoDigits(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
}

/** A time in a call to 10 ms: `2:47.31`. */
export function exactClock(ms: number): string {
  return `${clock(ms)}.${twoDigits(Math.floor((Math.max(0, ms) % 1000) / 10))}`;
}

/** A time of day where the reader sits: `14:03:12`. */
export function timeOfDay(unixMs: number): string {
  const date = new Date(unixMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** A wait: `0.83 s`. */
export function wait(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** How far behind: `14.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The length of a turn: `3.3 s`. */
export function length(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : clock(ms);
}

/** A span that goes on: `24 s`, from a minute on `1:04`. */
export function span(ms: number): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : clock(ms);
}

/** A delay or a gap: `84 ms`, from ten seconds on in seconds. */
export function delay(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A level in dBFS, without its unit: `−14`; `−∞` for silence. */
export function decibels(db: number): string {
  if (db < LOWEST_DB) return `${MINUS}∞`;
  const rounded = Math.round(db);
  return rounded < 0 ? `${MINUS}${-rounded}` : String(rounded);
}

/** `1 warning`, `2 warnings`. */
export function count(n: number, one: string, many: string = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Who a track belongs to. */
export function speaker(track: Track): 'Caller' | 'Agent' {
  return track === 'inbound' ? 'Caller' : 'Agent';
}

/** A caller's number, spaced for reading: the last four digits apart, masked digits as dots. */
export function phoneNumber(number: string | undefined): string {
  if (!number) return 'Number withheld';
  const compact = number.replace(/[\s()-]/g, '').replace(/[*xX•]/g, '•');
  if (!/^\+?[\d•]+$/.test(compact)) return number;
  const plus = compact.startsWith('+') ? '+' : '';
  const digits = compact.slice(plus.length);
  const groups: string[] = [];
  let rest = digits.slice(0, -4);
  while (rest.length > 3) {
    groups.unshift(rest.slice(-3));
    rest = rest.slice(0, -3);
  }
  return `${plus}${[rest, ...groups, digits.slice(-4)].filter(Boolean).join(' ')}`;
}

const ends: Readonly<Record<CallEndReason, string>> = {
  ended: 'Our side hung up',
  stopped: 'The caller hung up',
  'socket-closed': 'The connection to the provider broke',
  idle: 'The provider sent nothing any more',
  'too-long': 'The call reached its longest time',
  'peer-stalled': 'The provider stopped reading',
  aborted: 'The gateway ended the call',
  'handler-failed': 'The agent failed',
  'not-opened': 'The call never began',
};

/** Why a call is over. */
export function endOf(reason: CallEndReason | undefined): string {
  return (reason && ends[reason]) ?? 'The call is over';
}

const endNotes: Readonly<Record<CallEndReason, string>> = {
  ended: 'Our side hung up',
  stopped: 'Caller hung up',
  'socket-closed': 'Connection broke',
  idle: 'Provider silent',
  'too-long': 'Longest time reached',
  'peer-stalled': 'Provider stopped reading',
  aborted: 'Gateway ended it',
  'handler-failed': 'Agent failed',
  'not-opened': 'Never began',
};

/** The same for a row of a list. */
export function endNote(reason: CallEndReason | undefined): string {
  return (reason && endNotes[reason]) ?? 'Ended';
}

const warnings: Readonly<Record<CallWarningCode, string>> = {
  'malformed-message': 'Message not understood',
  'one-way-stream': 'The caller cannot hear the agent',
  'lost-audio': 'Audio lost',
  'unread-audio': 'Audio not read in time',
  inactive: 'Nobody speaks',
  'queue-full': 'Too much to say at once',
  'playback-waits': 'Speech waits for a playback',
  'marks-missing': 'Marks do not come back',
  'not-sent': 'A frame was not sent',
  'not-pcm': 'Sound in a wrong format',
  'hang-up-failed': 'Could not hang up',
  'source-failed': 'A sound to play broke off',
  'handler-failed': 'The agent failed',
  'handler-returned-early': 'The agent left the call',
  'observer-failed': 'An observer failed',
};

/** A warning in a few words; its message has cause and cure. */
export function warningTitle(code: CallWarningCode): string {
  return warnings[code] ?? 'Warning';
}

const encodings: Readonly<Record<string, string>> = {
  mulaw: 'µ-law',
  alaw: 'A-law',
  linear16: '16-bit linear',
};

/** What a wire carries: `µ-law, 8 kHz`. */
export function audioFormat(format: { readonly encoding: string; readonly sampleRate: number }): string {
  return `${encodings[format.encoding] ?? format.encoding}, ${format.sampleRate / 1000} kHz`;
}
