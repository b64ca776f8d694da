/**
 * Twilio Media Streams: JSON text, base64 µ-law at 8000 Hz, `streamSid` in every message.
 *
 * @see https://www.twilio.com/docs/voice/media-streams/websocket-messages
 * @module
 */

import { decodeBase64 } from '../bytes/base64.ts';
import { mulaw } from '../codecs/mulaw.ts';
import { decodeMulawBase64, encodeMulawBase64 } from '../codecs/mulaw-base64.ts';
import { MediaError } from '../errors.ts';
import type {
  AudioFormat,
  AudioFrame,
  DtmfDigit,
  Frame,
  FrameFromCall,
  FrameToCall,
  Json,
  StartFrame,
  Track,
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
  assertPlaced,
  frameFormat,
  frameText,
  inFormat,
  isObject,
  type JsonObject,
  jsonText,
  malformed,
  messageText,
  nameInWords,
  numberIn,
  objectIn,
  parseMessage,
  quote,
  textFields,
  textIn,
  textOf,
  unreachable,
  unsupported,
  valueIn,
} from './wire.ts';

const NAME = 'Twilio';

const FORMAT: AudioFormat = { encoding: 'mulaw', sampleRate: 8000, channels: 1 };

/** Twilio Media Streams, both ends. */
export const twilio: Provider = {
  name: 'twilio',
  format: FORMAT,
  capabilities: { confirmsClear: false, clearedMarks: 'echoed', sendsDtmf: false },
  matches,
  createSerializer,
  createProviderSerializer,
};

// --- wire ---

/** The first message. It has neither `streamSid` nor `sequenceNumber`. */
interface ConnectedMessage {
  event: 'connected';
  protocol: 'Call';
  version: string;
}

/** The second message, and the only one with the custom parameters. */
interface StartMessage {
  event: 'start';
  sequenceNumber: string;
  start: {
    accountSid: string;
    streamSid: string;
    callSid: string;
    tracks: readonly Track[];
    mediaFormat: { encoding: 'audio/x-mulaw'; sampleRate: number; channels: number };
    customParameters: Readonly<Record<string, string>>;
  };
  streamSid: string;
}

interface DtmfMessage {
  event: 'dtmf';
  streamSid: string;
  sequenceNumber: string;
  dtmf: { track: `${Track}_track`; digit: string };
}

interface MarkMessage {
  event: 'mark';
  sequenceNumber: string;
  streamSid: string;
  mark: { name: string };
}

interface StopMessage {
  event: 'stop';
  sequenceNumber: string;
  stop: { accountSid: string; callSid: string };
  streamSid: string;
}

const PROTOCOL_VERSION = '1.0.0';
const ENCODING = 'audio/x-mulaw';
const DIGITS = '0123456789*#ABCD';

/** `media.track` has the short form, `dtmf.track` the long one; both are read in either place. */
const TRACKS: ReadonlyMap<string, Track> = new Map([
  ['inbound', 'inbound'],
  ['outbound', 'outbound'],
  ['inbound_track', 'inbound'],
  ['outbound_track', 'outbound'],
]);

/** Twilio opens with `connected`, which names its protocol, then `start` with camel-case ids. */
function matches(message: MessageData): boolean {
  let opening: JsonObject;
  try {
    opening = parseMessage(NAME, textOf(NAME, message));
  } catch {
    return false;
  }
  const event = valueIn(opening, 'event');
  if (event === 'connected') return valueIn(opening, 'protocol') === 'Call';
  const start = valueIn(opening, 'start');
  return (
    event === 'start' &&
    isObject(start) &&
    typeof valueIn(start, 'streamSid') === 'string' &&
    typeof valueIn(start, 'callSid') === 'string'
  );
}

function readTrack(holder: JsonObject, path: string): Track {
  if (!Object.hasOwn(holder, 'track')) return 'inbound';
  const track = TRACKS.get(textIn(NAME, holder, path));
  if (track) return track;
  throw malformed(NAME, `the field \`${path}\` is "inbound" or "outbound"; here it is neither.`);
}

/** The name of a message's event. */
function readEvent(message: JsonObject): string {
  const event = valueIn(message, 'event');
  if (typeof event === 'string' && event !== '') return event;
  throw malformed(NAME, 'every message names its event in the field `event`; this one does not.');
}

