/**
 * Reads what came over the monitor's socket, from either side. Nothing here trusts its input: what is not a message
 * gives undefined, never a throw.
 *
 * @module
 */

import type {
  CallEvent,
  CallLevels,
  CallListChange,
  CallSummary,
  ClientMessage,
  HubMessage,
  Scope,
} from './messages.ts';

/** Longest message of a client, in characters or bytes: the longest text, escaped throughout, and what stands around it. */
export const MAX_CLIENT_MESSAGE = 8192;

/** Longest text that is sent to an app, in characters. */
export const MAX_SAID = 1000;

/** Longest call id, in characters. */
export const MAX_CALL_ID = 256;

const MAX_ID = 0xffff_ffff;

const SCOPES: readonly Scope[] = ['list', 'listen', 'control', 'see'];

/** What a client said. */
export function parseClientMessage(text: string): ClientMessage | undefined {
  if (text.length > MAX_CLIENT_MESSAGE) return undefined;
  const message = parseObject(text);
  if (message === undefined) return undefined;
  const { type, id, topic, callId, from, text: said } = message;
  if (!isId(id)) return undefined;
  switch (type) {
    case 'close':
    case 'pong':
      return { type, id };
    case 'hang-up':
    case 'barge':
      return isCallId(callId) ? { type, id, callId } : undefined;
    case 'say':
      return isCallId(callId) && isSaid(said) ? { type, id, callId, text: said } : undefined;
    case 'open':
      if (topic === 'calls' || topic === 'levels') return { type, id, topic };
      if (!isCallId(callId)) return undefined;
      if (topic === 'audio') return { type, id, topic, callId };
      return topic === 'events' && isId(from) ? { type, id, topic, callId, from } : undefined;
    default:
      return undefined;
  }
}

/** What a hub said. Messages and events that a newer hub may have give undefined, or are left out. */
export function parseHubMessage(text: string): HubMessage | undefined {
  const message = parseObject(text);
  if (message === undefined) return undefined;
  if (message.type === 'welcome') return parseWelcome(message);
  const { type, id } = message;
  if (!isId(id)) return undefined;
  switch (type) {
    case 'ping': {
      const { roundTripMs } = message;
      return isNumber(roundTripMs) ? { type, id, roundTripMs } : { type, id };
    }
    case 'done':
    case 'over':
      return { type, id };
    case 'failed': {
      const { code, message: words } = message;
      if (typeof words !== 'string') return undefined;
      return code === 'refused' ||
        code === 'unknown-call' ||
        code === 'limit-exceeded' ||
        code === 'control-failed'
        ? { type, id, code, message: words }
        : undefined;
    }
    case 'calls': {
      const { change } = message;
      return isListChange(change) ? { type, id, change } : undefined;
    }
    case 'levels': {
      const { levels } = message;
      return Array.isArray(levels) && levels.every(isLevels) ? { type, id, levels } : undefined;
    }
    case 'events': {
      const { next, events } = message;
      return isId(next) && Array.isArray(events)
        ? { type, id, next, events: events.filter(isEvent) }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether it is a text that an app can be sent. */
export function isSaid(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_SAID;
}

/** Whether a word is a scope. */
export function isScope(value: unknown): value is Scope {
  return SCOPES.includes(value as Scope);
}

/** Every name that a message or a part of one has. */
type Name =
  | 'call'
  | 'callId'
  | 'calls'
  | 'canHangUp'
  | 'change'
  | 'code'
  | 'durationMs'
  | 'events'
  | 'format'
  | 'frame'
  | 'from'
  | 'gateway'
  | 'gatewayNowMs'
  | 'id'
  | 'inbound'
  | 'kind'
  | 'levels'
  | 'message'
  | 'next'
  | 'outbound'
  | 'peakDb'
  | 'phase'
  | 'provider'
  | 'reason'
  | 'rmsDb'
  | 'roundTripMs'
  | 'sampleRate'
  | 'scopes'
  | 'speaking'
  | 'startedAtMs'
  | 'state'
  | 'streamId'
  | 'text'
  | 'timestampMs'
  | 'topic'
  | 'track'
  | 'tracks'
  | 'type'
  | 'unheardMs'
  | 'warning'
  | 'warnings'
  | 'words';

/** An object of which nothing is known yet. */
type UnknownObject = { readonly [key in Name]?: unknown };

function parseObject(text: string): UnknownObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseWelcome(message: UnknownObject): HubMessage | undefined {
  const { scopes, gateway, gatewayNowMs } = message;
  if (!Array.isArray(scopes) || !isNumber(gatewayNowMs)) return undefined;
  return {
    type: 'welcome',
    scopes: scopes.filter(isScope),
    ...(typeof gateway === 'string' && { gateway }),
    gatewayNowMs,
  };
}

function isObject(value: unknown): value is UnknownObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ID;
}

/** Whether it can be the id of a call. */
export function isCallId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_CALL_ID;
}

function isTrack(value: unknown): boolean {
  return value === 'inbound' || value === 'outbound';
}

function isListChange(value: unknown): value is CallListChange {
  if (!isObject(value)) return false;
  switch (value.kind) {
    case 'calls':
      return isNumber(value.gatewayNowMs) && Array.isArray(value.calls) && value.calls.every(isSummary);
    case 'up':
    case 'changed':
    case 'ended':
      return isSummary(value.call);
    default:
      return false;
  }
}

/** Whether it is a call as a list shows it. */
export function isSummary(value: unknown): value is CallSummary {
  if (!isObject(value)) return false;
  const { callId, streamId, provider, format, tracks, startedAtMs, state, warnings, canHangUp, speaking } =
    value;
  return (
    typeof callId === 'string' &&
    typeof streamId === 'string' &&
    typeof provider === 'string' &&
    isObject(format) &&
    isNumber(format.sampleRate) &&
    Array.isArray(tracks) &&
    tracks.every(isTrack) &&
    isNumber(startedAtMs) &&
    (state === 'up' || state === 'ended') &&
    isNumber(warnings) &&
    typeof canHangUp === 'boolean' &&
    Array.isArray(speaking) &&
    speaking.every(isTrack)
  );
}

/** Whether it is the loudness of a call. */
export function isLevels(value: unknown): value is CallLevels {
  return (
    isObject(value) &&
    typeof value.callId === 'string' &&
    isTrackLevel(value.inbound) &&
    isTrackLevel(value.outbound)
  );
}

function isTrackLevel(value: unknown): boolean {
  return isObject(value) && isNumber(value.peakDb) && isNumber(value.rmsDb);
}

/** Whether it is an event that this version knows. */
export function isEvent(value: unknown): value is CallEvent {
  if (!isObject(value) || !isNumber(value.timestampMs)) return false;
  const { kind, frame, warning, track, durationMs } = value;
  switch (kind) {
    case 'frame':
      return isObject(frame) && typeof frame.kind === 'string' && typeof value.phase === 'string';
    case 'masked-key':
      return isTrack(track);
    case 'cut':
      return isNumber(value.unheardMs);
    case 'barge':
      return value.state === 'started' || value.state === 'stopped';
    case 'gap':
    case 'turn':
      return isTrack(track) && isNumber(durationMs);
    case 'warning':
      return isObject(warning) && typeof warning.code === 'string' && typeof warning.message === 'string';
    case 'words':
      return isTrack(track) && typeof value.words === 'string';
    case 'ended':
      return typeof value.reason === 'string' && typeof value.message === 'string';
    default:
      return false;
  }
}
