#!/usr/bin/env node
/** Builds, serves the dashboard's example with its three callers, and does both again whenever a source changes. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watch } from 'rollup';
import { loadConfigFile } from 'rollup/loadConfigFile';

/** A server that still has last words to say is not waited for any longer. */
const CLOSE_MS = 2000;

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'examples', 'dashboard', 'dist', 'server.js');

let server;
/** Restarts follow on each other: the port has to be free. */
let restarting = Promise.resolve();

async function restart() {
  await stop();
  server = spawn(process.execPath, ['--enable-source-maps', program], { stdio: 'inherit' }); // says where it listens
}

function stop() {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return undefined;
  const stopped = new Promise((resolve) => server.once('exit', resolve));
  const timer = setTimeout(() => server.kill('SIGKILL'), CLOSE_MS);
  server.kill();
  return stopped.finally(() => clearTimeout(timer));
}

const { options } = await loadConfigFile(join(root, 'rollup.config.mjs'), { silent: true });
const watcher = watch(options.map((one) => ({ ...one, watch: { clearScreen: false } })));
let failed = false;
watcher.on('event', (event) => {
  if (event.code === 'START') failed = false;
  if (event.code === 'BUNDLE_END') event.result.close();
  if (event.code === 'ERROR') {
    failed = true;
    event.result?.close();
    console.error(
      `${event.error.message}\nThe last build that was right goes on. Save a change to try again.`,
    );
  }
  if (event.code === 'END' && !failed) {
    restarting = restarting.then(restart);
  }
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await watcher.close();
    await restarting;
    await stop();
    process.exit();
  });
}
