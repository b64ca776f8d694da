import type { DtmfDigit } from '@patchcord/core';
import type { FaultName } from '../faults/faults.ts';
import type { PhoneWarning } from './warnings.ts';

/** Why a call is over. */
export type PhoneEndReason =
  /** The caller hung up: `stop` was sent. */
  | 'hung-up'
  /** The caller's line broke on purpose: no `stop` was sent. */
  | 'dropped'
  /** The app closed the socket. With Twilio, the call then goes on with the next TwiML verb. */
  | 'app-closed'
  /** The connection broke, and nobody said why. */
  | 'connection-lost'
  /** The app sent something on a unidirectional stream (Twilio's 31924). */
  | 'protocol-error'
  /** The app stopped reading. */
  | 'app-stalled'
  /** The app sent nothing for longer than `idleTimeoutMs`. */
  | 'app-idle';

/** What is known about a call that is over. */
export interface PhoneEnd {
  /** Who ended it. */
  readonly endedBy: 'caller' | 'app' | 'network' | 'phone';
  readonly reason: PhoneEndReason;
  /** The same in words. */
  readonly message: string;
  /** How long the stream was up, in milliseconds. */
  readonly durationMs: number;
  /** Audio of the app's that was queued and never heard, in milliseconds: what it said was cut off. */
  readonly unheardMs: number;
  /** The socket's close code, where it closed. */
  readonly closeCode?: number;
}

/** Something that happened on the line. `timestampMs` counts from the start of the stream. */
export type PhoneEvent =
  /** The caller has said a sound: its first sample was on the line at `timestampMs`, its last at `endMs`. */
  | { readonly kind: 'said'; readonly timestampMs: number; readonly endMs: number }
  /** The caller pressed a key. */
  | { readonly kind: 'pressed'; readonly digit: DtmfDigit; readonly timestampMs: number }
  /** The app sent a mark. */
  | { readonly kind: 'mark'; readonly name: string; readonly timestampMs: number }
  /** A mark went back: the caller has heard all before it, or it was cleared. The wire does not tell which; this does. */
  | {
      readonly kind: 'echo';
      readonly name: string;
      readonly outcome: 'played' | 'cleared';
      /** When the mark came. */
      readonly sentMs: number;
      readonly timestampMs: number;
    }
  /** The app sent `clear`. */
  | { readonly kind: 'clear'; readonly droppedMs: number; readonly timestampMs: number }
  /** The app did something wrong, for the first time on this stream. */
  | ({ readonly kind: 'warning'; readonly timestampMs: number } & PhoneWarning)
  /** A fault that the phone was asked for came about. */
  | { readonly kind: 'fault'; readonly fault: FaultName; readonly timestampMs: number }
  /** The call is over. */
  | { readonly kind: 'ended'; readonly end: PhoneEnd; readonly timestampMs: number };

/** What a phone's listeners get. */
export interface PhoneNotice<Detail> extends Event {
  readonly detail: Detail;
}

/** The names that a phone's `addEventListener` knows. */
export interface PhoneEventMap {
  readonly event: PhoneNotice<PhoneEvent>;
  readonly warning: PhoneNotice<PhoneWarning>;
}

/** The one class behind `PhoneNotice`: the types of Node 20 have no CustomEvent. */
export class Notice<Detail> extends Event implements PhoneNotice<Detail> {
  readonly detail: Detail;

  constructor(type: keyof PhoneEventMap, detail: Detail) {
    super(type);
    this.detail = detail;
  }
}
