#!/usr/bin/env node
/**
 * Finds a nats-server for the tests of the bus across gateways, or installs one, and prints its path.
 *
 * Looked for: NATS_SERVER_PATH, a server already on the machine. Installed: where Go is, by `go install` into a folder of
 * its own, which needs no rights; else Homebrew's package on macOS; else Debian's package, as root on Debian and
 * its like only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runProgram } from './run-program.mjs';

/** Longest waits, in seconds. A closed network must not hold up a test run. */
const START_S = 20;
const BUILD_S = 300;
const PACKAGE_LIST_S = 120;
const PACKAGE_S = 300;

/** What Go builds: the latest of a line that is old enough for any Go of today. */
const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.10';

const NAME = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
const FOLDERS = {
  linux: ['/usr/bin', '/usr/sbin', '/usr/local/bin'],
  darwin: ['/opt/homebrew/bin', '/usr/local/bin'],
};

/** Where Go puts what it builds for us. */
const built = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'patchcord');

const say = (line) => console.error(line);

function starts(path) {
  if (!existsSync(path)) return false;
  const { status, stdout, stderr } = spawnSync(path, ['--version'], {
    timeout: START_S * 1000,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return status === 0 && /nats-server/i.test(stdout + stderr);
}

function onMachine() {
  const inPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...(FOLDERS[process.platform] ?? []), ...inPath, built]
    .map((folder) => join(folder, NAME))
    .find(starts);
}

/** Says what it runs, and runs it with its output on stderr: stdout is for the path. */
async function run(command, args, seconds, env = {}) {
  say(`$ ${[command, ...args].join(' ')}`);
  const { ok, output } = await runProgram(command, args, {
    cwd: process.cwd(),
    seconds,
    env: { DEBIAN_FRONTEND: 'noninteractive', ...env },
  });
  say(output);
  return ok;
}

const has = (command) =>
  spawnSync(command, ['version'], { stdio: 'ignore', timeout: START_S * 1000 }).status === 0;

async function buildWithGo() {
  if (!has('go')) return undefined;
  say(`No nats-server on this machine. Building it with Go, into ${built}; it needs no root.`);
  return (await run('go', ['install', GO_MODULE], BUILD_S, { GOBIN: built })) ? onMachine() : undefined;
}

async function installWithHomebrew() {
  if (process.platform !== 'darwin' || spawnSync('brew', ['--version'], { stdio: 'ignore' }).status !== 0)
    return undefined;
  say("No nats-server on this machine. Installing Homebrew's package `nats-server`.");
  return (await run('brew', ['install', 'nats-server'], PACKAGE_S)) ? onMachine() : undefined;
}

async function installPackage() {
  const possible = process.platform === 'linux' && process.getuid() === 0 && existsSync('/usr/bin/apt-get');
  if (!possible) return undefined;
  say(
    "No nats-server on this machine. Installing Debian's package `nats-server`, system-wide, as this is root.",
  );
  if (!(await run('apt-get', ['update'], PACKAGE_LIST_S))) return undefined;
  const install = ['install', '-y', '--no-install-recommends', 'nats-server'];
  return (await run('apt-get', install, PACKAGE_S)) ? onMachine() : undefined;
}

/** @returns the path of a nats-server that starts. Throws, in words, where there is none and none can be installed. */
export async function ensureNats() {
  const named = process.env.NATS_SERVER_PATH;
  if (named) {
    if (starts(named)) return named;
    throw new Error(
      `NATS_SERVER_PATH is ${named}, which does not start. Correct it, or unset it to let one be found.`,
    );
  }
  const path =
    onMachine() ?? (await buildWithGo()) ?? (await installWithHomebrew()) ?? (await installPackage());
  if (path) return path;
  throw new Error(
    'No nats-server was found, and none could be installed. Install it (Debian and Ubuntu: apt-get install ' +
      'nats-server; or https://nats.io/download), or set NATS_SERVER_PATH to one, and run this again.',
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await ensureNats());
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
