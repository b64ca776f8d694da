/**
 * What happened in a call, in order. Events go in as they come; a turn is told when it is over, and takes its place
 * by when it began.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { CallEvent } from '@patchcord/monitor/client';
import { DEAD_AIR_MS } from '../attention.ts';
import { type Answer, type Interruption, TurnPairs } from '../turn-pairs.ts';
import { warningTitle } from '../words.ts';
import { type OneWayRow, passes, type TimelineFilter, type TimelineRow } from './rows.ts';

/** Keys this close together stand in one row. */
const KEYS_TOGETHER_MS = 5000;
/** Words belong to a turn that they are this close to. */
const WORDS_NEAR_MS = 500;
/** A cut is told this much before or after the agent's turn is heard to end. */
const CUT_NEAR_MS = 600;
/** The oldest rows go beyond this many. */
const MOST_ROWS = 2000;

/** A row before it has its id. */
type WithoutId<Row> = Row extends TimelineRow ? Omit<Row, 'id'> : never;
type NewRow = WithoutId<TimelineRow>;

/** The timeline of one call. */
export class Timeline {
  readonly #rows: TimelineRow[] = [];
  /** The turn rows whose turn is over. */
  readonly #told = new Set<number>();
  readonly #pairs = new TurnPairs();
  #nextId = 1;

  /** Takes an event. Returns whether a row came or changed. */
  push(event: CallEvent): boolean {
    const changed = this.#take(event);
    const wait = this.#pairs.push(event);
    if (wait) this.#noteWait(wait);
    return changed;
  }

