// The client

export type { MonitorClientOptions, MonitorState } from './client/monitor-client.ts';
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
