import type { Frame } from '@patchcord/core';
import type { BufferState } from './jitter-buffer.ts';

/** `blocked`: the browser plays no sound yet, or no longer. The next click, key or touch on the page tries again. */
export type PlayerState = 'idle' | 'blocked' | 'running' | 'closed';

/** How a `CallPlayer` plays. */
export interface CallPlayerOptions {
  /** A context to play in. It stays yours: `close()` does not close it. Default: one of the player's own. */
  readonly context?: AudioContext;
  /** Rate of the player's own context, in Hz. Default: the device's. At 8000 samples are played bit for bit. */
  readonly sampleRate?: number;
  /** Address of this package's `dist/worklet.js`, for pages that forbid `blob:` scripts. Default: a Blob. */
  readonly workletUrl?: string | URL;
  /** A fixed delay in milliseconds, for tests. Default: as much as the link's jitter asks for. */
  readonly delayMs?: number;
}

/** Where calls are heard from: a `MonitorClient`, or anything with this of it. */
export interface SoundSource {
  /** The sound of a call, both tracks on one timeline. */
  listen(callId: string): ReadableStream<Frame>;
}

/** Options of `CallPlayer.listen`. */
export interface ListenOptions {
  /** Stops listening: the player is silent at once, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Is given each frame as it comes, for whoever draws it. Its samples may be read until this returns. */
  readonly onFrame?: (frame: Frame) => void;
}

/** How playing goes. Counts are those of the call now heard. */
export interface PlayerStats {
  /** From a sound's arrival to the ear: `bufferMs` + `outputMs`, in milliseconds. */
  readonly delayMs: number;
  /** Wait in the jitter buffer, in milliseconds. */
  readonly bufferMs: number;
  /** What the browser and the device add, by their own account, in milliseconds. */
  readonly outputMs: number;
  /** Samples of 8000 Hz that were played. */
  readonly playedSamples: number;
  /** Samples of 8000 Hz that were made up, since the caller's sound had not come. */
  readonly concealedSamples: number;
  /** How often the caller's sound ran out. */
  readonly underruns: number;
  /** How often sound was shortened or drawn out, unheard, to hold the delay. */
  readonly stretches: number;
  /** What the jitter buffer does now. */
  readonly buffer: BufferState;
}
