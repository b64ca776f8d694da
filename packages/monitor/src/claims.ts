/**
 * What a ticket allows, and what is left of calls and events for those who may not see all.
 *
 * @module
 */

import type { CallEvent, CallSummary, Scope } from './wire/messages.ts';

/** What the holder of a ticket may do. */
export interface Claims {
  readonly scopes: ReadonlySet<Scope>;
  /** The calls that it is about; all when absent. */
  readonly calls?: ReadonlySet<string>;
  /** Whom the ticket was issued to, for the audit. */
  readonly subject?: string;
}

/** Whether these claims reach a call at all. */
export function reaches(claims: Claims, callId: string): boolean {
  return claims.calls?.has(callId) ?? true;
}

/** A number with all but its last four digits hidden. What is no telephone number, such as a SIP address, is hidden whole. */
export function maskNumber(number: string): string {
  const digits = /^\+?[\d\s().-]{5,}$/.test(number) ? number.replace(/\D/g, '') : '';
  if (digits.length <= 4) return '••••';
  return `${number.startsWith('+') ? '+' : ''}${'•'.repeat(digits.length - 4)}${digits.slice(-4)}`;
}

/** The call as the holder of these claims may see it. */
export function maskSummary(call: CallSummary, claims: Claims): CallSummary {
  const canHangUp = call.state === 'up' && !call.unreachable && claims.scopes.has('control');
  if (claims.scopes.has('see')) return { ...call, canHangUp };
  return {
    ...call,
    ...(call.from !== undefined && { from: maskNumber(call.from) }),
    ...(call.to !== undefined && { to: maskNumber(call.to) }),
    canHangUp,
  };
}

/**
 * The event as the holder of these claims may see it: keys, and messages that nobody has a word for, need `see`;
 * words that were spoken need `listen`.
 *
 * @returns undefined when nothing is left of it.
 */
export function maskEvent(event: CallEvent, claims: Claims): CallEvent | undefined {
  if (event.kind === 'words') return claims.scopes.has('listen') ? event : undefined;
  if (event.kind !== 'frame' || claims.scopes.has('see')) return event;
  const { frame, timestampMs } = event;
  switch (frame.kind) {
    case 'dtmf':
      return { kind: 'masked-key', timestampMs, track: frame.track };
    case 'unknown':
      return { ...event, frame: { ...frame, message: null } };
    case 'start':
    case 'message':
      return undefined;
    default:
      return event;
  }
}
