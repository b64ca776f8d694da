/**
 * Sound files: RIFF/WAVE with 16-bit linear samples, µ-law or A-law, any rate and number of channels.
 *
 * @see http://soundfile.sapp.org/doc/WaveFormat/
 * @see https://learn.microsoft.com/windows/win32/api/mmreg/ns-mmreg-waveformatextensible
 * @module
 */

import { MediaError } from '../errors.ts';
import { alaw } from './alaw.ts';
import type { AudioCodec } from './codec.ts';
import { linear16 } from './linear16.ts';
import { mulaw } from './mulaw.ts';

/** A sound with what is needed to play it. */
export interface WavSound {
  /** 16-bit linear samples, interleaved when `channels` > 1. */
  readonly samples: Int16Array<ArrayBuffer>;
  /** Hz. */
  readonly sampleRate: number;
  /** How many, their samples taking turns: left, right, left... */
  readonly channels: number;
}

const PCM = 1;
const ALAW = 6;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;

const HEADER_BYTES = 44;
const RIFF_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const FORMAT_BYTES = 16;
const EXTENSIBLE_BYTES = 40;
const SUBFORMAT_AT = 24; // the first two bytes of the extensible form's GUID are the plain format's number

interface WavFormat {
  readonly codec: AudioCodec;
  readonly sampleRate: number;
  readonly channels: number;
}

/**
 * Sound of a WAV file, in a fresh array that the caller owns.
 *
 * A file that ends before its header says, as a recording that was cut off does, gives what is there.
 *
 * @throws {MediaError} `invalid-argument`, saying what the bytes are instead and what to do.
 */
export function decodeWav(bytes: Uint8Array): WavSound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < RIFF_BYTES || tagAt(bytes, 0) !== 'RIFF' || tagAt(bytes, 8) !== 'WAVE') {
    throw unusable(`not a WAV file: it begins with ${opening(bytes)}, not with "RIFF....WAVE"`);
  }
  let format: WavFormat | undefined;
  for (let at = RIFF_BYTES; at + CHUNK_HEADER_BYTES <= bytes.length; ) {
    const tag = tagAt(bytes, at);
    const size = view.getUint32(at + 4, true);
    const start = at + CHUNK_HEADER_BYTES;
    const end = Math.min(start + size, bytes.length);
    if (tag === 'fmt ') format = readFormat(view, start, end);
    if (tag === 'data') {
      if (!format) throw unusable('a WAV file whose "data" chunk stands before its "fmt " chunk');
      return readData(bytes.subarray(start, end), format);
    }
    at = start + size + (size % 2); // chunks are padded to an even length
  }
  throw unusable(`a WAV file with no "${format ? 'data' : 'fmt '}" chunk: it is cut short, or damaged`);
}

/** A WAV file of 16-bit linear samples. */
export function encodeWav({ samples, sampleRate, channels }: WavSound): Uint8Array<ArrayBuffer> {
  if (!(Number.isInteger(channels) && channels > 0 && channels < 0x10000)) {
    throw new MediaError(
      'invalid-argument',
      `A WAV file has 1 to 65535 channels; ${channels} were asked for.`,
    );
  }
  if (!(Number.isInteger(sampleRate) && sampleRate > 0 && sampleRate <= 0xffffffff)) {
    throw new MediaError(
      'invalid-argument',
      `A WAV file has a whole, positive sample rate in Hz; ${sampleRate} was asked for.`,
    );
  }
  const data = linear16.encode(samples);
  const bytes = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(bytes.buffer);
  setTag(bytes, 0, 'RIFF');
  view.setUint32(4, bytes.length - CHUNK_HEADER_BYTES, true);
  setTag(bytes, 8, 'WAVE');
  setTag(bytes, 12, 'fmt ');
  view.setUint32(16, FORMAT_BYTES, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  setTag(bytes, 36, 'data');
  view.setUint32(40, data.length, true);
  bytes.set(data, HEADER_BYTES);
  return bytes;
}

function readFormat(view: DataView, start: number, end: number): WavFormat {
  if (end - start < FORMAT_BYTES) throw unusable('a WAV file whose "fmt " chunk is cut short');
  const tag = view.getUint16(start, true);
  const channels = view.getUint16(start + 2, true);
  const sampleRate = view.getUint32(start + 4, true);
  const bits = view.getUint16(start + 14, true);
  const kind =
    tag === EXTENSIBLE && end - start >= EXTENSIBLE_BYTES ? view.getUint16(start + SUBFORMAT_AT, true) : tag;
  if (channels === 0 || sampleRate === 0) {
    throw unusable(`a WAV file with ${channels} channels at ${sampleRate} Hz`);
  }
  if (kind === PCM && bits === 16) return { codec: linear16, sampleRate, channels };
  if (kind === MULAW && bits === 8) return { codec: mulaw, sampleRate, channels };
  if (kind === ALAW && bits === 8) return { codec: alaw, sampleRate, channels };
  throw unusable(`a WAV file of ${bits}-bit ${kindInWords(kind)}`);
}

function readData(data: Uint8Array, { codec, sampleRate, channels }: WavFormat): WavSound {
  const bytesPerInstant = channels * (codec === linear16 ? 2 : 1);
  const whole = data.length - (data.length % bytesPerInstant);
  return { samples: codec.decode(data.subarray(0, whole)), sampleRate, channels };
}

function kindInWords(kind: number): string {
  if (kind === PCM) return 'linear samples';
  if (kind === 3) return 'floating-point samples';
  return `samples of format ${kind}`;
}

function unusable(what: string): MediaError {
  return new MediaError(
    'invalid-argument',
    `This is ${what}. WAV files of 16-bit linear samples, µ-law or A-law are read; ` +
      'another file becomes one with: ffmpeg -i sound -c:a pcm_s16le sound.wav',
  );
}

function opening(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing (it is empty)';
  const tag = tagAt(bytes, 0);
  return /^[ -~]+$/.test(tag)
    ? JSON.stringify(tag)
    : `the bytes ${Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}

function tagAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function setTag(bytes: Uint8Array, at: number, tag: string): void {
  for (let index = 0; index < tag.length; index++) bytes[at + index] = tag.charCodeAt(index);
}
