import { decodeBase64, MediaError, mulaw, type Track } from '@patchcord/core';
import type { PhoneEnd } from '../phone/events.ts';
import type { Phone, PhoneOptions } from '../phone/phone.ts';
import { LINE_RATE } from '../phone/sound.ts';
import { type CaptureEntry, parseCapture, silentPayload } from './capture.ts';

/** What the caller did in a call that was captured. */
export interface CapturedCall {
  /** Who called, and on what kind of stream: for `dial` and `openPhone`. Ids are those of the capture. */
  readonly options: PhoneOptions;
  /** What each track carried from the start of the stream, at 8 kHz, with silence where nothing came. */
  readonly sounds: ReadonlyMap<Track, Int16Array<ArrayBuffer>>;
  /** Keys, and when they came. */
  readonly keys: readonly { readonly digit: string; readonly timestampMs: number }[];
  /** How and when it ended: the caller's `stop`, a line that broke, or the app's closing. */
  readonly end: { readonly by: 'stop' | 'drop' | 'app'; readonly timestampMs: number };
}

/** A key leaves with the 20 ms that are under way when it is pressed: it is pressed in the middle of them. */
const KEY_LEAD_MS = 10;

/** Longest call that is replayed, in milliseconds: what a phone can have to say. */
const LONGEST_MS = 3_600_000;

/**
 * Reads what the caller did out of a capture's text.
 *
 * @throws {MediaError} `malformed-message` for what is no capture, or one of a call that never started.
 */
export function readCapture(text: string): CapturedCall {
  const entries = parseCapture(text);
  const startedAt = entries.find((entry) => isEvent(entry, 'start'));
  if (startedAt === undefined || !('message' in startedAt)) {
    throw new MediaError('malformed-message', 'The call in this capture never started: there is no `start`.');
  }
  const timeOf = ({ ms }: CaptureEntry): number => Math.max(0, ms - startedAt.ms);
  const start = fieldsOf(startedAt.message.start);
  const { tracks: named } = start;
  const tracks = Array.isArray(named) ? named.filter(isTrack) : [];
  const pieces = new Map<Track, Piece[]>();
  const keys: { digit: string; timestampMs: number }[] = [];
  for (const entry of entries) {
    if (entry.from !== 'phone' || !('message' in entry)) continue;
    const { message } = entry;
    if (message.event === 'dtmf') {
      const { digit } = fieldsOf(message.dtmf);
      keys.push({ digit: String(digit), timestampMs: timeOf(entry) });
    }
    if (message.event !== 'media') continue;
    const media = fieldsOf(message.media);
    const track = isTrack(media.track) ? media.track : 'inbound';
    const timestampMs = Number(media.timestamp);
    if (!(timestampMs >= 0 && timestampMs < LONGEST_MS)) continue;
    const ofTrack = pieces.get(track) ?? [];
    ofTrack.push({ samples: samplesOf(media), timestampMs });
    pieces.set(track, ofTrack);
  }
  const stop = entries.find((entry) => isEvent(entry, 'stop'));
  const closed = entries.find((entry) => 'closed' in entry);
  const last = stop ?? closed ?? entries.at(-1) ?? startedAt;
  return {
    options: {
      ...sidsOf(start),
      parameters: parametersOf(start),
      ...(tracks.length > 0 && { tracks }),
      unidirectional: tracks.includes('outbound'),
    },
    sounds: new Map([...pieces].map(([track, ofTrack]) => [track, joined(ofTrack)])),
    keys,
    end: {
      by: stop !== undefined ? 'stop' : closed?.from === 'app' ? 'app' : 'drop',
      timestampMs: timeOf(last),
    },
  };
}

/**
 * Does again what the caller of a captured call did: says what was said, presses the keys, hangs up. What the app answers
 * is heard, and its marks come back, as in any call: nothing of the app's old answers is played.
 *
 * @param phone One that has just been opened, best with the captured call's `options`.
 * @returns how it ended. Where the app ended the captured call and does not now, the caller hangs up.
 */
export async function replay(phone: Phone, { sounds, keys, end }: CapturedCall): Promise<PhoneEnd> {
  const beganMs = phone.timestampMs;
  const until = (timestampMs: number): Promise<void> =>
    phone.wait(Math.max(0, beganMs + timestampMs - phone.timestampMs));
  for (const [track, sound] of sounds) void phone.say(sound, { track });
  for (const { digit, timestampMs } of keys) {
    await until(timestampMs - KEY_LEAD_MS);
    void phone.press(digit);
  }
  await until(end.timestampMs);
  return end.by === 'drop' ? phone.drop() : phone.hangUp();
}

/** Fields of a message, as far as a replay looks at them. */
interface Fields {
  readonly tracks?: unknown;
  readonly callSid?: unknown;
  readonly streamSid?: unknown;
  readonly accountSid?: unknown;
  readonly customParameters?: unknown;
  readonly digit?: unknown;
  readonly track?: unknown;
  readonly timestamp?: unknown;
  readonly payload?: unknown;
  readonly bytes?: unknown;
}

interface Piece {
  readonly samples: Int16Array;
  readonly timestampMs: number;
}

/** One timeline, each piece where it belongs. */
function joined(pieces: readonly Piece[]): Int16Array<ArrayBuffer> {
  const at = ({ timestampMs }: Piece): number => Math.round((timestampMs * LINE_RATE) / 1000);
  const length = Math.max(0, ...pieces.map((piece) => at(piece) + piece.samples.length));
  const sound = new Int16Array(length);
  for (const piece of pieces) sound.set(piece.samples, at(piece));
  return sound;
}

function samplesOf({ payload, bytes }: Fields): Int16Array {
  const text = typeof payload === 'string' ? payload : silentPayload(Math.min(Number(bytes) || 0, LINE_RATE));
  try {
    return mulaw.decode(decodeBase64(text));
  } catch (error) {
    if (error instanceof MediaError) return new Int16Array(0);
    throw error;
  }
}

function isEvent(entry: CaptureEntry, event: string): boolean {
  return entry.from === 'phone' && 'message' in entry && entry.message.event === event;
}

function isTrack(value: unknown): value is Track {
  return value === 'inbound' || value === 'outbound';
}

function sidsOf({ callSid, streamSid, accountSid }: Fields): PhoneOptions {
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  return { callSid: text(callSid), streamSid: text(streamSid), accountSid: text(accountSid) };
}

function parametersOf({ customParameters }: Fields): Record<string, string> {
  const parameters = Object.entries(fieldsOf(customParameters));
  return Object.fromEntries(parameters.map(([name, value]) => [name, String(value)]));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value : {};
}
