import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { SoakRun } from './soak/soak.run.ts';

const LONG = process.env.PATCHCORD_LONG === '1';

/** Ten minutes of a hundred calls; in the usual run, a minute of twenty. On the virtual clock. */
const [CALLS, SECONDS, FIRST_SECOND] = LONG ? [100, 600, 120] : [20, 60, 30];

/** Memory in use may differ by so much. The share of few calls that is under way at a moment differs more than that of many. */
const TOLERANCE = LONG ? 0.05 : 0.15;

const TIMEOUT_MS = LONG ? 1_200_000 : 120_000;

const root = fileURLToPath(new URL('../../..', import.meta.url));

test(`${SECONDS} s of ${CALLS} calls on lines that fail: nothing crashes, nothing received is lost, nothing is kept`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const run = await soakInAProcess();
  // That it met what it is there for.
  expect(Object.keys(run.faults).sort()).toEqual(
    [
      ...['cut', 'doubled', 'gap', 'half-open', 'late-start', 'lost', 'stalled', 'stopped-reading'],
      ...['truncated', 'unknown-event'],
    ].sort(),
  );
  expect(Object.keys(run.ends)).toEqual(
    expect.arrayContaining(['stopped', 'socket-closed', 'ended', 'handler-failed', 'not-opened']),
  );
  expect(run.right).toBeGreaterThan(CALLS * SECONDS * 20);

  expect(run.unhandled).toEqual([]);
  expect([run.wrong, run.unreadMs]).toEqual([0, 0]);
  expect(run.timersLeft).toBe(0);
  const growth = run.lastBytes / run.firstBytes - 1;
  console.log(
    `${run.calls} calls, ${run.right} frames read, in ${run.seconds.toFixed(0)} s; memory ${megabytes(run.firstBytes)}, then ${megabytes(run.lastBytes)} MB (${(growth * 100).toFixed(1)} %)`,
  );
  expect(Math.abs(growth)).toBeLessThan(TOLERANCE);
});

async function soakInAProcess(): Promise<SoakRun> {
  const program = fileURLToPath(new URL('soak/soak.run.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...['--expose-gc', '--import', './scripts/node-sources.mjs', '--conditions=@patchcord/source', program],
      ...[CALLS, SECONDS, FIRST_SECOND].map(String),
    ],
    { cwd: root, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' },
  );
  return JSON.parse(stdout) as SoakRun;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
