// Hearing a call

export type { BufferState, JitterBufferOptions } from './jitter-buffer.ts';
// The engine, for tests and other players
export { JitterBuffer } from './jitter-buffer.ts';
export type { TrackLevel } from './messages.ts';
export type { CallPlayerOptions, PlayerState, PlayerStats } from './player.ts';
export { CallPlayer } from './player.ts';
export type { TrackControl } from './track-controls.ts';
