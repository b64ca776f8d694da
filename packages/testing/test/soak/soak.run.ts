/**
 * Runs the soak in a process of its own and prints what came of it, as JSON:
 *
 *     node --expose-gc --import ./scripts/node-sources.mjs --conditions=@patchcord/source \
 *       packages/testing/test/soak/soak.run.ts 100 600 120
 *
 * Calls, seconds in all, and seconds of a round: memory is measured at the ends of the first and of the last.
 *
 * @module
 */

import process from 'node:process';
import { type SoakReport, soak } from './soak.ts';

/** What the program prints. */
export interface SoakRun extends SoakReport {
  /** Bytes in use once garbage is collected: heap, and external with array buffers. */
  readonly firstBytes: number;
  readonly lastBytes: number;
  /** The same when all calls are over. */
  readonly endBytes: number;
  /** How long it took, in seconds of the day. */
  readonly seconds: number;
  readonly unhandled: readonly string[];
}

const [calls = 100, seconds = 600, firstSecond = 120, seed = 1] = process.argv.slice(2).map(Number);

const unhandled: string[] = [];
for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) {
  process.on(event, (problem: unknown) => {
    unhandled.push(`${event}: ${problem instanceof Error ? problem.stack : String(problem)}`);
  });
}

function used(): number {
  for (let round = 0; round < 4; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage(); // array buffers are part of what is external
  return heapUsed + external;
}

/** The middle one of some values. */
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Seconds before a time at which memory is measured too: what is under way differs from moment to moment. */
const SECONDS_BEFORE = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const around = (second: number, into: number[]): [number, () => void][] =>
  SECONDS_BEFORE.map((before) => [(second - before) * 1000 - 1, () => into.push(used())]);

const first: number[] = [];
const last: number[] = [];
const begun = performance.now();
const report = await soak({
  calls,
  forMs: seconds * 1000,
  roundMs: firstSecond * 1000,
  at: new Map([...around(firstSecond, first), ...around(seconds, last)]),
  seed,
});
await new Promise((resolve) => setTimeout(resolve, 50)); // rejections are told after their microtasks
const run: SoakRun = {
  ...report,
  firstBytes: median(first),
  lastBytes: median(last),
  endBytes: used(),
  seconds: (performance.now() - begun) / 1000,
  unhandled,
};
console.log(JSON.stringify(run));
