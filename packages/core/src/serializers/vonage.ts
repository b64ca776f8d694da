/**
 * Vonage Voice WebSockets: binary 16-bit linear audio at 8000, 16000 or 24000 Hz beside JSON events in text.
 *
 * The wire names no ids and stamps no time on audio. The call's id is read from the endpoint header `uuid`, where the
 * app puts the `uuid` that its answer webhook was given; it stands for the stream as well. A stream has no last word:
 * the socket closes.
 *
 * @see https://developer.vonage.com/en/voice/voice-api/concepts/websockets
 * @module
 */

import { linear16 } from '../codecs/linear16.ts';
import { arrayFor, type SampleAllocator } from '../dsp/samples.ts';
import type {
  AudioFormat,
  AudioFrame,
  DtmfDigit,
  FrameFromCall,
  FrameToCall,
  Json,
  StartFrame,
} from '../frames/frame.ts';
import type {
  FrameSerializer,
  MessageData,
  Provider,
  ProviderSerializerOptions,
  SerializerOptions,
  WireMessage,
} from './serializer.ts';
import {
  bytesOf,
  frameText,
  inFormat,
  isObject,
  type JsonObject,
  jsonText,
  malformed,
  messageText,
  nameInWords,
  objectIn,
  parseMessage,
  refused,
  textFields,
  textIn,
  unreachable,
  unsupported,
  valueIn,
  wrongField,
} from './wire.ts';

const NAME = 'Vonage';

const FORMAT: AudioFormat = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };

/**
 * Vonage Voice WebSockets, both ends. Audio goes out one message a frame, of which Vonage wants 20 ms each: a call
 * cuts it so, a pipeline of streams puts `RechunkStream({ ms: 20, pad: true })` in front.
 */
export const vonage: Provider = {
  name: 'vonage',
  format: FORMAT,
  capabilities: { confirmsClear: true, clearedMarks: 'dropped', sendsDtmf: false },
  matches,
  createSerializer,
  createProviderSerializer,
};

// --- wire ---

const CONNECTED = 'websocket:connected';
const DTMF = 'websocket:dtmf';
const CLEARED = 'websocket:cleared';
const NOTIFY = 'websocket:notify';

const RATES: readonly number[] = [8000, 16_000, 24_000];
const CONTENT_TYPE = 'content-type';
/** The endpoint header that holds the call's id. */
const CALL_ID = 'uuid';
const DIGITS = '0123456789*#ABCD';
/** How long a simulated key is held, in ms. */
const KEY_MS = 100;

/** Vonage opens with `websocket:connected`. Bytes are audio, which any wire's may be. */
function matches(message: MessageData): boolean {
  if (typeof message !== 'string') return false;
  try {
    return valueIn(parseMessage(NAME, message), 'event') === CONNECTED;
  } catch {
    return false;
  }
}

const contentType = (sampleRate: number): string => `audio/l16;rate=${sampleRate}`;

function readRate(connected: JsonObject): number {
  const announced = textIn(NAME, connected, CONTENT_TYPE).replaceAll(' ', '').toLowerCase();
  const rate = RATES.find((candidate) => contentType(candidate) === announced);
  if (rate !== undefined) return rate;
  throw malformed(
    NAME,
    `the field \`${CONTENT_TYPE}\` is audio/l16 with rate ${RATES.join(', ')}; here it is something else.`,
  );
}

function readSamples(bytes: Uint8Array, allocate?: SampleAllocator): Int16Array<ArrayBuffer> {
  const samples = arrayFor(bytes.length >> 1, allocate);
  try {
    linear16.decodeInto(bytes, samples);
    return samples;
  } catch (error) {
    throw malformed(NAME, `a binary message cannot be read. ${(error as Error).message}`, error);
  }
}

function write(samples: Int16Array): WireMessage[] {
  return samples.length === 0 ? [] : [linear16.encode(samples)];
}

// --- our side ---

function createSerializer({
  streamSid,
  sampleRate = FORMAT.sampleRate,
  sendRtvi = false,
}: SerializerOptions = {}): FrameSerializer<FrameFromCall, FrameToCall> {
  let format: AudioFormat = { ...FORMAT, sampleRate };
  let started = false;
  let samplesHeard = 0; // this wire stamps no time on audio, so it is counted

  return {
    deserialize(message, allocate) {
      const bytes = bytesOf(NAME, message);
      if (bytes) return hear(bytes, allocate);
      const parsed = parseMessage(NAME, message as string);
      const event = textIn(NAME, parsed, 'event');
      switch (event) {
        case CONNECTED:
          return [readStart(parsed)];
        case DTMF:
          return [{ kind: 'dtmf', digit: readDigit(parsed), track: 'inbound' }];
        case CLEARED:
          return [{ kind: 'clear' }];
        case NOTIFY: {
          const name = readMark(parsed);
          if (name !== undefined) return [{ kind: 'mark', name }];
          break;
        }
      }
      return [{ kind: 'unknown', event, message: parsed as Json }];
    },

    serialize(frame) {
      switch (frame.kind) {
        case 'audio':
          return write(inFormat(NAME, frame, format));
        case 'mark':
          return [JSON.stringify({ action: 'notify', payload: { id: frameText(NAME, 'mark', frame.name) } })];
        case 'clear':
          return [JSON.stringify({ action: 'clear' })];
        case 'message': {
          const text = messageText(NAME, frame, sendRtvi);
          return text === undefined ? [] : [text];
        }
        case 'dtmf':
          throw unsupported(
            NAME,
            'dtmf',
            'Send the tones as audio (dtmfTone makes them), or let call control play them.',
          );
        default:
          return unreachable(NAME, frame);
      }
    },
  };

  function hear(bytes: Uint8Array, allocate: SampleAllocator | undefined): AudioFrame[] {
    const samples = readSamples(bytes, allocate);
    if (samples.length === 0) return [];
    const { sampleRate: rate } = format;
    const timestampMs = (1000 * samplesHeard) / rate;
    samplesHeard += samples.length;
    return [{ kind: 'audio', samples, sampleRate: rate, channels: 1, timestampMs, track: 'inbound' }];
  }

  function readStart(connected: JsonObject): StartFrame {
    if (started) throw malformed(NAME, `a stream has one \`${CONNECTED}\`; this is a second one.`);
    format = { ...FORMAT, sampleRate: readRate(connected) };
    samplesHeard = 0; // what came before is of no stream
    started = true;
    const callId = Object.hasOwn(connected, CALL_ID) ? textIn(NAME, connected, CALL_ID) : '';
    return {
      kind: 'start',
      provider: vonage.name,
      streamId: streamSid ?? callId,
      callId,
      format,
      tracks: ['inbound'],
      parameters: readHeaders(connected),
    };
  }
}

