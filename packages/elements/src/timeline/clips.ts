/**
 * What stands in the lanes: turns, what was cut off after them, gaps.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { Timeline } from './timeline.ts';

/** A stretch of a lane: a turn, what was cut off after it, a gap, or a supervisor's own words. */
export interface Clip {
  readonly kind: 'turn' | 'unheard' | 'gap' | 'you';
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
  if (track === 'outbound') {
    for (const { atMs, durationMs = Infinity } of timeline.of('on-air')) {
      clips.push({ kind: 'you', fromMs: atMs, toMs: atMs + durationMs, words: 'You' });
    }
  }
  for (const gap of timeline.of('gap')) {
    if (gap.track === track) {
      clips.push({ kind: 'gap', fromMs: gap.atMs, toMs: gap.atMs + gap.durationMs });
    }
  }
  return clips.filter((clip) => clip.toMs > fromMs && clip.fromMs < toMs);
}
