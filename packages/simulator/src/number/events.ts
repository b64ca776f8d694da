import type { TwimlDialled, TwimlVerb } from './twiml.ts';

/** Why a call to a number is over. */
export type NumberEndReason =
  /** The caller hung up, or the caller's line broke. */
  | 'hung-up'
  /** `<Hangup>`. */
  | 'hangup-verb'
  /** `<Reject>`. */
  | 'rejected'
  /** There was no further verb. */
  | 'no-more-verbs'
  /** The REST interface ended it. */
  | 'completed'
  /** A webhook failed, or its TwiML could not be read: what Twilio calls an application error. */
  | 'failed';

/** What is known about a call that is over. */
export interface NumberEnd {
  readonly reason: NumberEndReason;
  /** The same in words. */
  readonly message: string;
  /** How long the call was up, in milliseconds. */
  readonly durationMs: number;
}

/** Something that happened on a call to a number. `timestampMs` counts from the start of the call. */
export type NumberEvent = { readonly timestampMs: number } & (
  | { readonly kind: 'webhook'; readonly url: string; readonly method: 'GET' | 'POST' }
  /** A verb begins. */
  | { readonly kind: 'verb'; readonly verb: TwimlVerb }
  | { readonly kind: 'stream-started'; readonly streamSid: string; readonly name: string }
  | { readonly kind: 'stream-stopped'; readonly streamSid: string; readonly name: string }
  | {
      readonly kind: 'stream-error';
      readonly streamSid: string;
      readonly name: string;
      readonly message: string;
    }
  | { readonly kind: 'dialled'; readonly dialled: readonly TwimlDialled[] }
  /** Keys that `<Play digits>` sent to the caller. */
  | { readonly kind: 'digits'; readonly digits: string }
  /** A verb that is not simulated was passed over. */
  | { readonly kind: 'passed-over'; readonly name: string }
  /** The REST interface gave the call something else to do. */
  | { readonly kind: 'updated' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'ended'; readonly end: NumberEnd }
);

/** What happened, without when. */
export type NumberEventDetail = NumberEvent extends infer Event
  ? Event extends NumberEvent
    ? Omit<Event, 'timestampMs'>
    : never
  : never;
