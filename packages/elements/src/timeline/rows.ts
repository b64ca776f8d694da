/**
 * The lines of a timeline.
 *
 * @module
 */

import type { CallEndReason, Track } from '@patchcord/core';

/** Somebody spoke. `durationMs` is known once the turn is over, `words` where the app publishes them. */
export interface TurnRow {
  readonly kind: 'turn';
  readonly id: number;
  readonly atMs: number;
  readonly track: Track;
  readonly durationMs?: number;
  readonly words?: string;
  /** The turn was cut off: this much was sent and never heard. */
  readonly unheardMs?: number;
  /** Of the agent: how long the caller had waited for it. */
  readonly answeredMs?: number;
  /** Of the caller, over the agent's words: how soon the agent was silent. */
  readonly silencedMs?: number;
}

/** Keys of the telephone, one after the other. */
export interface KeyRow {
  readonly kind: 'key';
  readonly id: number;
  readonly atMs: number;
  readonly track: Track;
  readonly keys: readonly { readonly digit: string; readonly atMs: number }[];
}

/** A mark: playback got there, or was cleared before. */
export interface MarkRow {
  readonly kind: 'mark';
  readonly id: number;
  readonly atMs: number;
  readonly name: string;
  readonly outcome: 'played' | 'cleared';
}

/** The agent was cut off. */
export interface CutRow {
  readonly kind: 'cut';
  readonly id: number;
  readonly atMs: number;
  readonly unheardMs: number;
}

/** Audio that never came. */
export interface GapRow {
  readonly kind: 'gap';
  readonly id: number;
  readonly atMs: number;
  readonly track: Track;
  readonly durationMs: number;
}

/** Something went wrong without ending the call. */
export interface WarningRow {
  readonly kind: 'warning';
  readonly id: number;
  readonly atMs: number;
  readonly title: string;
  /** Cause, then cure. */
  readonly message: string;
}

/** Nobody spoke for long. `durationMs` grows while that goes on. */
export interface DeadAirRow {
  readonly kind: 'dead-air';
  readonly id: number;
  readonly atMs: number;
  readonly durationMs: number;
}

/** One side was not heard while the other one spoke. `durationMs` grows while that goes on. */
export interface OneWayRow {
  readonly kind: 'one-way';
  readonly id: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly track: Track;
}

/** A supervisor spoke to the caller, in the agent's place. `durationMs` is known once that is over. */
export interface OnAirRow {
  readonly kind: 'on-air';
  readonly id: number;
  readonly atMs: number;
  readonly durationMs?: number;
}

/** The call is over. */
export interface EndRow {
  readonly kind: 'ended';
  readonly id: number;
  readonly atMs: number;
  readonly reason: CallEndReason;
  readonly message: string;
}

/** One line of the timeline. */
export type TimelineRow =
  | TurnRow
  | KeyRow
  | MarkRow
  | CutRow
  | GapRow
  | WarningRow
  | DeadAirRow
  | OneWayRow
  | OnAirRow
  | EndRow;

/** What a filter lets through. */
export type TimelineFilter = 'all' | 'words' | 'keys' | 'marks' | 'warnings';

/** The kinds of row that each filter lets through. */
export const passes: Readonly<Record<TimelineFilter, readonly TimelineRow['kind'][]>> = {
  all: ['turn', 'key', 'mark', 'cut', 'gap', 'warning', 'dead-air', 'one-way', 'on-air', 'ended'],
  words: ['turn', 'on-air'],
  keys: ['key'],
  marks: ['mark', 'cut'],
  warnings: ['gap', 'warning', 'dead-air', 'one-way'],
};
