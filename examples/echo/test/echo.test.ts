import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mulaw, tone } from '@patchcord/core';
import { connect } from '@patchcord/node';
import { dial } from '@patchcord/simulator';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCES = '--conditions=@patchcord/source';
const START_TIMEOUT_MS = 30_000;

interface Runtime {
  /** What has to be there, below `examples/echo`. */
  readonly file: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
}

const RUNTIMES = {
  node: { file: 'dist/node.js', command: [process.execPath] },
  hono: { file: 'dist/hono.js', command: [process.execPath] },
  fastify: { file: 'dist/fastify.js', command: [process.execPath] },
  deno: {
    file: 'deno.ts',
    command: ['node_modules/.bin/deno', 'run', SOURCES, '--allow-net', '--allow-env', '--allow-read'],
  },
  bun: { file: 'bun.ts', command: ['node_modules/.bin/bun', SOURCES] },
  cloudflare: {
    file: 'workerd.capnp',
    command: ['node_modules/.bin/workerd', 'serve'],
    args: ['--socket-addr', 'http=127.0.0.1:0', '--control-fd=1'],
  },
} as const satisfies Record<string, Runtime>;

type Name = keyof typeof RUNTIMES;

/** The one runtime that has no binary for some machines. */
const workerdRuns = spawnSync(`${root}/node_modules/.bin/workerd`, ['--version']).status === 0;
const names = (Object.keys(RUNTIMES) as Name[]).filter((name) => name !== 'cloudflare' || workerdRuns);
if (!workerdRuns) {
  console.warn('workerd does not run on this machine, so the echo for Cloudflare is skipped.');
  test.skip('in cloudflare: workerd does not run on this machine', () => {});
}

/** What a signature covers, and what the echo is told of it. */
const SIGNED = { authToken: 'a-secret', publicUrl: 'https://voice.example.com' };

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) kill(child, 'SIGKILL');
});

/** Starts one runtime's echo on a free port, and resolves with the address that it prints. */
function startEcho(
  runtime: Name,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ url: string; child: ChildProcess }> {
  const { file, command, args: moreArgs = [] }: Runtime = RUNTIMES[runtime];
  const path = `examples/echo/${file}`;
  if (!existsSync(`${root}/${path}`)) throw new Error(`${path} is missing. Run \`pnpm build\` first.`);
  const [program, ...args] = command;
  if (program === undefined) throw new Error(`${runtime} has no program.`);
  const { TWILIO_AUTH_TOKEN: _token, PUBLIC_URL: _url, ...env } = process.env;
  const child = spawn(program, [...args, path, ...moreArgs], {
    cwd: root,
    env: { ...env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Deno's launcher is a process of its own: a group ends both.
    detached: true,
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`${runtime} ${why}. It said:\n${output}`));
    const timer = setTimeout(() => fail('printed no address in time'), START_TIMEOUT_MS);
    const onOutput = (text: string) => {
      output += text;
      // workerd tells its port in a message of its own.
      const port = /"port":(\d+)/.exec(output)?.[1];
      const url = port ? `ws://127.0.0.1:${port}/media` : /ws:\/\/\S+(?=\s)/.exec(output)?.[0];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve({ url, child });
    };
    child.stdout?.setEncoding('utf8').on('data', onOutput);
    child.stderr?.setEncoding('utf8').on('data', onOutput);
    child.once('error', (error) => fail(`did not start (${error.message})`));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

function kill({ pid, exitCode, signalCode }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}

/** Half a second that holds no zero sample, so that zeros in what is heard are silence and nothing else. */
function loudTone(): Int16Array<ArrayBuffer> {
  return tone({ frequency: 440, ms: 500, sampleRate: 8000 }).map((sample) =>
    Math.abs(sample) < 100 ? 100 : sample,
  );
}

test.each(names)(
  'in %s: what the phone says comes back, sample by sample',
  { timeout: 60_000 },
  async (runtime) => {
    const { url } = await startEcho(runtime);
    const phone = await dial(url);
    const said = loudTone();
    // The wire is µ-law both ways, and loses nothing the second time.
    const expected = mulaw.decode(mulaw.encode(said));
    expect(expected).not.toContain(0);

    await phone.say(said);
    const heard = () => phone.heard.filter((sample) => sample !== 0);
    await phone.waitUntil(() => heard().length >= expected.length, { what: 'the whole echo' });
    await phone.wait(100);
    expect(Array.from(heard())).toEqual(Array.from(expected));
    expect(phone.warnings).toEqual([]);
    await phone.hangUp();
  },
);

test.each(names)(
  'in %s: a secret without the address that signatures cover is refused at the start',
  { timeout: 60_000 },
  async (runtime) => {
    const environment = { TWILIO_AUTH_TOKEN: 'a-secret', PUBLIC_URL: undefined };
    const said = await startEcho(runtime, environment).then(() => 'nothing', String);
    expect(said).toMatch(/needs (PUBLIC_URL|publicUrl)/);
    expect(said).not.toContain('a-secret');
  },
);

test.each(names)(
  'in %s: with a secret, whoever Twilio has signed for comes in, and nobody else',
  { timeout: 60_000 },
  async (runtime) => {
    const environment = { TWILIO_AUTH_TOKEN: SIGNED.authToken, PUBLIC_URL: SIGNED.publicUrl };
    const { url } = await startEcho(runtime, environment);
    const signedUrl = 'wss://voice.example.com/media';
    await expect(connect(url)).rejects.toMatchObject({ code: 'refused' });
    await expect(dial(url, { authToken: 'another', signedUrl })).rejects.toThrow();
    const phone = await dial(url, { authToken: SIGNED.authToken, signedUrl });
    await phone.say(loudTone());
    await phone.waitForSpeech();
    await phone.hangUp();
  },
);

test.each(names)(
  'in %s: web pages, other paths and mere requests are refused in words',
  { timeout: 60_000 },
  async (runtime) => {
    const { url } = await startEcho(runtime);
    const page = { headers: { Origin: 'https://page.example.com' } };
    await expect(connect(url, page)).rejects.toMatchObject({ code: 'refused' });
    const http = url.replace('ws:', 'http:');
    expect((await fetch(http)).status).toBe(426);
    expect((await fetch(http.replace('/media', '/else'))).status).toBe(404);
  },
);

test('SIGTERM ends the calls of the Node echo before its process', { timeout: 60_000 }, async () => {
  const { url, child } = await startEcho('node');
  const phone = await dial(url);
  await phone.wait(100);
  const exited = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  kill(child, 'SIGTERM');
  expect(await phone.closed).toMatchObject({ reason: expect.any(String) });
  expect(await exited).toBe('SIGTERM');
});