  #take(event: CallEvent): boolean {
    const atMs = event.timestampMs;
    switch (event.kind) {
      case 'frame':
        return this.#pushFrame(event);
      case 'masked-key':
        return this.#pushKey(event.track, atMs, '•');
      case 'turn':
        return this.#pushTurn(event.track, atMs, event.durationMs);
      case 'words':
        return this.#pushWords(event.track, atMs, event.words);
      case 'cut':
        return this.#pushCut(atMs, event.unheardMs);
      case 'gap':
        return this.#insert({ kind: 'gap', atMs, track: event.track, durationMs: event.durationMs });
      case 'warning': {
        const { code, message } = event.warning;
        return this.#insert({ kind: 'warning', atMs, title: warningTitle(code), message });
      }
      case 'ended':
        return this.#insert({ kind: 'ended', atMs, reason: event.reason, message: event.message });
      default:
        return false;
    }
  }

  /** All rows by time, or those of one filter. */
  rows(filter: TimelineFilter = 'all'): readonly TimelineRow[] {
    const kinds = passes[filter];
    return filter === 'all' ? [...this.#rows] : this.#rows.filter(({ kind }) => kinds.includes(kind));
  }

  /** The rows of one kind, by time. */
  of<Kind extends TimelineRow['kind']>(kind: Kind): readonly Extract<TimelineRow, { kind: Kind }>[] {
    return this.#rows.filter((row): row is Extract<TimelineRow, { kind: Kind }> => row.kind === kind);
  }

  /** When the last turn of the track was over; undefined before the first. */
  lastSpokeMs(track: Track): number | undefined {
    const ends = this.of('turn')
      .filter((row) => row.track === track && row.durationMs !== undefined)
      .map(({ atMs, durationMs }) => atMs + (durationMs ?? 0));
    return ends.length > 0 ? Math.max(...ends) : undefined;
  }

  /** When the words began whose turn is not over yet; undefined where there are none. */
  wordsSinceMs(track: Track): number | undefined {
    const lastMs = this.lastSpokeMs(track) ?? 0;
    return this.of('turn').find(
      (row) => row.track === track && !this.#told.has(row.id) && row.atMs >= lastMs - WORDS_NEAR_MS,
    )?.atMs;
  }

  #pushFrame({ frame, phase, timestampMs }: Extract<CallEvent, { kind: 'frame' }>): boolean {
    if (frame.kind === 'dtmf') return this.#pushKey(frame.track, timestampMs, frame.digit);
    if (frame.kind === 'mark' && (phase === 'played' || phase === 'cleared')) {
      return this.#insert({ kind: 'mark', atMs: timestampMs, name: frame.name, outcome: phase });
    }
    return false;
  }

  #pushKey(track: Track, atMs: number, digit: string): boolean {
    const key = { digit, atMs };
    const before = this.#rows.filter((row) => row.atMs <= atMs).at(-1);
    const latest = before?.kind === 'key' && before.track === track ? before.keys.at(-1) : undefined;
    if (before?.kind === 'key' && latest && atMs - latest.atMs < KEYS_TOGETHER_MS) {
      return this.#replace(before, { ...before, keys: [...before.keys, key] });
    }
    return this.#insert({ kind: 'key', atMs, track, keys: [key] });
  }

  /** Notes that nobody has spoken since a time of the call. Returns whether a row came or changed. */
  noteQuiet(sinceMs: number, nowMs: number): boolean {
    const durationMs = nowMs - sinceMs;
    if (durationMs < DEAD_AIR_MS) return false;
    return this.#grow({ kind: 'dead-air', atMs: sinceMs, durationMs });
  }

  /** Notes that a track has carried nothing since a time of the call, while the other side spoke. */
  noteOneWay(track: Track, sinceMs: number, nowMs: number): boolean {
    return this.#grow({ kind: 'one-way', atMs: sinceMs, durationMs: nowMs - sinceMs, track });
  }

  /** Notes that a supervisor speaks to the caller from a time on, and, later, for how long. */
  noteOnAir(atMs: number, durationMs?: number): boolean {
    const row = this.of('on-air').find((other) => other.atMs === atMs);
    const known = durationMs === undefined ? {} : { durationMs };
    return row ? this.#replace(row, { ...row, ...known }) : this.#insert({ kind: 'on-air', atMs, ...known });
  }

  /** Goes on with the row that is about the same stretch, or makes one. */
  #grow(row: Omit<OneWayRow, 'id'> | { kind: 'dead-air'; atMs: number; durationMs: number }): boolean {
    const before = this.of(row.kind).at(-1);
    const isSame = before !== undefined && row.atMs <= before.atMs + before.durationMs;
    if (!isSame) return this.#insert(row);
    const durationMs = row.atMs + row.durationMs - before.atMs;
    if (Math.floor(durationMs / 1000) === Math.floor(before.durationMs / 1000)) return false;
    return this.#replace(before, { ...before, durationMs });
  }

  #noteWait(wait: Answer | Interruption): void {
    const [track, fromMs, more] =
      wait.kind === 'answer'
        ? (['outbound', wait.heardMs, { answeredMs: wait.waitMs }] as const)
        : (['inbound', wait.spokeMs, { silencedMs: wait.silentAfterMs }] as const);
    const row = this.of('turn').find((turn) => turn.track === track && turn.atMs === fromMs);
    if (row) this.#replace(row, { ...row, ...more });
  }

  #pushTurn(track: Track, atMs: number, durationMs: number): boolean {
    const endMs = atMs + durationMs;
    const said = this.of('turn').filter(
      (row) => row.track === track && !this.#told.has(row.id) && isNear(row.atMs, atMs, endMs, WORDS_NEAR_MS),
    );
    const [first] = said;
    if (first) {
      for (const { id } of said) this.#told.add(id);
      this.#remove(first);
      return this.#insert({ ...first, atMs, durationMs });
    }
    const cut = this.of('cut').find((row) => isNear(row.atMs, atMs, endMs, CUT_NEAR_MS));
    const unheard = track === 'outbound' && cut ? { unheardMs: cut.unheardMs } : {};
    return this.#insert({ kind: 'turn', atMs, track, durationMs, ...unheard });
  }

  #pushWords(track: Track, atMs: number, words: string): boolean {
    const turn = this.of('turn')
      .filter(
        (row) =>
          row.track === track &&
          row.durationMs !== undefined &&
          row.words === undefined &&
          isNear(atMs, row.atMs, row.atMs + row.durationMs, WORDS_NEAR_MS),
      )
      .at(-1);
    return turn
      ? this.#replace(turn, { ...turn, words })
      : this.#insert({ kind: 'turn', atMs, track, words });
  }

  #pushCut(atMs: number, unheardMs: number): boolean {
    const turn = this.of('turn')
      .filter((row) => row.track === 'outbound' && row.atMs <= atMs)
      .at(-1);
    const isOver =
      turn !== undefined &&
      this.#told.has(turn.id) &&
      turn.atMs + (turn.durationMs ?? 0) < atMs - CUT_NEAR_MS;
    if (turn && !isOver) this.#replace(turn, { ...turn, unheardMs });
    return this.#insert({ kind: 'cut', atMs, unheardMs });
  }

  #insert(row: NewRow): true {
    const later = this.#rows.findIndex((other) => other.kind === 'ended' || other.atMs > row.atMs);
    const id = this.#nextId++;
    this.#rows.splice(later < 0 ? this.#rows.length : later, 0, { ...row, id });
    if (row.kind === 'turn' && row.durationMs !== undefined) this.#told.add(id);
    if (this.#rows.length > MOST_ROWS) this.#rows.shift();
    return true;
  }

  #replace(old: TimelineRow, row: TimelineRow): true {
    this.#rows[this.#rows.indexOf(old)] = row;
    return true;
  }

  #remove(row: TimelineRow): void {
    this.#rows.splice(this.#rows.indexOf(row), 1);
  }
}

/** Whether a time is between two others, or near them. */
function isNear(atMs: number, fromMs: number, toMs: number, nearMs: number): boolean {
  return atMs >= fromMs - nearMs && atMs <= toMs + nearMs;
}
