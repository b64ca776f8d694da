/**
 * Calls written down: a line of JSON for each message, both ways, with its time. Pure.
 *
 * @module
 */

import { decodeBase64, encodeBase64, MediaError } from '@patchcord/core';

/** How a call is written down. */
export interface CaptureOptions {
  /**
   * Audio is `kept` (the default), replaced by `silence` of its length, or `omitted`, with the number of its bytes in its
   * place.
   */
  readonly audio?: 'kept' | 'silence' | 'omitted' | undefined;
  /**
   * Whether keys, custom parameters (with the numbers of caller and called) and messages that cannot be read or are
   * unknown are written as they are. Default: false. Keys are `0` then, and values of parameters `masked`.
   */
  readonly unmasked?: boolean | undefined;
}

/** Whose message it is. */
export type CaptureSide = 'phone' | 'app';

/** The first line of a capture. */
export interface CaptureHead {
  readonly capture: 1;
  readonly audio: 'kept' | 'silence' | 'omitted';
  readonly masked: boolean;
}

/** Another line of a capture. `ms` counts from the first one. */
export type CaptureEntry =
  /** A message that is a JSON object. */
  | { readonly ms: number; readonly from: CaptureSide; readonly message: CapturedMessage }
  /** A message that is anything else: its text, where that may be told, and its length in bytes or UTF-16 units. */
  | {
      readonly ms: number;
      readonly from: CaptureSide;
      readonly other: 'text' | 'binary';
      readonly length: number;
      readonly text?: string;
    }
  /** The socket was closed. */
  | { readonly ms: number; readonly from: CaptureSide; readonly closed: number };

/** A message as it stands in a capture: Twilio's, but for what is masked. */
export interface CapturedMessage {
  readonly event?: unknown;
  readonly start?: unknown;
  readonly media?: unknown;
  readonly dtmf?: unknown;
}

/** Writes one call down. */
export interface Capture {
  /** The line of a message. @param data What a socket's `message` event gives, or its `send` takes. */
  message(from: CaptureSide, data: unknown, nowMs: number): string;
  /** The line of the end. */
  closed(from: CaptureSide, code: number, nowMs: number): string;
  /** The first line. */
  readonly head: string;
}

const MASKED = 'masked';
const MASKED_DIGIT = '0';
const SILENT_CODE = 0xff;

/** What is known to hold nothing that is masked, but for keys and parameters. */
const KNOWN_EVENTS: ReadonlySet<unknown> = new Set([
  ...['connected', 'start', 'media', 'dtmf', 'mark', 'clear', 'stop'],
]);

/** Creates a capture. @param startMs The clock's time at its beginning. */
export function createCapture(
  { audio = 'kept', unmasked = false }: CaptureOptions,
  startMs: number,
): Capture {
  const head: CaptureHead = { capture: 1, audio, masked: !unmasked };
  const line = (entry: CaptureEntry): string => JSON.stringify(entry);
  /** Thousandths are enough, and floating dust is none. */
  const at = (nowMs: number): number => Math.round((nowMs - startMs) * 1000) / 1000;

  function written(message: CapturedMessage): CapturedMessage {
    if (!unmasked && !KNOWN_EVENTS.has(message.event)) return { event: message.event };
    switch (message.event) {
      case 'media':
        return audio === 'kept'
          ? message
          : { ...message, media: withoutSound(objectOf(message.media), audio) };
      case 'dtmf':
        return unmasked ? message : { ...message, dtmf: { ...objectOf(message.dtmf), digit: MASKED_DIGIT } };
      case 'start':
        return unmasked ? message : { ...message, start: withoutParameters(objectOf(message.start)) };
      default:
        return message;
    }
  }

  return {
    head: JSON.stringify(head),
    message(from, data, nowMs) {
      const ms = at(nowMs);
      if (typeof data !== 'string') {
        const length = (data as { byteLength?: number } | null)?.byteLength ?? 0;
        return line({ ms, from, other: 'binary', length });
      }
      const message = objectIn(data);
      if (message !== undefined) return line({ ms, from, message: written(message) });
      return line({ ms, from, other: 'text', length: data.length, ...(unmasked && { text: data }) });
    },
    closed: (from, code, nowMs) => line({ ms: at(nowMs), from, closed: code }),
  };
}

function withoutSound(
  media: Readonly<Record<string, unknown>>,
  audio: 'silence' | 'omitted',
): Readonly<Record<string, unknown>> {
  const { payload, ...rest } = media;
  const bytes = lengthOf(payload);
  return audio === 'omitted' ? { ...rest, bytes } : { ...rest, payload: silentPayload(bytes) };
}

/** Silence of so many bytes, in base64. */
export function silentPayload(bytes: number): string {
  return encodeBase64(new Uint8Array(bytes).fill(SILENT_CODE));
}

function lengthOf(payload: unknown): number {
  if (typeof payload !== 'string') return 0;
  try {
    return decodeBase64(payload).length;
  } catch (error) {
    if (error instanceof MediaError) return 0;
    throw error;
  }
}

function withoutParameters(start: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { customParameters } = start;
  const names = Object.keys(objectOf(customParameters));
  return { ...start, customParameters: Object.fromEntries(names.map((name) => [name, MASKED])) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/**
 * Reads a capture.
 *
 * @throws {MediaError} `malformed-message` for what is none, with the number of the line.
 */
export function parseCapture(text: string): readonly CaptureEntry[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const { capture } = objectIn(lines[0] ?? '') ?? {};
  if (capture !== 1) {
    throw new MediaError(
      'malformed-message',
      'This is no capture of a call: its first line has to say {"capture":1}. Write one with patchcord-phone capture.',
    );
  }
  return lines.slice(1).map((line, index) => {
    const entry = objectIn(line) ?? {};
    const { ms, from } = entry;
    const whole =
      typeof ms === 'number' &&
      (from === 'phone' || from === 'app') &&
      ['message', 'other', 'closed'].some((kind) => Object.hasOwn(entry, kind));
    if (whole) return entry as unknown as CaptureEntry;
    throw new MediaError(
      'malformed-message',
      `Line ${index + 2} of the capture holds no message and no end, with its time and its side.`,
    );
  });
}
