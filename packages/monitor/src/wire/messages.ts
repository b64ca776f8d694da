/**
 * What hub and client say to each other, and what a page is told. JSON text for state and events; the binary
 * audio packet is in `packet.ts`.
 *
 * @module
 */

import type {
  AudioFormat,
  AudioFrame,
  CallEndReason,
  CallWarning,
  Frame,
  Phase,
  Track,
} from '@patchcord/core';

/**
 * What a ticket lets its holder do: see that calls are up, hear them, end them, and see keys, numbers and
 * parameters, which are masked or withheld otherwise.
 */
export type Scope = 'list' | 'listen' | 'control' | 'see';

/** A call as a list shows it. */
export interface CallSummary {
  readonly callId: string;
  readonly streamId: string;
  readonly provider: string;
  /** The caller's number, masked to its last four digits without the scope `see`. */
  readonly from?: string;
  /** The called number, masked alike. */
  readonly to?: string;
  /** What the app calls the call, such as the agent's name. */
  readonly label?: string;
  readonly format: AudioFormat;
  readonly tracks: readonly Track[];
  /** Unix time in milliseconds, by the gateway's clock. */
  readonly startedAtMs: number;
  readonly state: 'up' | 'ended';
  /** Set once ended. */
  readonly endedAtMs?: number;
  readonly endReason?: CallEndReason;
  /** Warnings so far. */
  readonly warnings: number;
  /** Whether this ticket may hang it up. */
  readonly canHangUp: boolean;
  /** Who speaks now, by the level. */
  readonly speaking: readonly Track[];
}

/** A step in the life of the list: all calls first, then what changes. */
export type CallListChange =
  | { readonly kind: 'calls'; readonly calls: readonly CallSummary[]; readonly gatewayNowMs: number }
  | { readonly kind: 'up' | 'changed' | 'ended'; readonly call: CallSummary };

/** Loudness of one track over the last 100 ms, in dBFS; -Infinity is written as -120. */
export interface TrackLevel {
  readonly peakDb: number;
  readonly rmsDb: number;
}

/** Loudness of one call. */
export interface CallLevels {
  readonly callId: string;
  readonly inbound: TrackLevel;
  readonly outbound: TrackLevel;
}

/** Something that happened in a call, on the timeline of its inbound track. */
export type CallEvent =
  /** A frame without sound: a key, a mark played or cleared, a clear, the stop. */
  | {
      readonly kind: 'frame';
      readonly frame: Exclude<Frame, AudioFrame>;
      readonly phase: Phase;
      readonly timestampMs: number;
    }
  /** The agent was cut off: this much was sent and never heard. */
  | { readonly kind: 'cut'; readonly timestampMs: number; readonly unheardMs: number }
  /** Audio that never came, with silence in its place. */
  | { readonly kind: 'gap'; readonly timestampMs: number; readonly durationMs: number; readonly track: Track }
  /** Somebody spoke: told when the turn is over. */
  | { readonly kind: 'turn'; readonly timestampMs: number; readonly durationMs: number; readonly track: Track }
  | { readonly kind: 'warning'; readonly timestampMs: number; readonly warning: CallWarning }
  /** Words that the app published. */
  | { readonly kind: 'words'; readonly timestampMs: number; readonly track: Track; readonly words: string }
  | {
      readonly kind: 'ended';
      readonly timestampMs: number;
      readonly reason: CallEndReason;
      readonly message: string;
    };
