/**
 * The binary packet that carries the sound of one track of one call, usually 20 ms of it.
 *
 * A packet holds one track. What the caller says is told when it comes; what the agent says is told when the caller
 * has heard it, which is known later and in bursts: to put both into one packet, one would have to wait for the other.
 *
 * Big-endian, 20 bytes, then the codes:
 *
 * | byte | what |
 * |---|---|
 * | 0 | version, 1 |
 * | 1 | type, 1: µ-law audio |
 * | 2 | flags: 1 outbound track, 2 concealed |
 * | 3 | 0 |
 * | 4 | stream: the id of the subscription, 32 bits |
 * | 8 | sequence number in the stream, 32 bits, wraps |
 * | 12 | media time of the first code, in 1/16 ms from the start of the call, 32 bits |
 * | 16 | sample rate in Hz, 32 bits |
 *
 * @module
 */

import type { Track } from '@patchcord/core';

const VERSION = 1;
const MULAW = 1;
const OUTBOUND = 1;
const CONCEALED = 2;

/** Bytes before the codes. */
export const PACKET_HEADER_BYTES = 20;

/** Steps of media time in a millisecond: finer than a sample at 8 kHz. Counts 74 hours in 32 bits. */
const STEPS_PER_MS = 16;

/** Most codes in a packet: a second at the highest rate. */
const MAX_CODES = 48_000;

const MIN_SAMPLE_RATE = 1_000;
const MAX_SAMPLE_RATE = 48_000;

/** The sound of one track, as it goes to listeners. */
export interface AudioPacket {
  /** The subscription that it belongs to. */
  readonly stream: number;
  /** Counts the packets of a stream, dropped ones included, modulo 2³². */
  readonly sequence: number;
  readonly track: Track;
  /** The samples were made up to fill a gap. */
  readonly concealed: boolean;
  /** Milliseconds from the start of the call to the first code, to 1/16 ms. */
  readonly timestampMs: number;
  /** Hz. */
  readonly sampleRate: number;
  /** µ-law. */
  readonly codes: Uint8Array;
}

/** Writes a packet into a fresh array that the caller owns. */
export function writePacket(packet: AudioPacket): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PACKET_HEADER_BYTES + packet.codes.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = MULAW;
  bytes[2] = (packet.track === 'outbound' ? OUTBOUND : 0) | (packet.concealed ? CONCEALED : 0);
  view.setUint32(4, packet.stream);
  view.setUint32(8, packet.sequence);
  view.setUint32(12, Math.max(0, Math.round(packet.timestampMs * STEPS_PER_MS)));
  view.setUint32(16, packet.sampleRate);
  bytes.set(packet.codes, PACKET_HEADER_BYTES);
  return bytes;
}

/**
 * Reads a packet.
 *
 * @returns undefined for bytes that are no packet of this version. The codes are a window on the given bytes.
 */
export function readPacket(bytes: Uint8Array): AudioPacket | undefined {
  const codes = bytes.length - PACKET_HEADER_BYTES;
  if (codes <= 0 || codes > MAX_CODES) return undefined;
  const [version, type, flags = 0, reserved] = bytes;
  if (version !== VERSION || type !== MULAW || flags > (OUTBOUND | CONCEALED) || reserved !== 0)
    return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sampleRate = view.getUint32(16);
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) return undefined;
  return {
    stream: view.getUint32(4),
    sequence: view.getUint32(8),
    track: (flags & OUTBOUND) !== 0 ? 'outbound' : 'inbound',
    concealed: (flags & CONCEALED) !== 0,
    timestampMs: view.getUint32(12) / STEPS_PER_MS,
    sampleRate,
    codes: bytes.subarray(PACKET_HEADER_BYTES),
  };
}