// --- our side ---

function createSerializer({
  streamSid: givenSid,
  sampleRate = FORMAT.sampleRate,
  sendRtvi = false,
}: SerializerOptions = {}): FrameSerializer<FrameFromCall, FrameToCall> {
  const format: AudioFormat = { ...FORMAT, sampleRate };
  let streamSid = givenSid;
  let quotedSid = givenSid === undefined ? undefined : quote(givenSid);
  let usualEnd = '';
  let started = false;
  let stopped = false;
  /** Where the next audio of a track begins, in ms, should its message not say. */
  const endsMs: Record<Track, number> = { inbound: 0, outbound: 0 };

  return {
    deserialize(message) {
      const text = typeof message === 'string' ? message : textOf(NAME, message);
      if (started && !stopped) {
        const frame = readUsualMedia(text, usualEnd, sampleRate);
        if (frame) return placed(frame);
      }
      const parsed = parseMessage(NAME, text);
      const event = readEvent(parsed);
      checkOrder(event);
      checkStream(parsed, event);
      switch (event) {
        case 'connected':
          return [];
        case 'start':
          return [readStart(parsed)];
        case 'media':
          return readMedia(parsed);
        case 'dtmf': {
          const dtmf = objectIn(NAME, parsed, 'dtmf');
          return [{ kind: 'dtmf', digit: readDigit(dtmf), track: readTrack(dtmf, 'dtmf.track') }];
        }
        case 'mark':
          return [{ kind: 'mark', name: textIn(NAME, objectIn(NAME, parsed, 'mark'), 'mark.name') }];
        case 'stop':
          stopped = true;
          return [{ kind: 'stop' }];
        default:
          return [{ kind: 'unknown', event, message: parsed as Json }];
      }
    },

    serialize(frame) {
      switch (frame.kind) {
        case 'audio': {
          const samples = inFormat(NAME, frame, format);
          if (samples.length === 0) return [];
          const payload = encodeMulawBase64(samples);
          return [`{"event": "media", "streamSid": ${sid()}, "media": {"payload": "${payload}"}}`];
        }
        case 'mark':
          return [
            `{"event": "mark", "streamSid": ${sid()}, "mark": {"name": ${quote(frameText(NAME, 'mark', frame.name))}}}`,
          ];
        case 'clear':
          return [`{"event": "clear", "streamSid": ${sid()}}`];
        case 'message': {
          const text = messageText(NAME, frame, sendRtvi);
          return text === undefined ? [] : [text];
        }
        case 'dtmf':
          throw unsupported(
            NAME,
            'dtmf',
            'Send the tones as audio (dtmfTone makes them), or let call control play the digits.',
          );
        default:
          return unreachable(NAME, frame);
      }
    },
  };

  /** The stream's id as JSON text. */
  function sid(): string {
    if (quotedSid !== undefined) return quotedSid;
    throw new MediaError(
      'invalid-argument',
      `${NAME} wants the stream's id in every message, and it is not known yet. ` +
        'Deserialize the `start` message first, or create the serializer with { streamSid }.',
    );
  }

  function checkOrder(event: string): void {
    if (stopped) throw malformed(NAME, '`stop` is the last message of a stream; this one came after it.');
    if (started && event === 'start')
      throw malformed(NAME, 'a stream has one `start`; this is a second one.');
  }

  function checkStream(message: JsonObject, event: string): void {
    if (streamSid === undefined || !Object.hasOwn(message, 'streamSid')) return;
    if (textIn(NAME, message, 'streamSid') !== streamSid) {
      throw malformed(
        NAME,
        `this ${nameInWords(event)} message is for another stream: its \`streamSid\` is not the one that ` +
          `${started ? '`start` gave' : 'this serializer was created with'}.`,
      );
    }
  }

  function readStart(message: JsonObject): StartFrame {
    const start = objectIn(NAME, message, 'start');
    const streamId = textIn(NAME, Object.hasOwn(start, 'streamSid') ? start : message, 'start.streamSid');
    const callId = textIn(NAME, start, 'start.callSid');
    if (streamId === '' || callId === '') {
      throw malformed(
        NAME,
        '`start.streamSid` and `start.callSid` name the stream and the call; one is empty.',
      );
    }
    if (
      (streamSid !== undefined && streamId !== streamSid) ||
      (Object.hasOwn(message, 'streamSid') && textIn(NAME, message, 'streamSid') !== streamId)
    ) {
      throw malformed(
        NAME,
        'the ids in `start.streamSid`, `streamSid` and the options are one; here they differ.',
      );
    }
    checkFormat(start);
    const frame: StartFrame = {
      kind: 'start',
      provider: twilio.name,
      streamId,
      callId,
      ...(Object.hasOwn(start, 'accountSid') && { accountId: textIn(NAME, start, 'start.accountSid') }),
      format,
      tracks: readTracks(start),
      parameters: readParameters(start),
    };
    streamSid = streamId;
    quotedSid = quote(streamId);
    usualEnd = `"},"streamSid":${quotedSid}}`;
    started = true;
    return frame;
  }

  function checkFormat(start: JsonObject): void {
    if (!Object.hasOwn(start, 'mediaFormat')) return;
    const announced = objectIn(NAME, start, 'mediaFormat');
    const rate = numberIn(NAME, announced, 'start.mediaFormat.sampleRate') ?? sampleRate;
    const channels = numberIn(NAME, announced, 'start.mediaFormat.channels') ?? format.channels;
    const encoding = valueIn(announced, 'encoding') ?? ENCODING;
    if (encoding !== ENCODING || channels !== format.channels) {
      throw malformed(
        NAME,
        `a stream carries ${ENCODING} with one channel; this \`start\` announces something else.`,
      );
    }
    if (rate !== sampleRate) {
      throw malformed(
        NAME,
        `this \`start\` announces ${rate} Hz, and the serializer reads ${sampleRate} Hz. Create it with { sampleRate: ${rate} }.`,
      );
    }
  }

  function readMedia(message: JsonObject): AudioFrame[] {
    const media = objectIn(NAME, message, 'media');
    const track = readTrack(media, 'media.track');
    const timestampMs = numberIn(NAME, media, 'media.timestamp') ?? endsMs[track];
    const payload = valueIn(media, 'payload');
    if (typeof payload !== 'string') {
      throw malformed(
        NAME,
        'the field `media.payload` holds base64 text; here it is missing or something else.',
      );
    }
    return placed({
      kind: 'audio',
      samples: readPayload(payload),
      sampleRate,
      channels: 1,
      timestampMs,
      track,
    });
  }

  /** Remembers where the frame ends. Audio of no samples is no frame. */
  function placed(frame: AudioFrame): AudioFrame[] {
    if (frame.samples.length === 0) return [];
    endsMs[frame.track] = frame.timestampMs + (1000 * frame.samples.length) / sampleRate;
    return [frame];
  }
}

