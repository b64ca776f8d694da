/**
 * The whole call on a strip.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { Loudness } from '../loudness.ts';
import { clipsOf } from '../timeline/clips.ts';
import type { Timeline } from '../timeline/timeline.ts';
import type { Palette } from './canvas.ts';
import { BAR_PX, BAR_STEP_PX } from './lane.ts';

/** The whole call on a strip: turns as blocks, sound where it was received, warnings and cuts as triangles. */
export function paintWhole(
  context: CanvasRenderingContext2D,
  strip: {
    readonly width: number;
    readonly height: number;
    readonly edgeMs: number;
    readonly timeline: Timeline;
    /** Since when somebody speaks who has not finished. */
    readonly speaking: Readonly<Partial<Record<Track, number>>>;
    readonly loudness: Loudness | undefined;
    readonly palette: Palette;
  },
): void {
  const { width, height, edgeMs, timeline, speaking, loudness, palette } = strip;
  const pxPerMs = width / Math.max(1000, edgeMs);
  const y = height / 2;
  const TURN = 0.35;
  for (const track of ['inbound', 'outbound'] as const) {
    const turns = clipsOf(timeline, track, 0, edgeMs).filter(({ kind }) => kind === 'turn');
    const sinceMs = speaking[track] ?? Infinity;
    context.fillStyle = track === 'inbound' ? palette.caller : palette.agent;
    const step = track === 'inbound' ? 1 : BAR_STEP_PX;
    for (let x = 0; x < edgeMs * pxPerMs; x += step) {
      const [fromMs, toMs] = [x / pxPerMs, (x + step) / pxPerMs];
      const spoken = toMs > sinceMs || turns.some((turn) => turn.fromMs < toMs && turn.toMs > fromMs);
      const loud = loudness?.peak(track, fromMs, toMs) ?? (spoken ? TURN : 0);
      const size = loud < 0.03 ? 0.5 : loud * (y - 5);
      context.fillRect(x, track === 'inbound' ? y - 1 - size : y + 1, track === 'inbound' ? 1 : BAR_PX, size);
    }
  }
  const attention = [
    ...timeline.of('warning').map(({ atMs }) => [atMs, palette.warn] as const),
    ...timeline.of('gap').map(({ atMs }) => [atMs, palette.warn] as const),
    ...timeline.of('cut').map(({ atMs }) => [atMs, palette.danger] as const),
  ];
  for (const [atMs, colour] of attention) {
    const x = atMs * pxPerMs;
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(x - 4, 1);
    context.lineTo(x + 4, 1);
    context.lineTo(x, 7);
    context.fill();
  }
}
