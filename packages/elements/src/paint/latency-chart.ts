/**
 * Where the dots of the latency view stand. Places are shares of the chart's width and height, from the top left.
 *
 * @module
 */

import type { Wait } from '../latency-log.ts';
import { timeOfDay } from '../words.ts';

/** Dots shown: the newest. */
const MOST_DOTS = 600;
const BARS = 24;
const TIMES = 4;
/** Steps between lines that people count in, in milliseconds. */
const STEPS_MS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];
const LINES = 6;

/** A turn. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly slow: boolean;
  readonly wait: Wait;
}

/** What is drawn of some waits. */
export interface Chart {
  readonly dots: readonly Dot[];
  readonly lines: readonly { readonly y: number; readonly label: string }[];
  readonly slowY: number;
  /** How often waits were so long. */
  readonly bars: readonly {
    readonly y: number;
    readonly height: number;
    readonly share: number;
    readonly slow: boolean;
  }[];
  readonly times: readonly string[];
}

/** Places waits by when they were and how long. Times are Unix milliseconds. */
export function chartOf(
  waits: readonly Wait[],
  { fromMs, toMs, slowMs }: { readonly fromMs: number; readonly toMs: number; readonly slowMs: number },
): Chart {
  const longest = Math.max(slowMs * 1.3, ...waits.map(({ waitMs }) => waitMs));
  const stepMs = STEPS_MS.find((step) => longest / step <= LINES) ?? 60_000;
  const topMs = Math.ceil(longest / stepMs) * stepMs;
  const spanMs = Math.max(1, toMs - fromMs);
  const yOf = (ms: number): number => 1 - ms / topMs;
  const inSeconds = stepMs >= 500;
  const dots = waits.slice(-MOST_DOTS).map((wait) => ({
    x: Math.min(1, Math.max(0, (wait.unixMs - fromMs) / spanMs)),
    y: yOf(wait.waitMs),
    slow: wait.waitMs > slowMs,
    wait,
  }));
  return {
    dots,
    lines: Array.from({ length: Math.round(topMs / stepMs) + 1 }, (_, i) => ({
      y: yOf(i * stepMs),
      label: inSeconds ? `${(i * stepMs) / 1000} s` : `${i * stepMs} ms`,
    })),
    slowY: yOf(slowMs),
    bars: barsOf(waits, topMs, slowMs),
    times: Array.from({ length: TIMES }, (_, i) =>
      i === TIMES - 1 ? 'now' : timeOfDay(fromMs + (spanMs * i) / (TIMES - 1)).slice(0, 5),
    ),
  };
}

function barsOf(waits: readonly Wait[], topMs: number, slowMs: number): Chart['bars'] {
  const counts = new Array<number>(BARS).fill(0);
  for (const { waitMs } of waits) {
    const bar = Math.min(BARS - 1, Math.floor((BARS * waitMs) / topMs));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  return counts.map((times, bar) => ({
    y: 1 - (bar + 1) / BARS,
    height: 1 / BARS,
    share: times / most,
    slow: (bar * topMs) / BARS >= slowMs,
  }));
}