const USUAL_OPENING = '{"event":"media","sequenceNumber":"';
const USUAL_TRACK = '","media":{"track":"';
const USUAL_CHUNK = 'bound","chunk":"'; // behind "in" or "out"
const USUAL_TIMESTAMP = '","timestamp":"';
const USUAL_PAYLOAD = '","payload":"';
const MOST_DIGITS = 15; // of what a double holds exactly, as `numberIn` has it

/**
 * A media message in the layout that Twilio writes, read where it stands; undefined for any other text, which JSON
 * then parses with the same result. All but a few messages of a call go this way.
 */
function readUsualMedia(text: string, usualEnd: string, sampleRate: number): AudioFrame | undefined {
  const payloadEnd = text.length - usualEnd.length;
  if (!holds(text, 0, USUAL_OPENING) || !holds(text, payloadEnd, usualEnd)) return undefined;
  let at = digitsEnd(text, USUAL_OPENING.length);
  if (at < 0 || !holds(text, at, USUAL_TRACK)) return undefined;
  at += USUAL_TRACK.length;
  const track = holds(text, at, 'in') ? 'inbound' : holds(text, at, 'out') ? 'outbound' : undefined;
  if (!track) return undefined;
  at += track.length - 'bound'.length;
  if (!holds(text, at, USUAL_CHUNK)) return undefined;
  at = digitsEnd(text, at + USUAL_CHUNK.length);
  if (at < 0 || !holds(text, at, USUAL_TIMESTAMP)) return undefined;
  const timestampAt = at + USUAL_TIMESTAMP.length;
  at = digitsEnd(text, timestampAt);
  if (at < 0 || !holds(text, at, USUAL_PAYLOAD)) return undefined;
  const samples = decodeMulawBase64(text, at + USUAL_PAYLOAD.length, payloadEnd);
  return (
    samples && {
      kind: 'audio',
      samples,
      sampleRate,
      channels: 1,
      timestampMs: digits(text, timestampAt, at),
      track,
    }
  );
}

