/** What every provider's file needs: reading JSON by field with errors in words, and refusing frames. */

import { MediaError } from '../errors.ts';
import type { AudioFormat, AudioFrame, Frame, Json } from '../frames/frame.ts';
import type { WireMessage } from './serializer.ts';

/** A JSON object, as parsed. */
export type JsonObject = { readonly [key: string]: Json };

/** An error about a message. `what` says what was expected and what came, never the content. */
export function malformed(provider: string, what: string, cause?: unknown): MediaError {
  return new MediaError('malformed-message', `${provider}: ${what}`, cause === undefined ? {} : { cause });
}

/**
 * The JSON object that a text message holds.
 *
 * @throws {MediaError} `malformed-message` for a binary message, for what is not JSON, and for other JSON values.
 */
export function parseMessage(provider: string, message: WireMessage): JsonObject {
  if (typeof message !== 'string') {
    throw malformed(
      provider,
      `every message is text; a binary one of ${message.length} bytes came. ` +
        "Where a library hands text over as bytes (the 'message' event of `ws` does), pass its string.",
    );
  }
  let value: Json;
  try {
    value = JSON.parse(message) as Json;
  } catch {
    // The parser's own error quotes the text, which may be somebody's words: it is not kept as the cause.
    throw malformed(
      provider,
      `every message is one JSON object; ${message.length} characters came that are not JSON.`,
    );
  }
  if (!isObject(value))
    throw malformed(provider, `every message is one JSON object; this is ${inWords(value)}.`);
  return value;
}

/** The object in a field. @throws {MediaError} `malformed-message` */
export function objectIn(provider: string, message: JsonObject, field: string): JsonObject {
  const value = valueIn(message, field);
  if (isObject(value)) return value;
  throw malformed(provider, `the field \`${field}\` holds an object; here it is ${inWords(value)}.`);
}

/**
 * The text in a field; a number is read as its digits. `path` names the field for people and ends in its key.
 *
 * @throws {MediaError} `malformed-message`
 */
export function textIn(provider: string, object: JsonObject, path: string): string {
  const value = valueIn(object, path.slice(path.lastIndexOf('.') + 1));
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw malformed(provider, `the field \`${path}\` holds text; here it is ${inWords(value)}.`);
}

const DECIMAL = /^\d{1,15}(\.\d+)?$/;

/**
 * The number in a field, which may be written as text, or undefined where the field is missing.
 *
 * @throws {MediaError} `malformed-message` for anything but a decimal number that is not negative.
 */
export function numberIn(provider: string, object: JsonObject, path: string): number | undefined {
  const value = valueIn(object, path.slice(path.lastIndexOf('.') + 1));
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value < 1e15) return value;
  if (typeof value === 'string' && DECIMAL.test(value)) return Number(value);
  throw malformed(
    provider,
    `the field \`${path}\` holds a number, or its decimal digits as text; here it is ${inWords(value)}.`,
  );
}

/** The value in an object's own field. */
export function valueIn(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Whether the value is a JSON object: not null, not an array. */
export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name for errors: itself where it reads like a name, else a word for it. Keeps people's words out of logs. */
export function nameInWords(name: string): string {
  return /^[A-Za-z][\w.:-]{0,39}$/.test(name) ? `\`${name}\`` : 'of an unreadable name';
}

function inWords(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

/** JSON text of a string in ASCII alone: whatever lies between the two ends, nothing can damage it. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The samples of a frame that the wire can carry as it is.
 *
 * @throws {MediaError} `wrong-format`
 */
export function inFormat(provider: string, frame: AudioFrame, format: AudioFormat): Int16Array<ArrayBuffer> {
  if (frame.channels !== format.channels) {
    throw new MediaError(
      'wrong-format',
      `${provider} carries ${channelsInWords(format.channels)}; this frame has ${channelsInWords(frame.channels)}. Mix it down first.`,
    );
  }
  if (frame.sampleRate !== format.sampleRate) {
    throw new MediaError(
      'wrong-format',
      `${provider} carries ${format.sampleRate} Hz; this frame has ${frame.sampleRate} Hz. ` +
        `Put a ResampleStream({ sampleRate: ${format.sampleRate} }) in front, or open the call with ` +
        `openCall(socket, provider, { sampleRate: ${frame.sampleRate} }), which converts.`,
    );
  }
  return frame.samples;
}

function channelsInWords(channels: number): string {
  return channels === 1 ? 'one channel' : `${channels} channels`;
}

/** An error about a frame that a wire has no message for, with the cure. */
export function unsupported(provider: string, kind: Frame['kind'], cure: string): MediaError {
  return new MediaError('unsupported-frame', `${provider} has no message for a \`${kind}\` frame. ${cure}`);
}

/** Ends an exhaustive `switch`: a kind that is not handled fails to compile, and at run time is refused. */
export function unreachable(provider: string, frame: never): never {
  const { kind } = frame as Frame;
  throw unsupported(provider, kind, 'It is not for this side to send.');
}
