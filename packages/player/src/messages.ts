/**
 * What the page and the audio thread say to each other.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { BufferState } from './jitter-buffer.ts';

/** Name under which the processor is registered. */
export const PROCESSOR_NAME = 'patchcord-player';

/** What the page gives the processor when it is made. */
export interface ProcessorOptions {
  /** A fixed delay in milliseconds, with no stretching; without it the delay follows the link. */
  readonly delayMs?: number;
}

/** To the audio thread. */
export type PlayerMessage =
  /** Sound of 8000 Hz, mono. The samples are transferred. */
  | {
      readonly kind: 'audio';
      readonly track: Track;
      readonly timestampMs: number;
      readonly samples: Int16Array<ArrayBuffer>;
    }
  /** Sound comes by this port as well, in messages of kind `audio` and `end`, until a reset. The port is transferred. */
  | { readonly kind: 'listen'; readonly port: MessagePort }
  /** No more sound will come: what is held is played, and silence after it is no loss. */
  | { readonly kind: 'end' }
  /** Another call: everything held is forgotten. */
  | { readonly kind: 'reset' }
  /** The processor ends. */
  | { readonly kind: 'close' };

/** Loudness of one track over the last 50 ms, in dBFS; silence is -120. Volume, pan and mute do not change it. */
export interface TrackLevel {
  readonly peakDb: number;
  readonly rmsDb: number;
}

/** From the audio thread, about 20 times a second. */
export interface PlayerReport {
  readonly kind: 'report';
  readonly inbound: TrackLevel;
  readonly outbound: TrackLevel;
  /** How long sound waits before it is played, in milliseconds. */
  readonly bufferMs: number;
  /** Since the call began to be heard. */
  readonly playedSamples: number;
  readonly concealedSamples: number;
  readonly underruns: number;
  readonly stretches: number;
  readonly buffer: BufferState;
}

/** Name under which the microphone's processor is registered. */
export const CAPTURE_NAME = 'patchcord-microphone';

/** From the microphone's processor, 50 times a second. The samples are transferred. Any message to it ends it. */
export interface Captured {
  /** 20 ms at 8000 Hz. */
  readonly samples: Int16Array<ArrayBuffer>;
  readonly level: TrackLevel;
}
