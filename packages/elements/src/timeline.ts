/**
 * What happened in a call, in order: rows for the timeline, glyphs for the band between the lanes, clips for the
 * lanes. Events go in as they come; a turn is told when it is over, and takes its place by when it began.
 *
 * @module
 */

import type { CallEndReason, Track } from '@patchcord/core';
import type { CallEvent } from '@patchcord/monitor/client';
import { clock, delay, endOf, exactClock, speaker, wait, warningTitle } from './words.ts';

/** Keys this close together stand in one row. */
const KEYS_TOGETHER_MS = 5000;
/** Words belong to a turn that they are this close to. */
const WORDS_NEAR_MS = 500;
/** A cut is told this much before or after the agent's turn is heard to end. */
const CUT_NEAR_MS = 600;
/** The oldest rows go beyond this many. */
const MOST_ROWS = 2000;

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

/** The call is over. */
export interface EndRow {
  readonly kind: 'ended';
  readonly id: number;
  readonly atMs: number;
  readonly reason: CallEndReason;
  readonly message: string;
}

/** One line of the timeline. */
export type TimelineRow = TurnRow | KeyRow | MarkRow | CutRow | GapRow | WarningRow | EndRow;

/** What a filter lets through. */
export type TimelineFilter = 'all' | 'words' | 'keys' | 'marks' | 'warnings';

const passes: Readonly<Record<TimelineFilter, readonly TimelineRow['kind'][]>> = {
  all: ['turn', 'key', 'mark', 'cut', 'gap', 'warning', 'ended'],
  words: ['turn'],
  keys: ['key'],
  marks: ['mark', 'cut'],
  warnings: ['gap', 'warning'],
};

/** A row before it has its id. */
type WithoutId<Row> = Row extends TimelineRow ? Omit<Row, 'id'> : never;
type NewRow = WithoutId<TimelineRow>;

/** The timeline of one call. */
export class Timeline {
  readonly #rows: TimelineRow[] = [];
  /** The turn rows whose turn is over. */
  readonly #told = new Set<number>();
  #nextId = 1;

  /** Takes an event. Returns whether a row came or changed. */
  push(event: CallEvent): boolean {
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

/** One glyph of the band between the lanes. */
export interface BandEvent {
  readonly kind: 'key' | 'mark' | 'mark-cleared' | 'cut' | 'gap' | 'warning' | 'many';
  readonly atMs: number;
  /** Stands beside the glyph where there is room; for a key inside it. */
  readonly label?: string;
  /** What it is and when, to 10 ms. */
  readonly hint: string;
}

/** Events closer than this become one glyph with a count, in CSS pixels. */
const TOGETHER_PX = 20;

/** A mark cleared this close to a cut is the same news. */
const SAME_CUT_MS = 300;

/** What the band shows from one time of the call to another, at this many pixels per millisecond. */
export function bandOf(
  timeline: Timeline,
  { fromMs, toMs, pxPerMs }: { readonly fromMs: number; readonly toMs: number; readonly pxPerMs: number },
): readonly BandEvent[] {
  const cuts = timeline.of('cut');
  const events = timeline
    .rows()
    .filter(
      (row) => row.kind !== 'mark' || row.outcome === 'played' || !cuts.some((cut) => isSameCut(cut, row)),
    )
    .flatMap(bandEvents)
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .sort((one, other) => one.atMs - other.atMs);
  const groups: BandEvent[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group && first && (event.atMs - first.atMs) * pxPerMs < TOGETHER_PX) group.push(event);
    else groups.push([event]);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    if (group.length === 1) return [first];
    const hint = group.map((event) => event.hint).join('\n');
    return [{ kind: 'many' as const, atMs: first.atMs, label: String(group.length), hint }];
  });
}

function isSameCut(cut: CutRow, mark: MarkRow): boolean {
  return Math.abs(cut.atMs - mark.atMs) < SAME_CUT_MS;
}

