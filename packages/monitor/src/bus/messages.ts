/**
 * What hubs say to each other, in JSON. Sound is in packets (`wire/packet.ts`), what somebody says to a caller in sealed ones
 * (`seal.ts`).
 *
 * @module
 */

import type { CallEvent, CallLevels, CallSummary } from '../wire/messages.ts';
import { isCallId, isEvent, isLevels, isSummary } from '../wire/parse.ts';

/** Longest text of one message, in characters: a list or a call's events go in several. NATS takes 1 MB. */
export const MAX_BUS_TEXT = 200_000;

/** Longest name of a gateway, in characters. */
export const MAX_GATEWAY_NAME = 100;

/**
 * What a gateway tells of its list. `epoch` is another one each time that the gateway starts; `sequence` counts its messages, so that
 * a lost one is noticed. Signs of life do not count.
 */
export type ListMessage = { readonly epoch: string; readonly sequence: number } & (
  | {
      readonly kind: 'calls';
      readonly part: number;
      readonly parts: number;
      readonly calls: readonly CallSummary[];
    }
  | { readonly kind: 'up' | 'changed' | 'ended'; readonly call: CallSummary }
  | { readonly kind: 'alive' | 'gone' }
);

/** What a gateway is asked. `levels` and `events` hold for 15 s. */
export type Ask =
  | { readonly kind: 'calls' | 'levels'; readonly from: string }
  | { readonly kind: 'events'; readonly from: string; readonly callId: string; readonly number: number }
  | { readonly kind: 'grant'; readonly from: string; readonly grant: string };

/** What became of what a grant asked for; its `jti` says which. */
export interface Answer {
  readonly jti: string;
  readonly outcome: 'done' | 'failed' | 'over';
  /** For people. */
  readonly words?: string;
}

/** Events of a call. */
export interface EventsMessage {
  readonly first: number;
  readonly next: number;
  readonly events: readonly CallEvent[];
  /** In an answer, the number from which they were asked for: none that are earlier exist. */
  readonly asked?: number;
  /** In the last part of an answer. */
  readonly last?: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A message as bytes. */
export function toBytes(
  message: ListMessage | Ask | Answer | EventsMessage | readonly CallLevels[],
): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** JSON pieces as the bytes of one array. */
export function arrayBytes(pieces: Iterable<string>): Uint8Array {
  return encoder.encode(`[${[...pieces].join()}]`);
}

/** What a gateway told of its list. Undefined for anything else. */
export function parseList(bytes: Uint8Array): ListMessage | undefined {
  const message = parse(bytes);
  if (!message || !isName(message.epoch) || !isCount(message.sequence)) return undefined;
  switch (message.kind) {
    case 'alive':
    case 'gone':
      return message as ListMessage;
    case 'calls':
      return isCount(message.part) &&
        isCount(message.parts) &&
        Array.isArray(message.calls) &&
        message.calls.every(isSummary)
        ? (message as ListMessage)
        : undefined;
    case 'up':
    case 'changed':
    case 'ended':
      return isSummary(message.call) ? (message as ListMessage) : undefined;
    default:
      return undefined;
  }
}

/** What was asked. Undefined for anything else. */
export function parseAsk(bytes: Uint8Array): Ask | undefined {
  const message = parse(bytes);
  if (!message || !isName(message.from)) return undefined;
  switch (message.kind) {
    case 'calls':
    case 'levels':
      return message as Ask;
    case 'events':
      return isCallId(message.callId) && isCount(message.number) ? (message as Ask) : undefined;
    case 'grant':
      return typeof message.grant === 'string' ? (message as Ask) : undefined;
    default:
      return undefined;
  }
}

/** An answer. Undefined for anything else. */
export function parseAnswer(bytes: Uint8Array): Answer | undefined {
  const message = parse(bytes);
  if (!message || !isName(message.jti)) return undefined;
  const { outcome, words } = message;
  if (outcome !== 'done' && outcome !== 'failed' && outcome !== 'over') return undefined;
  return words === undefined || typeof words === 'string' ? (message as unknown as Answer) : undefined;
}

/** Events. Undefined for anything else. */
export function parseEvents(bytes: Uint8Array): EventsMessage | undefined {
  const message = parse(bytes);
  if (!message || !isCount(message.first) || !isCount(message.next)) return undefined;
  const { events, asked } = message;
  if (!Array.isArray(events) || !events.every(isEvent)) return undefined;
  return asked === undefined || isCount(asked) ? (message as unknown as EventsMessage) : undefined;
}

/** Levels of a gateway's calls. Undefined for anything else. */
export function parseLevels(bytes: Uint8Array): readonly CallLevels[] | undefined {
  const levels: unknown = parseJson(bytes);
  return Array.isArray(levels) && levels.every(isLevels) ? levels : undefined;
}

type Parsed = {
  readonly [K in
    | 'asked'
    | 'call'
    | 'callId'
    | 'calls'
    | 'epoch'
    | 'events'
    | 'first'
    | 'from'
    | 'grant'
    | 'jti'
    | 'kind'
    | 'next'
    | 'number'
    | 'outcome'
    | 'part'
    | 'parts'
    | 'sequence'
    | 'words']?: unknown;
};

function parse(bytes: Uint8Array): Parsed | undefined {
  const value = parseJson(bytes);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_GATEWAY_NAME;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
