/**
 * The frame model: what serializers make, streams carry, the player plays, the monitor draws and
 * recordings store. Plain objects told apart by `kind`, so that they survive `structuredClone`.
 *
 * @module
 */

import type { AudioEncoding } from '../codecs/codec.ts';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Seen from the phone line: `inbound` is what the caller says, `outbound` is what is played to the caller. */
export type Track = 'inbound' | 'outbound';

/** What a wire carries. */
export interface AudioFormat {
  readonly encoding: AudioEncoding;
  /** Hz. */
  readonly sampleRate: number;
  /** How many: 1 on all telephone lines. */
  readonly channels: number;
}

/** One key of a telephone. */
export type DtmfDigit =
  | '0'
  | '1'
  | '2'
  | '3'
  | '4'
  | '5'
  | '6'
  | '7'
  | '8'
  | '9'
  | '*'
  | '#'
  | 'A'
  | 'B'
  | 'C'
  | 'D';

/** The first word of a call. */
export interface StartFrame {
  readonly kind: 'start';
  /** The provider's name, such as `twilio`. */
  readonly provider: string;
  /** The stream's id, as the provider spells it. */
  readonly streamId: string;
  /** The call's id, as the provider spells it. */
  readonly callId: string;
  /** The account that the stream belongs to, where the wire says. */
  readonly accountId?: string;
  /** What the wire carries, for people and logs: audio frames are always 16-bit linear. */
  readonly format: AudioFormat;
  /** The tracks that the provider sends. */
  readonly tracks: readonly Track[];
  /** What the app attached to the stream (Twilio: `<Parameter>`). Personal data: never log it. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The caller's number, where the wire has it. */
  readonly from?: string;
  /** The called number, where the wire has it. */
  readonly to?: string;
}

/** A stretch of sound. */
export interface AudioFrame {
  readonly kind: 'audio';
  /**
   * 16-bit linear samples, interleaved when `channels` > 1. The frame owns its whole buffer (offset 0, full
   * length), so it may be transferred; whoever writes a frame gives it away.
   */
  readonly samples: Int16Array<ArrayBuffer>;
  /** Hz. */
  readonly sampleRate: number;
  /** How many, their samples taking turns: 1 for what a telephone says or hears. */
  readonly channels: number;
  /** Milliseconds from the start of the stream to the first sample. May be fractional. */
  readonly timestampMs: number;
  readonly track: Track;
  /** The samples were made up to fill a gap. */
  readonly concealed?: true;
}

/** A key was pressed. */
export interface DtmfFrame {
  readonly kind: 'dtmf';
  readonly digit: DtmfDigit;
  readonly track: Track;
}

/** To a call: "tell me when playback gets here". From a call: "here". */
export interface MarkFrame {
  readonly kind: 'mark';
  readonly name: string;
}

/** To a call: drop what has not been played yet. From a call: only providers that confirm it send one. */
export interface ClearFrame {
  readonly kind: 'clear';
}

/** The provider's last word. */
export interface StopFrame {
  readonly kind: 'stop';
  readonly reason?: string;
}

/** An event that this version has no word for. Calls go on. */
export interface UnknownFrame {
  readonly kind: 'unknown';
  readonly event: string;
  readonly message: Json;
}

/** A provider message, sent as it is: a JSON object. */
export interface MessageFrame {
  readonly kind: 'message';
  readonly message: { readonly [key: string]: Json };
}

/** What a call can tell us. */
export type FrameFromCall =
  | StartFrame
  | AudioFrame
  | DtmfFrame
  | MarkFrame
  | ClearFrame
  | StopFrame
  | UnknownFrame;

/** What we can tell a call. */
export type FrameToCall = AudioFrame | DtmfFrame | MarkFrame | ClearFrame | MessageFrame;

/** Any frame, in either direction. */
export type Frame = FrameFromCall | FrameToCall;

/** Milliseconds of sound in the frame: 0 for all kinds but `audio`. */
export function durationMs(frame: Frame): number {
  return frame.kind === 'audio' ? (1000 * frame.samples.length) / frame.channels / frame.sampleRate : 0;
}

/** Second argument for `postMessage`, to move a frame instead of copying it. The sender's copy is empty afterwards. */
export function transferables(frame: Frame): ArrayBuffer[] {
  return frame.kind === 'audio' ? [frame.samples.buffer] : [];
}
