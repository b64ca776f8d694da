/**
 * A lane: what one track of a call did. The caller is one solid shape, the agent separate bars.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { Loudness } from '../loudness.ts';
import type { Clip } from '../timeline/clips.ts';
import type { Palette } from './canvas.ts';

/** One lane, to be painted. Lengths are CSS pixels, times milliseconds of the call. */
export interface Lane {
  readonly track: Track;
  readonly width: number;
  readonly height: number;
  /** Time at the left edge. */
  readonly fromMs: number;
  /** The live edge. */
  readonly edgeMs: number;
  /** Where the ear is, while it is behind: sound ahead of it is at half strength. */
  readonly playheadMs?: number | undefined;
  readonly pxPerMs: number;
  readonly tickMs: number;
  readonly clips: readonly Clip[];
  /** Since when somebody speaks who has not finished. */
  readonly speakingSinceMs?: number | undefined;
  readonly loudness: Loudness | undefined;
  /** Paints the sound in place of a waveform: a spectrogram, below the words. */
  readonly paintSound?: ((top: number, height: number) => void) | undefined;
  readonly palette: Palette;
}

/** Room for the words above the waveform. */
const WORDS_PX = 21;
const INSET_PX = 3;
/** Linear amplitude is raised to this, so that soft speech is seen. */
const SOFTNESS = 0.9;
/** A bar of the agent's, and from one to the next, in CSS pixels. */
export const BAR_PX = 2;
export const BAR_STEP_PX = 3;
/** Sound that the ear has not come to. */
const AHEAD = 0.45;
const HATCH_PX = 7;

/** Paints a lane: grid, clips, what was received, gaps. The caller is one solid shape, the agent separate bars. */
export function paintLane(context: CanvasRenderingContext2D, lane: Lane): void {
  const { palette, track } = lane;
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  paintGrid(context, lane);
  for (const clip of lane.clips) if (clip.kind === 'turn') paintTurn(context, lane, clip);
  if (lane.speakingSinceMs !== undefined) {
    paintTurn(context, lane, { kind: 'turn', fromMs: lane.speakingSinceMs, toMs: lane.edgeMs });
  }
  for (const clip of lane.clips) {
    if (clip.kind === 'you') paintTurn(context, lane, clip);
    if (clip.kind === 'unheard') paintUnheard(context, lane, clip);
  }
  context.fillStyle = track === 'inbound' ? palette.caller : palette.agent;
  const ear = lane.playheadMs === undefined ? lane.width : xOf(lane, lane.playheadMs);
  between(context, lane, 0, ear, () => paintSound(context, lane));
  context.globalAlpha = AHEAD;
  between(context, lane, ear, lane.width, () => paintSound(context, lane));
  context.globalAlpha = 1;
  for (const clip of lane.clips) if (clip.kind === 'gap') paintGap(context, lane, clip);
}

/** Paints between two places only. */
function between(
  context: CanvasRenderingContext2D,
  lane: Lane,
  from: number,
  to: number,
  paint: () => void,
): void {
  if (to <= from) return;
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, lane.height);
  context.clip();
  paint();
  context.restore();
}

function paintSound(context: CanvasRenderingContext2D, lane: Lane): void {
  if (lane.paintSound) lane.paintSound(WORDS_PX + 2, lane.height - WORDS_PX - 7);
  else if (lane.track === 'inbound') paintSolid(context, lane);
  else paintBars(context, lane);
}

/** Where a time stands. */
function xOf(lane: Lane, ms: number): number {
  return (ms - lane.fromMs) * lane.pxPerMs;
}

function middle(lane: Lane): { y: number; amplitude: number } {
  return {
    y: WORDS_PX + (lane.height - WORDS_PX - 7) / 2,
    amplitude: (lane.height - WORDS_PX - 9) / 2,
  };
}