/** The endpoint's headers, which stand flat in the message beside its own fields. */
function readHeaders(connected: JsonObject): Record<string, string> {
  const { event: _, [CONTENT_TYPE]: __, [CALL_ID]: ___, ...headers } = connected;
  return textFields(NAME, headers);
}

function readDigit(message: JsonObject): DtmfDigit {
  const digit = textIn(NAME, message, 'digit');
  if (digit.length === 1 && DIGITS.includes(digit)) return digit as DtmfDigit;
  throw wrongField(NAME, 'digit', 'one key of 0-9, *, #, A-D', digit);
}

/** The mark that a notification tells of; undefined where the app asked for it in a `message` of its own form. */
function readMark(message: JsonObject): string | undefined {
  const payload = valueIn(message, 'payload');
  const name = isObject(payload) ? valueIn(payload, 'id') : undefined;
  return typeof name === 'string' ? name : undefined;
}

// --- the provider's side ---

function createProviderSerializer({
  sampleRate = FORMAT.sampleRate,
}: ProviderSerializerOptions = {}): FrameSerializer<FrameToCall, FrameFromCall> {
  let format: AudioFormat = { ...FORMAT, sampleRate };
  let started = false;
  let samplesHeard = 0;

  return {
    deserialize(message) {
      const bytes = bytesOf(NAME, message);
      if (!started) throw malformed(NAME, `nothing may be sent before \`${CONNECTED}\`.`);
      if (bytes) return hear(bytes);
      const parsed = parseMessage(NAME, message as string);
      const action = textIn(NAME, parsed, 'action');
      switch (action) {
        case 'clear':
          return [{ kind: 'clear' }];
        case 'notify':
          return [{ kind: 'mark', name: textIn(NAME, objectIn(NAME, parsed, 'payload'), 'payload.id') }];
        default:
          throw malformed(
            NAME,
            `the messages to send are audio, notify and clear; an action ${nameInWords(action)} came.`,
          );
      }
    },

    serialize(frame) {
      if (frame.kind === 'start') return open(frame);
      if (!started) {
        throw refused(NAME, 'a stream opens with its `start` frame, which was not sent yet.');
      }
      switch (frame.kind) {
        case 'audio':
          if (frame.track !== 'inbound') {
            throw unsupported(NAME, 'audio', 'Of the two tracks it sends the inbound one alone.');
          }
          return write(inFormat(NAME, frame, format));
        case 'dtmf':
          return [jsonText(NAME, frame.kind, { event: DTMF, digit: frame.digit, duration: KEY_MS })];
        case 'mark':
          return [JSON.stringify({ event: NOTIFY, payload: { id: frameText(NAME, 'mark', frame.name) } })];
        case 'clear':
          return [JSON.stringify({ event: CLEARED })];
        case 'stop':
          return []; // said by closing the socket
        case 'unknown':
          return [jsonText(NAME, frame.kind, frame.message)];
        default:
          return unreachable(NAME, frame);
      }
    },
  };

  function hear(bytes: Uint8Array): AudioFrame[] {
    const samples = readSamples(bytes);
    if (samples.length === 0) return [];
    const { sampleRate: rate } = format;
    const timestampMs = (1000 * samplesHeard) / rate;
    samplesHeard += samples.length;
    return [{ kind: 'audio', samples, sampleRate: rate, channels: 1, timestampMs, track: 'outbound' }];
  }

  function open(frame: StartFrame): WireMessage[] {
    if (started) throw refused(NAME, 'a stream has one `start`; this is a second one.');
    const { encoding, channels, sampleRate = 0 }: Partial<AudioFormat> = frame.format ?? {};
    if (encoding !== FORMAT.encoding || channels !== FORMAT.channels || !RATES.includes(sampleRate)) {
      throw refused(
        NAME,
        `a stream carries ${FORMAT.encoding} with one channel at ${RATES.join(', ')} Hz; the start frame says something else.`,
        'wrong-format',
      );
    }
    const callId = frameText(NAME, frame.kind, frame.callId);
    const opening = jsonText(NAME, frame.kind, {
      ...frame.parameters,
      event: CONNECTED,
      [CONTENT_TYPE]: contentType(sampleRate),
      ...(callId !== '' && { [CALL_ID]: callId }),
    });
    format = { ...FORMAT, sampleRate };
    started = true;
    return [opening];
  }
}
