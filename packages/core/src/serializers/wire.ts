/** What every provider's file needs: reading JSON by field with errors in words, and refusing frames. */

import { decodeUtf8 } from '../bytes/utf8.ts';
import { MediaError, type MediaErrorCode } from '../errors.ts';
import type { AudioFormat, AudioFrame, Frame, Json, MessageFrame } from '../frames/frame.ts';
import { assertSound } from '../frames/sound.ts';
import type { MessageData } from './serializer.ts';

/** A JSON object, as parsed. */
export type JsonObject = { readonly [key: string]: Json };

/** An error about a message. `what` says what was expected and what came, never the content. */
export function malformed(provider: string, what: string, cause?: unknown): MediaError {
  return new MediaError('malformed-message', `${provider}: ${what}`, cause === undefined ? {} : { cause });
}

/** An error about a message's field: what it holds, and what this one holds. The path names it for people. */
export function wrongField(
  provider: string,
  path: string,
  expected: string,
  value: Json | undefined,
): MediaError {
  return malformed(provider, `the field \`${path}\` holds ${expected}; here it is ${inWords(value)}.`);
}

/** An error about what the caller gave. `what` says what was expected and what came. */
export function refused(
  provider: string,
  what: string,
  code: MediaErrorCode = 'invalid-argument',
): MediaError {
  return new MediaError(code, `${provider}: ${what}`);
}

/**
 * The bytes of a message that is not text, without copying them; undefined for text.
 *
 * @throws {MediaError} `malformed-message` for what is neither.
 */
export function bytesOf(provider: string, message: MessageData): Uint8Array | undefined {
  if (typeof message === 'string') return undefined;
  if (message instanceof Uint8Array) return message;
  if (ArrayBuffer.isView(message)) {
    const { buffer, byteOffset, byteLength } = message as ArrayBufferView;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  throw malformed(provider, 'a message is text or bytes; this is neither.');
}

/**
 * The text of a message, for wires whose messages are all text: some runtimes hand text over as bytes.
 *
 * @throws {MediaError} `malformed-message` for bytes that are not UTF-8.
 */
export function textOf(provider: string, message: MessageData): string {
  const bytes = bytesOf(provider, message);
  if (!bytes) return message as string;
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw malformed(provider, (error as Error).message, error);
  }
}

/**
 * The JSON object that a text message holds.
 *
 * @throws {MediaError} `malformed-message` for what is not JSON, and for other JSON values.
 */
export function parseMessage(provider: string, message: string): JsonObject {
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
  throw wrongField(provider, field, 'an object', value);
}

/**
 * The text in a field; a number is read as its digits. `path` names the field for people and ends in its key.
 *
 * @throws {MediaError} `malformed-message`
 */
export function textIn(provider: string, object: JsonObject, path: string): string {
  const value = valueAt(object, path);
  return typeof value === 'number' ? String(value) : strictTextIn(provider, object, path);
}

/** The text in a field, where a number in its place is not forgiven. @throws {MediaError} `malformed-message` */
export function strictTextIn(provider: string, object: JsonObject, path: string): string {
  const value = valueAt(object, path);
  if (typeof value === 'string') return value;
  throw wrongField(provider, path, 'text', value);
}

const DECIMAL = /^\d{1,15}(\.\d+)?$/;

/**
 * The number in a field, which may be written as text, or undefined where the field is missing.
 *
 * @throws {MediaError} `malformed-message` for anything but a decimal number that is not negative.
 */
export function numberIn(provider: string, object: JsonObject, path: string): number | undefined {
  const value = valueAt(object, path);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value < 1e15) return value;
  if (typeof value === 'string' && DECIMAL.test(value)) return Number(value);
  throw wrongField(provider, path, 'a number, or its decimal digits as text', value);
}

/** The value at the end of a path such as `media.payload`, in the object that its last key is of. */
function valueAt(object: JsonObject, path: string): Json | undefined {
  return valueIn(object, path.slice(path.lastIndexOf('.') + 1));
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

/**
 * The text of a `message` frame, or undefined for one that is not the provider's: RTVI speaks to a browser beside the
 * call.
 *
 * @throws {MediaError} `invalid-argument` for what is not a JSON object.
 */
export function messageText(
  provider: string,
  { message }: MessageFrame,
  sendRtvi: boolean,
): string | undefined {
  const object = isObject(message as Json) ? message : undefined; // which JSON cannot write
  if (object && valueIn(object, 'label') === 'rtvi-ai' && !sendRtvi) return undefined;
  return jsonText(provider, 'message', object);
}

/**
 * The JSON text of what a frame holds.
 *
 * @throws {MediaError} `invalid-argument` for what JSON cannot write: circles, bigints, nesting beyond the stack.
 */
export function jsonText(provider: string, kind: Frame['kind'], value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // The engine's own words may quote the content.
  }
  if (text !== undefined) return text;
  throw refused(provider, `a \`${kind}\` frame is written as a JSON object; this one cannot be.`);
}

/**
 * Fields of a JSON object as text, for parameters: what is not text is written as JSON.
 *
 * @throws {MediaError} `malformed-message` for nesting beyond the stack.
 */
export function textFields(provider: string, object: JsonObject): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(object).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
  } catch {
    throw malformed(provider, 'a parameter is nested too deep.');
  }
}

/** A frame's text, such as a mark's name. @throws {MediaError} `invalid-argument` for anything else. */
export function frameText(provider: string, kind: Frame['kind'], text: string): string {
  if (typeof text === 'string') return text;
  throw refused(provider, `a \`${kind}\` frame is named in text; this one is not.`);
}

/** JSON text of a string in ASCII alone: whatever lies between the two ends, nothing can damage it. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The samples of a frame that the wire can carry as it is: of one channel, as on all of them, at its rate.
 *
 * @throws {MediaError} `wrong-format`
 */
export function inFormat(provider: string, frame: AudioFrame, format: AudioFormat): Int16Array<ArrayBuffer> {
  assertSound(frame);
  const { samples, channels, sampleRate } = frame;
  if (channels === 1 && sampleRate === format.sampleRate) return samples;
  throw refused(
    provider,
    `its wire carries one channel at ${format.sampleRate} Hz; this frame has ${channels} at ${sampleRate} Hz. ` +
      `Mix it down; put a ResampleStream({ sampleRate: ${format.sampleRate} }) in front, or let openCall convert.`,
    'wrong-format',
  );
}

/** An error about a frame that a wire has no message for, with the cure. */
export function unsupported(provider: string, kind: Frame['kind'], cure: string): MediaError {
  return refused(
    provider,
    `there is no message for a \`${typeof kind === 'string' ? kind : 'nameless'}\` frame. ${cure}`,
    'unsupported-frame',
  );
}

/** Ends an exhaustive `switch`: a kind that is not handled fails to compile, and at run time is refused. */
export function unreachable(provider: string, frame: never): never {
  const { kind } = frame as Frame;
  throw unsupported(provider, kind, 'It is not for this side to send.');
}
