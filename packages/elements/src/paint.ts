/**
 * What the canvases show. They are decoration: all of it also stands in the timeline, in words.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { Loudness } from './loudness.ts';
import { type Clip, clipsOf, type Timeline } from './timeline.ts';

/** The colours of a canvas, read once per theme. */
export interface Palette {
  readonly surface: string;
  readonly well: string;
  readonly line: string;
  readonly edge: string;
  readonly ink2: string;
  readonly caller: string;
  readonly callerSoft: string;
  readonly agent: string;
  readonly agentSoft: string;
  readonly warn: string;
  readonly danger: string;
  readonly accent: string;
  readonly font: string;
}

/** One lane, to be painted. Lengths are CSS pixels, times milliseconds of the call. */
export interface Lane {
  readonly track: Track;
  readonly width: number;
  readonly height: number;
  /** Time at the left edge. */
  readonly fromMs: number;
  /** The live edge. */
  readonly edgeMs: number;
  readonly pxPerMs: number;
  readonly tickMs: number;
  readonly clips: readonly Clip[];
  /** Since when somebody speaks who has not finished. */
  readonly speakingSinceMs?: number | undefined;
  readonly loudness: Loudness | undefined;
  readonly palette: Palette;
}

/** Room for the words above the waveform. */
const WORDS_PX = 21;
const INSET_PX = 3;
/** Linear amplitude is raised to this, so that soft speech is seen. */
const SOFTNESS = 0.9;
const BAR_PX = 2;
const BAR_STEP_PX = 3;
const HATCH_PX = 7;

/** Fits a canvas to its place, at the screen's resolution. Returns undefined where it has no size. */
export function fit(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const context = canvas.getContext('2d');
  if (!context || width < 1 || height < 1) return undefined;
  const ratio = devicePixelRatio || 1;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

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
  for (const clip of lane.clips) if (clip.kind === 'unheard') paintUnheard(context, lane, clip);
  context.fillStyle = track === 'inbound' ? palette.caller : palette.agent;
  if (track === 'inbound') paintSolid(context, lane);
  else paintBars(context, lane);
  for (const clip of lane.clips) if (clip.kind === 'gap') paintGap(context, lane, clip);
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
  context.fillStyle = track === 'inbound' ? palette.callerSoft : palette.agentSoft;
  context.beginPath();
  context.roundRect(from, INSET_PX, Math.max(2, to - from), height - 2 * INSET_PX, 4);
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
  const toMs = Math.min(lane.loudness.endMs, lane.edgeMs);
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
    const x = xOf(lane, step * stepMs);
    if (peak > 0) context.fillRect(x, y - height, BAR_PX, 2 * height);
  }
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
