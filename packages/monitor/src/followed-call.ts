/**
 * A call as listeners follow it, whether this gateway has it or another one.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { CallEvent, CallSummary } from './wire/messages.ts';

/** A stretch of sound as listeners get it. */
export interface HeardAudio {
  readonly track: Track;
  readonly timestampMs: number;
  readonly concealed: boolean;
  readonly sampleRate: number;
  /** µ-law. Shared by all listeners. */
  readonly codes: Uint8Array;
}

/** What somebody says to a caller, as it comes from a listener. */
export type SpokenAudio = Pick<HeardAudio, 'sampleRate' | 'codes'>;

/** Who acts on a call. */
export interface Actor {
  /** Whom the ticket was issued to, where that was said. */
  readonly subject?: string;
  /** The ticket's scopes: the gateway that has the call looks at them itself. */
  readonly scopes: readonly string[];
}

/** What becomes of a barge. Each is told once at most, `opened` first. */
export interface BargeEvents {
  /** What is written will be heard. */
  readonly opened: () => void;
  /** It cannot be, or no longer. */
  readonly failed: (words: string) => void;
  /** The call is over. */
  readonly over: () => void;
}

/** Somebody speaking to a caller in the app's place. */
export interface Barging {
  /** Lets the caller hear sound. The first of it interrupts what is playing. */
  write(sound: SpokenAudio): void;
  /** Gives the call back to the app. Idempotent. */
  stop(): void;
}

/** Hears the sound of a call. Must not throw, nor change the codes. */
export type Hear = (audio: HeardAudio) => void;

/**
 * Is told events. Must not throw.
 *
 * @param next number of the event that comes after these.
 */
export type Tell = (events: readonly CallEvent[], next: number) => void;

/** Follows one call. Nothing here throws; control settles in 9 s at the latest. */
export interface FollowedCall {
  readonly id: string;
  /** Unmasked, and for nobody in particular: `canHangUp` is false. */
  readonly summary: CallSummary;
  /** @returns a function that ends it. */
  listen(hear: Hear, actor: Actor): () => void;
  /**
   * Tells the events from a number on: those so far first, then live.
   *
   * @param over is told once all events of a call that had ended before are told. May come before this returns.
   * @returns a function that ends it.
   */
  follow(from: number, tell: Tell, over: () => void): () => void;
  /** Ends the call. Resolves to what went wrong, in words, if something did. */
  hangUp(actor: Actor): Promise<string | undefined>;
  /** Hands a text to the app. Resolves alike. */
  say(text: string, actor: Actor): Promise<string | undefined>;
  /** Speaks in the app's place. */
  barge(actor: Actor, events: BargeEvents): Barging;
}

/** The calls that a hub knows of. */
export interface CallBook {
  get(callId: string): FollowedCall | undefined;
  values(): Iterable<FollowedCall>;
}
