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
 * What a ticket lets its holder do: see that calls are up, hear them, act on them (end them, send their app a text, speak in
 * its place), and see keys, numbers and parameters, which are masked or withheld otherwise.
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
  /** Name of the gateway that has the call, where it has one. */
  readonly gateway?: string;
  /** That gateway is not heard at present: what is told of the call is what was known last. */
  readonly unreachable?: true;
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
  /** A key was pressed; which one, this ticket may not see (it lacks the scope `see`). Shown as `•`. */
  | { readonly kind: 'masked-key'; readonly timestampMs: number; readonly track: Track }
  /** The agent was cut off: this much was sent and never heard. */
  | { readonly kind: 'cut'; readonly timestampMs: number; readonly unheardMs: number }
  /** Audio that never came, with silence in its place. */
  | { readonly kind: 'gap'; readonly timestampMs: number; readonly durationMs: number; readonly track: Track }
  /** Somebody spoke: told when the turn is over. */
  | {
      readonly kind: 'turn';
      readonly timestampMs: number;
      readonly durationMs: number;
      readonly track: Track;
    }
  | { readonly kind: 'warning'; readonly timestampMs: number; readonly warning: CallWarning }
  /** Somebody of the monitor speaks to the caller in the app's place, or has ended it. */
  | { readonly kind: 'barge'; readonly timestampMs: number; readonly state: 'started' | 'stopped' }
  /** Words that the app published. */
  | { readonly kind: 'words'; readonly timestampMs: number; readonly track: Track; readonly words: string }
  | {
      readonly kind: 'ended';
      readonly timestampMs: number;
      readonly reason: CallEndReason;
      readonly message: string;
    };

/** The WebSocket subprotocol that both sides speak. The ticket goes beside it, as `ticket.<JWT>`, never in the URL. */
export const MONITOR_PROTOCOL = 'patchcord.v1';

/** What stands before the ticket in the second subprotocol that a client offers. */
export const TICKET_PREFIX = 'ticket.';

/** Why a hub closed a connection: the reason in words stands in the close frame. */
export const CloseCode = {
  /** The hub closes down, or its gateway does. Come back. */
  goingAway: 1001,
  /** The client said something that is no message. */
  notUnderstood: 1008,
  /** A message beyond the limit. */
  tooBig: 1009,
  /** The client reads too slowly to be told what happens. Come back. */
  tooSlow: 1013,
  /** The ticket has expired: a fresh one may be taken. */
  expired: 4401,
  /** No ticket, or one that is forged or used; or a page or host that the gateway does not accept. */
  refused: 4403,
} as const;

/** What a client can subscribe to. */
export type Topic =
  | { readonly topic: 'calls' }
  | { readonly topic: 'levels' }
  | { readonly topic: 'audio'; readonly callId: string }
  /** `from`: number of the first event wanted; a call's events are counted from 0. */
  | { readonly topic: 'events'; readonly callId: string; readonly from: number };

/**
 * What a client says. An `id` is a whole number of 32 bits that the client has not used before on the connection: it
 * names the request, and for `open` the subscription.
 */
export type ClientMessage =
  | ({ readonly type: 'open'; readonly id: number } & Topic)
  | { readonly type: 'close'; readonly id: number }
  | { readonly type: 'hang-up'; readonly id: number; readonly callId: string }
  | { readonly type: 'say'; readonly id: number; readonly callId: string; readonly text: string }
  /** Until `close`, audio packets whose stream is this id are what the caller shall hear. */
  | { readonly type: 'barge'; readonly id: number; readonly callId: string }
  | { readonly type: 'pong'; readonly id: number };

/** Why a request failed: not in the ticket's scope, no such call, or the call could not be ended. */
export type FailureCode = 'refused' | 'unknown-call' | 'limit-exceeded' | 'control-failed';

/** What a hub says in text. Audio comes in packets, whose stream is the `id` of the subscription. */
export type HubMessage =
  /** First of all, and nothing before it. */
  | {
      readonly type: 'welcome';
      readonly scopes: readonly Scope[];
      /** Name of the gateway, where it has one. */
      readonly gateway?: string;
      readonly gatewayNowMs: number;
    }
  /** To be answered with `pong` at once. Tells the round trip of the ping before. */
  | { readonly type: 'ping'; readonly id: number; readonly roundTripMs?: number }
  /** The request was done. */
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: FailureCode; readonly message: string }
  | { readonly type: 'calls'; readonly id: number; readonly change: CallListChange }
  | { readonly type: 'levels'; readonly id: number; readonly levels: readonly CallLevels[] }
  /** `next` is the number of the event that will come after these. */
  | {
      readonly type: 'events';
      readonly id: number;
      readonly next: number;
      readonly events: readonly CallEvent[];
    }
  /** Nothing more will come for this subscription, or is heard of this barge: its call is over. */
  | { readonly type: 'over'; readonly id: number };
