/**
 * Twilio Media Streams: JSON text, base64 µ-law at 8000 Hz, `streamSid` in every message.
 *
 * @see https://www.twilio.com/docs/voice/media-streams/websocket-messages
 * @module
 */

import { notBase64 } from '../bytes/base64.ts';
import { decodeMulawBase64, encodeMulawBase64 } from '../codecs/mulaw-base64.ts';
import type { SampleAllocator } from '../dsp/samples.ts';
import type { MediaError } from '../errors.ts';
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
  refused,
  strictTextIn,
  textFields,
  textIn,
  textOf,
  unreachable,
  unsupported,
  valueIn,
  wrongField,
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

const NOT_STARTED = 'nothing may be sent before `start`.';
const SECOND_START = 'a stream has one `start`; this is a second one.';
const PROTOCOL_VERSION = '1.0.0';
const ENCODING = 'audio/x-mulaw';
const DIGITS = '0123456789*#ABCD';

/** `media.track` has the short form, `dtmf.track` the long one; both are read in either place. */
const TRACK = /^((?:in|out)bound)(?:_track)?$/;

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
  const name = textIn(NAME, holder, path);
  const track = trackOf(name);
  if (track) return track;
  throw wrongField(NAME, path, '"inbound" or "outbound"', name);
}

function trackOf(name: string): Track | undefined {
  return TRACK.exec(name)?.[1] as Track | undefined;
}

/** Of a format that is not the wire's. */
function otherFormat(sampleRate: number): string {
  return `a stream carries ${ENCODING} with one channel, here at ${sampleRate} Hz; this \`start\` says something else.`;
}