function paintGrid(context: CanvasRenderingContext2D, lane: Lane): void {
  const { palette, height, width, edgeMs, tickMs, fromMs } = lane;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.setLineDash([1, 3]);
  for (let at = Math.max(0, Math.ceil(fromMs / tickMs)) * tickMs; at <= edgeMs; at += tickMs) {
    const x = Math.round(xOf(lane, at)) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 0.08;
  context.fillStyle = palette.edge;
  const edge = xOf(lane, edgeMs);
  context.fillRect(edge, 0, width - edge, height);
  context.globalAlpha = 1;
}

function paintTurn(context: CanvasRenderingContext2D, lane: Lane, clip: Clip): void {
  const { palette, height, track } = lane;
  const from = Math.max(-8, xOf(lane, clip.fromMs));
  const to = xOf(lane, Math.min(clip.toMs, lane.edgeMs));
  const soft = track === 'inbound' ? palette.callerSoft : palette.agentSoft;
  context.fillStyle = clip.kind === 'you' ? palette.dangerSoft : soft;
  context.beginPath();
  const tall = lane.paintSound ? WORDS_PX - INSET_PX : height - 2 * INSET_PX;
  context.roundRect(from, INSET_PX, Math.max(2, to - from), tall, 4);
  context.fill();
  if (!clip.words) return;
  const left = Math.max(0, from);
  const words = shortened(context, clip.words, to - left - 12);
  context.fillStyle = palette.ink2;
  if (words) context.fillText(words, left + 6, 12);
}

/** Words cut with `…` to a width; nothing where less than a few letters would stay. */
function shortened(context: CanvasRenderingContext2D, words: string, width: number): string {
  if (context.measureText(words).width <= width) return words;
  let end = words.length;
  while (end > 0 && context.measureText(`${words.slice(0, end)}…`).width > width) end--;
  return end > 5 ? `${words.slice(0, end).trimEnd()}…` : '';
}

function paintUnheard(context: CanvasRenderingContext2D, lane: Lane, clip: Clip): void {
  const { palette, height } = lane;
  const from = xOf(lane, clip.fromMs);
  const to = Math.min(lane.width, xOf(lane, clip.toMs));
  if (to - from < 2) return;
  context.save();
  context.beginPath();
  context.rect(from, INSET_PX, to - from, height - 2 * INSET_PX);
  context.clip();
  context.strokeStyle = palette.agent;
  context.globalAlpha = 0.42;
  context.beginPath();
  for (let x = from - height; x < to; x += HATCH_PX) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
  context.strokeStyle = palette.agent;
  context.setLineDash([3, 3]);
  context.strokeRect(from + 0.5, INSET_PX + 0.5, to - from - 1, height - 2 * INSET_PX - 1);
  context.setLineDash([]);
  context.fillStyle = palette.agent;
  context.fillRect(from - 1, INSET_PX, 2, height - 2 * INSET_PX);
  const label = to - from > 84 ? 'not heard' : 'unheard';
  const width = context.measureText(label).width;
  if (to - from <= width + 12) return;
  const { y } = middle(lane);
  const left = from + (to - from - width) / 2;
  context.fillStyle = palette.well;
  context.fillRect(left - 4, y - 9, width + 8, 18);
  context.fillStyle = palette.ink2;
  context.fillText(label, left, y);
}

/** The stretch that was received and is in view. */
function received(lane: Lane): { fromMs: number; toMs: number } | undefined {
  const startMs = lane.loudness?.fromMs;
  if (lane.loudness === undefined || startMs === undefined) return undefined;
  const fromMs = Math.max(startMs, lane.fromMs);
  const toMs = Math.min(lane.loudness.endMs, lane.edgeMs, lane.fromMs + lane.width / lane.pxPerMs);
  return toMs > fromMs ? { fromMs, toMs } : undefined;
}

function paintSolid(context: CanvasRenderingContext2D, lane: Lane): void {
  const heard = received(lane);
  if (!heard || !lane.loudness) return;
  const { y, amplitude } = middle(lane);
  const stepMs = Math.max(10, 1 / (devicePixelRatio || 1) / lane.pxPerMs);
  const first = Math.floor(heard.fromMs / stepMs);
  const last = Math.ceil(heard.toMs / stepMs);
  const heights: number[] = [];
  for (let step = first; step < last; step++) {
    const peak = lane.loudness.peak(lane.track, step * stepMs, (step + 1) * stepMs) ?? 0;
    heights.push(Math.max(0.5, peak ** SOFTNESS * amplitude));
  }
  const x = (index: number): number => xOf(lane, Math.min((first + index) * stepMs, lane.edgeMs));
  context.beginPath();
  context.moveTo(x(0), y);
  heights.forEach((height, index) => {
    context.lineTo(x(index), y - height);
  });
  context.lineTo(x(heights.length), y);
  for (let index = heights.length - 1; index >= 0; index--) {
    context.lineTo(x(index), y + (heights[index] ?? 0) * 0.94);
  }
  context.closePath();
  context.fill();
}

function paintBars(context: CanvasRenderingContext2D, lane: Lane): void {
  const heard = received(lane);
  if (!heard || !lane.loudness) return;
  const { y, amplitude } = middle(lane);
  const stepMs = BAR_STEP_PX / lane.pxPerMs;
  for (let step = Math.floor(heard.fromMs / stepMs); step * stepMs < heard.toMs; step++) {
    const peak = lane.loudness.peak(lane.track, step * stepMs, (step + 1) * stepMs) ?? 0;
    const height = peak ** SOFTNESS * amplitude;
    const atMs = step * stepMs;
    const x = xOf(lane, atMs);
    const isYou = lane.clips.some((clip) => clip.kind === 'you' && clip.fromMs <= atMs && clip.toMs > atMs);
    context.fillStyle = isYou ? lane.palette.danger : lane.palette.agent;
    if (peak > 0) context.fillRect(x, y - height, BAR_PX, 2 * height);
  }
  context.fillStyle = lane.palette.agent;
  const from = xOf(lane, heard.fromMs);
  context.fillRect(from, y - 0.5, xOf(lane, heard.toMs) - from, 1);
}

function paintGap(context: CanvasRenderingContext2D, lane: Lane, clip: Clip): void {
  const { palette, height } = lane;
  const from = xOf(lane, clip.fromMs);
  const to = Math.max(from + 4, xOf(lane, clip.toMs));
  context.fillStyle = palette.surface;
  context.fillRect(from - 1, INSET_PX, to - from + 2, height - 2 * INSET_PX);
  context.strokeStyle = palette.warn;
  context.lineWidth = 1.5;
  context.setLineDash([2, 2]);
  context.strokeRect(from - 1, INSET_PX + 1, to - from + 2, height - 2 * INSET_PX - 2);
  context.setLineDash([]);
  context.lineWidth = 1;
}
