/**
 * Hear a live call in a browser.
 *
 * @module @patchcord/player
 */

// Hearing a call

export type { BufferState, JitterBufferOptions } from './jitter-buffer.ts';
// The engine, for tests and other players
export { JitterBuffer } from './jitter-buffer.ts';
export type { TrackLevel } from './messages.ts';
// Speaking to a call
export type { MicrophoneOptions } from './microphone.ts';
export { Microphone } from './microphone.ts';
export type {
  CallPlayerOptions,
  ListenOptions,
  PlayerState,
  PlayerStats,
  SoundSource,
} from './player-options.ts';
export { CallPlayer } from './player.ts';
export type { TrackControl } from './track-controls.ts';
export type { WorkerClientOptions } from './worker-client.ts';
export { createWorkerClient } from './worker-client.ts';
