/**
 * Watch live calls from a browser, Node, Deno or Bun.
 *
 * @module @patchcord/monitor/client
 */

// The client

export type { Barge } from './client/barge.ts';
export type { MonitorState } from './client/connection.ts';
export type { MonitorClientOptions } from './client/monitor-client.ts';
export { MonitorClient } from './client/monitor-client.ts';
export type { ClientSocket, ClientSocketConstructor } from './client/socket.ts';
// What it tells
export type {
  CallEvent,
  CallLevels,
  CallListChange,
  CallSummary,
  Scope,
  TrackLevel,
} from './wire/messages.ts';
// Sound on its way, for those who do not wait for a stream
export type { AudioPacket } from './wire/packet.ts';
export { readPacket } from './wire/packet.ts';
