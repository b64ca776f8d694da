/**
 * The server side of watching live calls: the hub and its tickets.
 *
 * @module @patchcord/monitor
 */

// The hub

export type { AttachOptions, Hub, HubOptions, PublishedWords } from './hub.ts';
export { createHub } from './hub.ts';
export type { MonitorSocket } from './listener.ts';
export type { OriginRules, UpgradeHeaders } from './origin.ts';
export type { AuditEntry } from './audit.ts';
// Several gateways
export type { Bus } from './bus/bus.ts';
export type { MemoryBus } from './bus/memory.ts';
export { createMemoryBus } from './bus/memory.ts';
// Acting on calls
export type { SayHandler } from './control.ts';
export type { Actor } from './followed-call.ts';
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