/** Compares slices, which engines take without copying, twice as fast as `startsWith`. */
function holds(text: string, at: number, expected: string): boolean {
  return text.slice(at, at + expected.length) === expected;
}

/** Where the decimal digits that begin at a place end, or -1 where there are none, or too many. */
function digitsEnd(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at++;
  return at > start && at <= start + MOST_DIGITS ? at : -1;
}

/** The number that decimal digits write. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

function readPayload(payload: string): Int16Array<ArrayBuffer> {
  try {
    return mulaw.decode(decodeBase64(payload));
  } catch (error) {
    throw malformed(NAME, `the field \`media.payload\` cannot be read. ${(error as Error).message}`, error);
  }
}

function readDigit(dtmf: JsonObject): DtmfDigit {
  const digit = textIn(NAME, dtmf, 'dtmf.digit');
  if (digit.length === 1 && DIGITS.includes(digit)) return digit as DtmfDigit;
  throw malformed(
    NAME,
    'the field `dtmf.digit` holds one key of 0-9, *, #, A-D; here it holds something else.',
  );
}

function readTracks(start: JsonObject): Track[] {
  const value = valueIn(start, 'tracks');
  const tracks = (Array.isArray(value) ? value : []).flatMap((name) => TRACKS.get(String(name)) ?? []);
  return tracks.length > 0 ? tracks : ['inbound'];
}

function readParameters(start: JsonObject): Record<string, string> {
  if (!Object.hasOwn(start, 'customParameters')) return {};
  return textFields(NAME, objectIn(NAME, start, 'customParameters'));
}

// --- the provider's side ---

/** Messages to Twilio, with exactly these fields: a missing or an extra one is its warning 31951. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['media', ['event', 'streamSid', 'media']],
  ['mark', ['event', 'streamSid', 'mark']],
  ['clear', ['event', 'streamSid']],
]);

function createProviderSerializer({
  sampleRate = FORMAT.sampleRate,
}: ProviderSerializerOptions = {}): FrameSerializer<FrameToCall, FrameFromCall> {
  const format: AudioFormat = { ...FORMAT, sampleRate };
  let stream: { readonly frame: StartFrame; readonly quotedSid: string } | undefined;
  let messages = 0;
  let chunks = 0;
  let samplesHeard = 0; // this direction stamps no time on audio, so it is counted

  return {
    deserialize(message) {
      if (typeof message !== 'string') {
        throw malformed(NAME, `every message is text; a binary one of ${message.byteLength} bytes came.`);
      }
      const parsed = parseMessage(NAME, message);
      const event = readEvent(parsed);
      const fields = FIELDS.get(event);
      if (!fields) {
        throw malformed(
          NAME,
          `the messages to send are media, mark and clear; an event ${nameInWords(event)} came.`,
        );
      }
      checkFields(parsed, fields, `a \`${event}\` message`);
      checkStream(parsed);
      switch (event) {
        case 'media':
          return hear(parsed);
        case 'mark': {
          const mark = objectIn(NAME, parsed, 'mark');
          checkFields(mark, ['name'], 'the field `mark`');
          return [{ kind: 'mark', name: strictText(mark, 'mark.name') }];
        }
        default:
          return [{ kind: 'clear' }];
      }
    },

    serialize(frame) {
      if (frame.kind === 'start') return open(frame);
      const { frame: start, quotedSid } = opened();
      switch (frame.kind) {
        case 'audio': {
          const samples = inFormat(NAME, frame, format);
          assertPlaced(NAME, frame);
          const payload = encodeMulawBase64(samples);
          const timestamp = Math.round(frame.timestampMs);
          return [
            `{"event":"media","sequenceNumber":"${++messages}","media":{"track":"${frame.track}",` +
              `"chunk":"${++chunks}","timestamp":"${timestamp}","payload":"${payload}"},"streamSid":${quotedSid}}`,
          ];
        }
        case 'dtmf':
          return [
            write<DtmfMessage>({
              event: 'dtmf',
              streamSid: start.streamId,
              sequenceNumber: String(++messages),
              dtmf: { track: 'inbound_track', digit: frame.digit },
            }),
          ];
        case 'mark':
          return [
            write<MarkMessage>({
              event: 'mark',
              sequenceNumber: String(++messages),
              streamSid: start.streamId,
              mark: { name: frameText(NAME, frame.kind, frame.name) },
            }),
          ];
        case 'stop':
          return [
            write<StopMessage>({
              event: 'stop',
              sequenceNumber: String(++messages),
              stop: { accountSid: start.accountId ?? '', callSid: start.callId },
              streamSid: start.streamId,
            }),
          ];
        case 'unknown':
          return [jsonText(NAME, frame.kind, frame.message)];
        case 'clear':
          throw unsupported(NAME, 'clear', 'It confirms a `clear` by sending back all pending marks.');
        default:
          return unreachable(NAME, frame);
      }
    },
  };

  function open(frame: StartFrame): WireMessage[] {
    if (stream)
      throw new MediaError('invalid-argument', `${NAME}: a stream has one \`start\`; this is a second one.`);
    const given = frameFormat(NAME, frame);
    if (given.encoding !== 'mulaw' || given.sampleRate !== sampleRate || given.channels !== 1) {
      throw new MediaError(
        'wrong-format',
        `${NAME}: this stream carries µ-law at ${sampleRate} Hz with one channel; the start frame says something else.`,
      );
    }
    const quotedSid = quote(frameText(NAME, frame.kind, frame.streamId));
    const opening = [
      write<ConnectedMessage>({ event: 'connected', protocol: 'Call', version: PROTOCOL_VERSION }),
      write<StartMessage>({
        event: 'start',
        sequenceNumber: '1',
        start: {
          accountSid: frame.accountId ?? '',
          streamSid: frame.streamId,
          callSid: frame.callId,
          tracks: frame.tracks,
          mediaFormat: { encoding: ENCODING, sampleRate, channels: 1 },
          customParameters: frame.parameters,
        },
        streamSid: frame.streamId,
      }),
    ];
    stream = { frame, quotedSid };
    messages = 1;
    return opening;
  }

  function opened(): NonNullable<typeof stream> {
    if (stream) return stream;
    throw new MediaError(
      'invalid-argument',
      `${NAME}: a stream opens with its \`start\` frame, which was not sent yet.`,
    );
  }

  function checkStream(message: JsonObject): void {
    if (!stream) throw malformed(NAME, 'nothing may be sent before `start`, which gives the `streamSid`.');
    if (strictText(message, 'streamSid') !== stream.frame.streamId) {
      throw malformed(NAME, 'the field `streamSid` repeats the one from `start`; this is another.');
    }
  }

  function hear(message: JsonObject): AudioFrame[] {
    const media = objectIn(NAME, message, 'media');
    checkFields(media, ['payload'], 'the field `media`');
    const samples = readPayload(strictText(media, 'media.payload'));
    if (samples.length === 0) return [];
    const timestampMs = (1000 * samplesHeard) / sampleRate;
    samplesHeard += samples.length;
    return [{ kind: 'audio', samples, sampleRate, channels: 1, timestampMs, track: 'outbound' }];
  }
}

function checkFields(object: JsonObject, fields: readonly string[], what: string): void {
  const missing = fields.find((field) => !Object.hasOwn(object, field));
  if (missing !== undefined)
    throw malformed(NAME, `${what} has the field \`${missing}\`; here it is missing.`);
  const extra = Object.keys(object).find((field) => !fields.includes(field));
  if (extra !== undefined) {
    throw malformed(
      NAME,
      `${what} has no fields but ${fields.join(', ')}; here is one more, ${nameInWords(extra)}.`,
    );
  }
}

/** Text where Twilio documents text: towards it, a number in its place is not forgiven. */
function strictText(object: JsonObject, path: string): string {
  const value = valueIn(object, path.slice(path.lastIndexOf('.') + 1));
  if (typeof value === 'string') return value;
  throw malformed(NAME, `the field \`${path}\` holds text; here it is something else.`);
}

function write<Message extends { readonly event: string }>(message: Message): string {
  return jsonText(NAME, message.event === 'connected' ? 'start' : (message.event as Frame['kind']), message);
}
