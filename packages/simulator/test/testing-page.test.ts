/** What `docs/testing.md` shows is run here, as it stands there. */

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mulaw, tone } from '@patchcord/core';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { startApp } from './app.ts';
import { program } from './cli/program.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on machines that may be busy

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = readFileSync(here('../../../docs/testing.md'), 'utf8');
const readme = readFileSync(here('../README.md'), 'utf8');
const bin = (name: string): string => here(`../../../node_modules/.bin/${name}`);

/** The code of the page in one language. */
function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = '']) =>
    name === language ? [code] : [],
  );
}

/** An app like the reader's: greets for two seconds; a key interrupts it, and is answered. */
const app = await startApp((socket, { event, streamSid }) => {
  if (event === 'start') say(socket, streamSid, 2000);
  if (event !== 'dtmf') return;
  socket.send(JSON.stringify({ event: 'clear', streamSid }));
  say(socket, streamSid, 300);
});

function say(socket: WebSocket, streamSid: string, ms: number): void {
  const sound = mulaw.encode(tone({ frequency: 440, ms, sampleRate: 8000 }));
  const payload = Buffer.from(sound).toString('base64');
  socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload } }));
  socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name: `${ms} ms` } }));
}

process.env.APP_URL = app.url;
const folder = here('.testing-page');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const temporary = mkdtempSync(join(tmpdir(), 'patchcord-page-'));

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
  await app.close();
});

/** Runs a program; gives its exit code and all that it wrote. */
function spawned(
  command: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<[number | null, string]> {
  return new Promise((resolve) => {
    const child = spawn(command, argv, {
      env: { ...process.env, APP_URL: app.url, ...env },
      timeout: 60_000,
    });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    child.on('error', (error) => resolve([null, `${text}${error.message}`]));
    child.on('close', (code) => resolve([code, text]));
  });
}

describe('the tests that the page shows', async () => {
  const own = blocks('ts').filter((code) => code.includes("from 'vitest'"));
  test('are there', () => expect(own).toHaveLength(3));
  for (const [index, code] of own.entries()) {
    const file = join(folder, `${index}.ts`);
    writeFileSync(
      file,
      code
        .replaceAll("'@patchcord/simulator/vitest'", "'../../src/vitest.ts'")
        .replaceAll("'@patchcord/simulator'", "'../../src/index.ts'"),
    );
    await import(file); // its tests are tests of this file
  }
});

test.concurrent('another runner: node:test', async () => {
  const [code] = blocks('ts').filter((one) => one.includes("from 'node:test'"));
  const file = join(folder, 'runner.test.ts');
  writeFileSync(file, code ?? '');
  const argv = ['test', '-A', '--no-check', '--conditions=@patchcord/source', file];
  const [exit, text] = await spawned(bin('deno'), argv);
  expect([exit, text]).toEqual([0, expect.stringContaining('every mark comes back played')]);
});

test.concurrent('another language: Python', async ({ skip }) => {
  const [version] = await spawned('python3', ['--version']);
  if (version !== 0) skip('There is no Python here.');
  const cli = here('../src/cli.ts');
  const npx = `#!/bin/sh\nshift\nexec "${bin('bun')}" --conditions=@patchcord/source "${cli}" "$@"\n`;
  writeFileSync(join(temporary, 'npx'), npx);
  chmodSync(join(temporary, 'npx'), 0o755);
  writeFileSync(
    join(temporary, 'page.py'),
    `${blocks('python').join('\n')}\ntest_the_app_answers()\nprint("passed")\n`,
  );
  const PATH = `${temporary}:${process.env.PATH}`;
  expect(await spawned('python3', [join(temporary, 'page.py')], { PATH })).toEqual([0, 'passed\n']);
});

describe.concurrent('the command lines that the page shows', () => {
  const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
  const own = lines.map((line) => line.replace(/^npx patchcord-phone /, '').split(' '));

  test.each(own.filter(([command]) => command !== 'capture' && command !== 'replay').map((argv) => [argv]))(
    '%j',
    async (argv) => {
      const few: Record<string, string> = { '200': '3', '20': '2', '60': '1', '5': '1' };
      const given = argv.map((word, index) => {
        if (word.startsWith('ws://')) return app.url;
        if (argv[index - 1] === '--record') return join(temporary, word);
        return argv[0] === 'load' ? (few[word] ?? word) : word;
      });
      const { code, out, err } = await program(...given);
      expect([code, err]).toEqual([0, expect.not.stringContaining('patchcord-phone:')]);
      expect(out).not.toBe('');
    },
  );

  test('those of capture and replay have the options that there are', async () => {
    const others = own.filter(([command]) => command === 'capture' || command === 'replay');
    expect(others).toHaveLength(2);
    for (const [command = '', ...argv] of others) {
      const { out } = await program(command, '--help');
      for (const word of argv.filter((one) => one.startsWith('--'))) expect(out).toContain(`${word} `);
    }
  });
});

describe('what is chosen where the documents are silent', () => {
  const table = [...page.matchAll(/^\|[^|]+\| `(\w+)` +\|/gm)].map(([, name]) => name);

  test('each has a row, and stands in the code, which the compiler checks', () => {
    const code = blocks('ts').find((one) => one.includes('chunksPer')) ?? '';
    expect([...code.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name).sort()).toEqual([...table].sort());
    expect(table).toHaveLength(17);
  });

  test('the README tells the same', () => {
    const rows = readme.slice(readme.indexOf('## What is chosen where')).split('\n');
    for (const name of table)
      expect(
        rows.some((row) => row.includes(`\`${name}`)),
        name,
      ).toBe(true);
  });

  test('every habit of the provider’s is in it', () => {
    const habits = readFileSync(here('../src/phone/habits.ts'), 'utf8');
    const options = habits.slice(habits.indexOf('export interface ProviderHabits'));
    const names = [...options.slice(0, options.indexOf('\n}')).matchAll(/^ {2}readonly (\w+)\?:/gm)];
    expect(names.length).toBeGreaterThan(10);
    for (const [, name] of names) expect(table).toContain(name);
  });
});
