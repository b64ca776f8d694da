#!/usr/bin/env node
/**
 * Finds a Chromium for the browser tests, or installs one, and prints its path.
 *
 * Looked for: CHROMIUM_PATH, a browser already on the machine, Playwright's own build. Installed: Playwright's
 * build, which needs no rights; where that fails, Debian's package, as root on Debian and its like only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Longest waits, in seconds. A closed network must not hold up a test run. */
const START_S = 20;
const DOWNLOAD_S = 600;
const PACKAGE_LIST_S = 120;
const PACKAGE_S = 300;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const PATHS = {
  linux: ['/usr/bin', '/usr/local/bin', '/snap/bin'].flatMap((folder) =>
    NAMES.map((name) => join(folder, name)),
  ),
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

const say = (line) => console.error(line);

/** Whether the browser starts at all: a file may be there and its shared libraries missing. */
function starts(path) {
  if (!existsSync(path)) return false;
  if (process.platform === 'win32') return true; // `--version` opens a window there, and prints nothing
  const { status, stdout } = spawnSync(path, ['--version'], {
    timeout: START_S * 1000,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 && /chrom|edge/i.test(stdout);
}

function onMachine() {
  const inPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...(PATHS[process.platform] ?? []), ...inPath].find(starts);
}

async function playwrightsOwn() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return starts(path) ? path : undefined;
}

/** Says what it runs, runs it with its output shown, and ends it with all its children when time is up. */
function run(command, args, seconds) {
  say(`$ ${[command, ...args].join(' ')}`);
  const ownGroup = process.platform !== 'win32';
  const child = spawn(command, args, {
    stdio: ['ignore', 2, 2],
    detached: ownGroup,
    env: {
      ...process.env,
      DEBIAN_FRONTEND: 'noninteractive',
      PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000',
    },
  });
  return new Promise((resolve) => {
    const end = () => {
      try {
        if (ownGroup) process.kill(-child.pid, 'SIGKILL');
        else child.kill();
      } catch {
        // It has just ended by itself.
      }
    };
    const timer = setTimeout(() => {
      say(`Ended after ${seconds} s without a result.`);
      end();
    }, seconds * 1000);
    process.once('exit', end);
    const done = (ok) => {
      clearTimeout(timer);
      process.off('exit', end);
      resolve(ok);
    };
    child.once('error', (error) => {
      say(error.message);
      done(false);
    });
    child.once('exit', (code) => done(code === 0));
  });
}

async function downloadPlaywrights() {
  say(
    "No Chromium on this machine. Trying Playwright's own download, into the user's cache; it needs no root.",
  );
  const folder = dirname(createRequire(import.meta.url).resolve('playwright/package.json'));
  const cli = join(folder, 'cli.js');
  if (!(await run(process.execPath, [cli, 'install', '--no-shell', 'chromium'], DOWNLOAD_S)))
    return undefined;
  const path = await playwrightsOwn();
  if (!path) say('It was downloaded, but does not start: this system lacks libraries that it needs.');
  return path;
}

async function installPackage() {
  const possible = process.platform === 'linux' && process.getuid() === 0 && existsSync('/usr/bin/apt-get');
  if (!possible) return undefined;
  say("That failed. Trying Debian's package `chromium` instead, system-wide, as this is root.");
  if (!(await run('apt-get', ['update'], PACKAGE_LIST_S))) return undefined;
  const install = ['install', '-y', '--no-install-recommends', 'chromium'];
  return (await run('apt-get', install, PACKAGE_S)) ? onMachine() : undefined;
}

/** @returns the path of a Chromium that starts. Throws, in words, where there is none and none can be installed. */
export async function ensureBrowser() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (starts(named)) return named;
    throw new Error(
      `CHROMIUM_PATH is ${named}, which does not start. Correct it, or unset it to let one be found.`,
    );
  }
  const path =
    onMachine() ?? (await playwrightsOwn()) ?? (await downloadPlaywrights()) ?? (await installPackage());
  if (path) return path;
  throw new Error(
    'No Chromium was found, and none could be installed. Install Chromium or Google Chrome ' +
      '(Debian and Ubuntu: apt-get install chromium), or set CHROMIUM_PATH to one, and run this again.',
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await ensureBrowser());
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
