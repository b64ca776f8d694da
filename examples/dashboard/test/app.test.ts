import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { dial } from '@patchcord/simulator';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Dashboard, type DashboardOptions, startDashboard } from '../src/app.ts';

const speechFolder = new URL('../speech/', import.meta.url);
const AUTH_TOKEN = 'a-secret-of-this-test';
const PUBLIC_URL = 'https://phone.example.com';

let folder: string;
let pageFolder: URL;
const running: Dashboard[] = [];
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchcord-app-'));
  await mkdir(join(folder, 'public'));
  await writeFile(join(folder, 'public', 'index.html'), '<!doctype html>');
  pageFolder = pathToFileURL(`${join(folder, 'public')}/`);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(running.splice(0).map((dashboard) => dashboard.close()));
  lines.length = 0;
});

async function start(options: Partial<DashboardOptions> = {}): Promise<Dashboard> {
  const dashboard = await startDashboard({
    port: 0,
    host: '127.0.0.1',
    callers: 0,
    pageFolder,
    speechFolder,
    log: (line) => lines.push(line),
    ...options,
  });
  running.push(dashboard);
  return dashboard;
}

const mediaUrl = ({ port }: Dashboard): string => `ws://127.0.0.1:${port}/media`;

describe('a call', () => {
  test('hears the menu, and is ended with the server', async () => {
    const dashboard = await start();
    const phone = await dial(mediaUrl(dashboard));
    await phone.waitForSpeech();
    expect(phone.warnings).toEqual([]);
    await dashboard.close();
    expect(await phone.closed).toMatchObject({ endedBy: 'app' });
    expect(lines).toEqual([]);
  });

  test('is not talked over, and is answered when a key is pressed', async () => {
    const phone = await dial(mediaUrl(await start()));
    await phone.waitForSpeech();
    const saying = phone.say(await readFile(new URL('jfk-16k.wav', speechFolder)));
    await phone.waitUntil(() => phone.events.some(({ kind }) => kind === 'clear'));
    await phone.waitForSilence({ ms: 200 });
    await phone.press('#');
    await phone.waitForSpeech();
    await phone.hangUp();
    await expect(saying).rejects.toMatchObject({ code: 'transport-closed' });
    expect(phone.warnings).toEqual([]);
  });

  test('that drops mid-way harms no other', async () => {
    const dashboard = await start();
    const [one, other] = await Promise.all([dial(mediaUrl(dashboard)), dial(mediaUrl(dashboard))]);
    await one.waitForSpeech();
    await one.drop();
    await other.waitUntil(() => other.timestampMs > 1000);
    expect(other.events.some(({ kind }) => kind === 'ended')).toBe(false);
    expect(lines).toEqual([]);
  });

  test('needs Twilio’s signature where the secret is given; the simulated callers have it', async () => {
    const dashboard = await start({ authToken: AUTH_TOKEN, publicUrl: PUBLIC_URL, callers: 1 });
    await expect(dial(mediaUrl(dashboard))).rejects.toMatchObject({ code: 'refused' });
    const signedUrl = 'wss://phone.example.com/media';
    await expect(dial(mediaUrl(dashboard), { authToken: 'wrong', signedUrl })).rejects.toThrow();
    const phone = await dial(mediaUrl(dashboard), { authToken: AUTH_TOKEN, signedUrl });
    await phone.waitForSpeech();
    // The first refusal is told, and the second is not.
    expect(lines).toEqual([expect.stringContaining('X-Twilio-Signature')]);
  });
});

describe('the server', () => {
  test('tells Twilio to stream to it', async () => {
    const { port } = await start();
    const answer = await fetch(`http://127.0.0.1:${port}/voice`, { method: 'POST' });
    expect(await answer.text()).toContain(`<Stream url="ws://127.0.0.1:${port}/media"`);
  });

  test('tells Twilio its public address, and nobody else anything', async () => {
    const { port } = await start({ authToken: AUTH_TOKEN, publicUrl: PUBLIC_URL });
    const answer = await fetch(`http://127.0.0.1:${port}/voice`, { method: 'POST' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('<Stream');
  });

  test('upgrades what it knows, nothing else', async () => {
    const { port } = await start();
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const sent = request({ host: '127.0.0.1', port, path: '/elsewhere', headers });
    sent.end();
    const [response] = await once(sent, 'response');
    expect(response.statusCode).toBe(404);
    response.resume();
  });

  test('prints a key that nobody can guess, another one each time', async () => {
    const keys = [await start(), await start()].map(({ pageUrl }) => new URL(pageUrl).hash);
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(key).toMatch(/^#key=[\w-]{22}$/);
  });

  test('prints localhost, though it listens on 127.0.0.1', async () => {
    const { pageUrl, port } = await start();
    expect(new URL(pageUrl).host).toBe(`localhost:${port}`);
  });
});

describe('cannot start, in words', () => {
  test('port in use', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow(`Port ${port} is in use. Stop the other program`);
  });

  test('a recording missing', async () => {
    const missing = join(folder, 'speech');
    await mkdir(missing, { recursive: true });
    const names = (await readdir(fileURLToPath(speechFolder))).filter((name) => name.endsWith('.wav'));
    for (const name of names.filter((one) => !one.startsWith('jfk'))) {
      await copyFile(new URL(name, speechFolder), join(missing, name));
    }
    await expect(start({ speechFolder: pathToFileURL(`${missing}/`) })).rejects.toThrow(
      /jfk-16k\.wav cannot be read/,
    );
  });
});