function bandEvents(row: TimelineRow): BandEvent[] {
  const at = `at ${exactClock(row.atMs)}`;
  switch (row.kind) {
    case 'key':
      return row.keys.map(({ digit, atMs }) => ({
        kind: 'key',
        atMs,
        label: digit,
        hint: `Key ${digit} at ${exactClock(atMs)}`,
      }));
    case 'mark':
      return row.outcome === 'played'
        ? [{ kind: 'mark', atMs: row.atMs, hint: `Mark ${row.name}, played ${at}` }]
        : [
            {
              kind: 'mark-cleared',
              atMs: row.atMs,
              hint: `Mark ${row.name}, cleared ${at}: not all was heard`,
            },
          ];
    case 'cut':
      return [
        {
          kind: 'cut',
          atMs: row.atMs,
          label: `Cut off, ${wait(row.unheardMs)} unheard`,
          hint: `Agent cut off ${at}, ${wait(row.unheardMs)} unheard`,
        },
      ];
    case 'gap':
      return [
        {
          kind: 'gap',
          atMs: row.atMs,
          label: `${delay(row.durationMs)} lost`,
          hint: `${delay(row.durationMs)} of the ${speaker(row.track).toLowerCase()} lost ${at}`,
        },
      ];
    case 'warning':
      return [{ kind: 'warning', atMs: row.atMs, hint: `${row.title} ${at}` }];
    default:
      return [];
  }
}

/** A stretch of a lane: a turn, what was cut off after it, or a gap. */
export interface Clip {
  readonly kind: 'turn' | 'unheard' | 'gap';
  readonly fromMs: number;
  readonly toMs: number;
  readonly words?: string;
}

/** What a track's lane shows between two times. Unheard speech ends where the agent speaks again. */
export function clipsOf(timeline: Timeline, track: Track, fromMs: number, toMs: number): readonly Clip[] {
  const turns = timeline.of('turn').filter((row) => row.track === track);
  const clips: Clip[] = turns.flatMap((row) =>
    row.durationMs === undefined
      ? []
      : [
          {
            kind: 'turn',
            fromMs: row.atMs,
            toMs: row.atMs + row.durationMs,
            ...(row.words !== undefined && { words: row.words }),
          },
        ],
  );
  if (track === 'outbound') {
    for (const { atMs, unheardMs } of timeline.of('cut')) {
      const next = turns.find((row) => row.atMs > atMs);
      const endMs = Math.min(atMs + unheardMs, next?.atMs ?? Infinity);
      clips.push({ kind: 'unheard', fromMs: atMs, toMs: endMs });
    }
  }
  for (const gap of timeline.of('gap')) {
    if (gap.track === track) {
      clips.push({ kind: 'gap', fromMs: gap.atMs, toMs: gap.atMs + gap.durationMs });
    }
  }
  return clips.filter((clip) => clip.toMs > fromMs && clip.fromMs < toMs);
}

/** What a track does, for people: `speaks, 5 s`, `quiet, 13 s`. */
export function doing(
  timeline: Timeline,
  track: Track,
  { nowMs, speakingSinceMs }: { readonly nowMs: number; readonly speakingSinceMs?: number | undefined },
): string {
  const seconds = (sinceMs: number): number => Math.max(0, Math.round((nowMs - sinceMs) / 1000));
  if (speakingSinceMs !== undefined) {
    const spoken = seconds(speakingSinceMs);
    return spoken < 1 ? 'speaks' : `speaks, ${spoken} s`;
  }
  const last = timeline.lastSpokeMs(track);
  if (last === undefined) return 'quiet';
  const quiet = seconds(last);
  return quiet < 60 ? `quiet, ${quiet} s` : `quiet, ${clock(nowMs - last)}`;
}

/** A row as one sentence, for screen readers and titles. */
export function sentence(row: TimelineRow): string {
  switch (row.kind) {
    case 'turn':
      return row.words ?? `${speaker(row.track)}, ${wait(row.durationMs ?? 0)}`;
    case 'key':
      return `${speaker(row.track)} pressed ${row.keys.map(({ digit }) => digit).join(' ')}`;
    case 'mark':
      return row.outcome === 'played'
        ? `Heard up to “${row.name}”`
        : `Cleared before “${row.name}” was heard`;
    case 'cut':
      return `cut off, ${wait(row.unheardMs)} unheard`;
    case 'gap':
      return `${delay(row.durationMs)} of the ${speaker(row.track).toLowerCase()} never arrived. Filled with silence.`;
    case 'warning':
      return row.title;
    case 'ended':
      return `${endOf(row.reason)}, after ${clock(row.atMs)}.`;
  }
}
