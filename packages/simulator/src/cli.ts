/** The program `patchcord-phone`. @module */

import { run } from './cli/run.ts';

const leaving = new AbortController();
process.once('SIGINT', () => leaving.abort()); // a second Ctrl-C ends the process at once
process.once('SIGTERM', () => leaving.abort());

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: leaving.signal,
});