function ofAnotherStream(event: string): MediaError {
  return malformed(
    NAME,
    `this ${nameInWords(event)} message is for another stream: its \`streamSid\` is not that of \`start\` or the options.`,
  );
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
    deserialize(message, allocate) {
      const text = typeof message === 'string' ? message : textOf(NAME, message);
      if (started && !stopped) {
        const frames = readUsualMedia(text, allocate);
        if (frames) return frames;
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
          return readMedia(parsed, allocate);
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
            'Send the tones as audio (dtmfTone makes them), or let call control play them.',
          );
        default:
          return unreachable(NAME, frame);
      }
    },
  };

  /** The stream's id as JSON text. */
  function sid(): string {
    if (quotedSid !== undefined) return quotedSid;
    throw refused(
      NAME,
      'the id of the stream is not known yet. Deserialize `start` first, or create the serializer with { streamSid }.',
    );
  }

  function checkOrder(event: string): void {
    if (stopped) throw malformed(NAME, '`stop` is the last message of a stream; this came after it.');
    if (started && event === 'start') throw malformed(NAME, SECOND_START);
  }

  function checkStream(message: JsonObject, event: string): void {
    if (streamSid === undefined || !Object.hasOwn(message, 'streamSid')) return;
    if (textIn(NAME, message, 'streamSid') !== streamSid) {
      throw ofAnotherStream(event);
    }
  }

  function readStart(message: JsonObject): StartFrame {
    const start = objectIn(NAME, message, 'start');
    const streamId = textIn(NAME, Object.hasOwn(start, 'streamSid') ? start : message, 'start.streamSid');
    const callId = textIn(NAME, start, 'start.callSid');
    if (streamId === '' || callId === '') {
      throw malformed(NAME, 'of `start.streamSid` and `start.callSid`, one is empty.');
    }
    if (
      (streamSid !== undefined && streamId !== streamSid) ||
      (Object.hasOwn(message, 'streamSid') && textIn(NAME, message, 'streamSid') !== streamId)
    ) {
      throw malformed(
        NAME,
        '`start.streamSid`, `streamSid` and the options name one stream; here they differ.',
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
    if (encoding !== ENCODING || channels !== format.channels || rate !== sampleRate) {
      throw malformed(
        NAME,
        `${otherFormat(sampleRate)} For its rate, create the serializer with { sampleRate: ${rate} }.`,
      );
    }
  }

  function readMedia(message: JsonObject, allocate: SampleAllocator | undefined): AudioFrame[] {
    const media = objectIn(NAME, message, 'media');
    const track = readTrack(media, 'media.track');
    const timestampMs = numberIn(NAME, media, 'media.timestamp') ?? endsMs[track];
    return placed(readPayload(media, allocate), timestampMs, track);
  }

  /**
   * The frames of a media message in the usual layout, read where it stands; undefined for any other text, which JSON
   * then parses with the same result. All but a few messages of a call go this way.
   */
  function readUsualMedia(text: string, allocate: SampleAllocator | undefined): AudioFrame[] | undefined {
    const payloadEnd = text.length - usualEnd.length;
    // Engines take slices without copying, twice as fast as `endsWith`.
    if (text.slice(payloadEnd) !== usualEnd) return undefined;
    const usual = USUAL_MEDIA.exec(text);
    if (!usual) return undefined;
    const [opening, track, timestamp] = usual;
    const samples = decodeMulawBase64(text, opening.length, payloadEnd, allocate);
    return samples && placed(samples, Number(timestamp), track as Track);
  }

  /** Remembers where the audio ends. Audio of no samples is no frame. */
  function placed(samples: Int16Array<ArrayBuffer>, timestampMs: number, track: Track): AudioFrame[] {
    const { length } = samples;
    if (length === 0) return [];
    endsMs[track] = timestampMs + (1000 * length) / sampleRate;
    return [{ kind: 'audio', samples, sampleRate, channels: 1, timestampMs, track }];
  }
}

/**
 * The layout in which Twilio writes media messages, up to the payload. Numbers have no more digits than a double holds
 * exactly, as `numberIn` has it. Engines compile it, so it is faster than looking char by char.
 */
const USUAL_MEDIA =
  /^\{"event":"media","sequenceNumber":"\d{1,15}","media":\{"track":"((?:in|out)bound)","chunk":"\d{1,15}","timestamp":"(\d{1,15})","payload":"/;

function readPayload(media: JsonObject, allocate?: SampleAllocator): Int16Array<ArrayBuffer> {
  const payload = strictTextIn(NAME, media, 'media.payload');
  const samples = decodeMulawBase64(payload, 0, payload.length, allocate);
  if (samples) return samples;
  const cause = notBase64(payload);
  throw malformed(NAME, `the field \`media.payload\` cannot be read. ${cause.message}`, cause);
}

function readDigit(dtmf: JsonObject): DtmfDigit {
  const digit = textIn(NAME, dtmf, 'dtmf.digit');
  if (digit.length === 1 && DIGITS.includes(digit)) return digit as DtmfDigit;
  throw wrongField(NAME, 'dtmf.digit', 'one key of 0-9, *, #, A-D', digit);
}

function readTracks(start: JsonObject): Track[] {
  const value = valueIn(start, 'tracks');
  const tracks = (Array.isArray(value) ? value : []).flatMap((name) => trackOf(String(name)) ?? []);
  return tracks.length > 0 ? tracks : ['inbound'];
}

function readParameters(start: JsonObject): Record<string, string> {
  if (!Object.hasOwn(start, 'customParameters')) return {};
  return textFields(NAME, objectIn(NAME, start, 'customParameters'));
}

// --- the provider's side ---

/** Messages to Twilio. The first two have a field of the same name. */
const EVENTS: readonly string[] = ['media', 'mark', 'clear'];

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
      if (!EVENTS.includes(event)) {
        throw malformed(
          NAME,
          `the messages to send are media, mark and clear; an event ${nameInWords(event)} came.`,
        );
      }
      checkFields(
        parsed,
        ['event', 'streamSid', event].slice(0, event === 'clear' ? 2 : 3),
        `a \`${event}\` message`,
      );
      checkStream(parsed, event);
      switch (event) {
        case 'media':
          return hear(parsed);
        case 'mark': {
          const mark = objectIn(NAME, parsed, 'mark');
          checkFields(mark, ['name'], 'the field `mark`');
          return [{ kind: 'mark', name: strictTextIn(NAME, mark, 'mark.name') }];
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
          throw unsupported(NAME, 'clear', 'It sends back all pending marks.');
        default:
          return unreachable(NAME, frame);
      }
    },
  };

  function open(frame: StartFrame): WireMessage[] {
    if (stream) throw refused(NAME, SECOND_START);
    const given: Partial<AudioFormat> = frame.format ?? {};
    if (given.encoding !== 'mulaw' || given.sampleRate !== sampleRate || given.channels !== 1) {
      throw refused(NAME, otherFormat(sampleRate), 'wrong-format');
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
    throw refused(NAME, NOT_STARTED);
  }

  function checkStream(message: JsonObject, event: string): void {
    if (!stream) throw malformed(NAME, NOT_STARTED);
    if (strictTextIn(NAME, message, 'streamSid') !== stream.frame.streamId) throw ofAnotherStream(event);
  }

  function hear(message: JsonObject): AudioFrame[] {
    const media = objectIn(NAME, message, 'media');
    checkFields(media, ['payload'], 'the field `media`');
    const samples = readPayload(media);
    if (samples.length === 0) return [];
    const timestampMs = (1000 * samplesHeard) / sampleRate;
    samplesHeard += samples.length;
    return [{ kind: 'audio', samples, sampleRate, channels: 1, timestampMs, track: 'outbound' }];
  }
}

/** A missing or an extra field is Twilio's warning 31951. What is missing is found where it is read. */
function checkFields(object: JsonObject, fields: readonly string[], what: string): void {
  const extra = Object.keys(object).find((field) => !fields.includes(field));
  if (extra !== undefined) {
    throw malformed(
      NAME,
      `${what} has no fields but ${fields.join(', ')}; here is one more, ${nameInWords(extra)}.`,
    );
  }
}

function write<Message extends { readonly event: string }>(message: Message): string {
  return jsonText(NAME, message.event === 'connected' ? 'start' : (message.event as Frame['kind']), message);
}
