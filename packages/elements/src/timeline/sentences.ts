/**
 * What happened, in sentences.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import { clock, delay, endOf, span, speaker, wait } from '../words.ts';
import type { TimelineRow } from './rows.ts';
import type { Timeline } from './timeline.ts';

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
    case 'dead-air':
      return `Nobody speaks, ${span(row.durationMs)}. The agent may be stuck.`;
    case 'one-way':
      return row.track === 'inbound'
        ? `No audio from the caller, ${span(row.durationMs)}. Ask the caller to speak; check that the stream asks for both tracks.`
        : `No audio from the agent, ${span(row.durationMs)}. Look whether the agent sends any.`;
    case 'on-air':
      return row.durationMs === undefined ? 'on air' : `on air, ${wait(row.durationMs)}`;
    case 'ended':
      return `${endOf(row.reason)}, after ${clock(row.atMs)}.`;
  }
}
