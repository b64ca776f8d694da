/**
 * The glyphs between the lanes.
 *
 * @module
 */

import { delay, exactClock, speaker, wait, warningTitle } from '../words.ts';
import type { CutRow, MarkRow, TimelineRow } from './rows.ts';
import type { Timeline } from './timeline.ts';

/** One glyph of the band between the lanes. */
export interface BandEvent {
  readonly kind: 'key' | 'mark' | 'mark-cleared' | 'cut' | 'gap' | 'warning' | 'broken' | 'many';
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

/** A warning of lost audio this close to a gap is the same news. */
const SAME_GAP_MS = 1000;

/** What the band shows from one time of the call to another, at this many pixels per millisecond. */
export function bandOf(
  timeline: Timeline,
  { fromMs, toMs, pxPerMs }: { readonly fromMs: number; readonly toMs: number; readonly pxPerMs: number },
): readonly BandEvent[] {
  const cuts = timeline.of('cut');
  const gaps = timeline.of('gap');
  const isTold = (row: TimelineRow): boolean =>
    (row.kind === 'mark' && row.outcome === 'cleared' && cuts.some((cut) => isSameCut(cut, row))) ||
    (row.kind === 'warning' &&
      row.title === warningTitle('lost-audio') &&
      gaps.some(({ atMs }) => Math.abs(atMs - row.atMs) < SAME_GAP_MS));
  const events = timeline
    .rows()
    .filter((row) => !isTold(row))
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
    case 'dead-air':
      return [{ kind: 'warning', atMs: row.atMs, hint: `Nobody speaks from ${exactClock(row.atMs)}` }];
    case 'one-way':
      return [
        {
          kind: 'broken',
          atMs: row.atMs,
          hint: `No audio from the ${speaker(row.track).toLowerCase()} from ${exactClock(row.atMs)}`,
        },
      ];
    default:
      return [];
  }
}
