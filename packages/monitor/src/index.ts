// The hub

export type { AttachOptions, Hub, HubOptions, PublishedWords } from './hub.ts';
export { createHub } from './hub.ts';
export type { MonitorSocket } from './listener.ts';
export type { OriginRules, UpgradeHeaders } from './origin.ts';
export type { AuditEntry } from './session.ts';
// Who may listen
export type { TicketOptions } from './tickets.ts';
export type { UpgradeSource } from './upgrade.ts';
// Sockets
export { ticketOf } from './upgrade.ts';
export type { WatchOptions } from './watched-call.ts';
export type {
  CallEvent,
  CallLevels,
  CallListChange,
  CallSummary,
  Scope,
  TrackLevel,
} from './wire/messages.ts';
// What goes over the wire
export { CloseCode, MONITOR_PROTOCOL } from './wire/messages.ts';
