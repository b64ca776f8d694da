import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPage, webHandler } from '../src/http.ts';

const KEY = 'the-key-of-this-test';
const HOST = 'localhost:8080';
const ORIGIN = `http://${HOST}`;

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchcord page '));
  await mkdir(join(folder, 'public', 'parts'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'not part of the page');
  await writeFile(join(folder, 'public', 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'public', 'parts', 'page.js'), 'export {};');
  const handle = webHandler({
    files: await loadPage(pathToFileURL(`${join(folder, 'public')}/`)),
    hosts: new Set([HOST]),
    origins: new Set([ORIGIN]),
    key: KEY,
    issueTicket: () => Promise.resolve('a-ticket'),
  });
  server = createServer((message, response) => void handle(message, response, message.url ?? '/'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** `fetch` tidies paths and sets Host itself; this sends them as they are given. */
async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = { host: HOST },
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, method, path, headers });
  sent.end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const piece of response) body += piece;
  return { status: response.statusCode, headers: response.headers, body };
}

describe('the page', () => {
  test('is served with its types, and a policy that allows nothing inline and nothing foreign', async () => {
    const page = await ask('GET', '/');
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect(page.headers['content-type']).toContain('text/html');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`script-src 'self' blob:;`);
    expect(policy).not.toContain('unsafe');
    expect((await ask('GET', '/parts/page.js')).headers['content-type']).toContain('text/javascript');
    expect(await ask('HEAD', '/')).toMatchObject({ status: 200, body: '' });
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '//secret.txt',
    '/parts/../../secret.txt',
  ])('has no way out: %s', async (path) => {
    const answer = await ask('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('not part');
  });

  test('is only read, and only under the names of this server', async () => {
    expect((await ask('DELETE', '/')).status).toBe(405);
    expect((await ask('GET', '/', { host: 'evil.example:8080' })).status).toBe(403);
  });
});

describe('tickets', () => {
  const good = { host: HOST, origin: ORIGIN, authorization: `Bearer ${KEY}` };
  const without = (name: keyof typeof good): Record<string, string> =>
    Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

  test('are given to the page that has the key', async () => {
    expect(await ask('POST', '/tickets', good)).toMatchObject({ status: 200, body: '{"ticket":"a-ticket"}' });
  });

  test.each([
    ['no key', without('authorization'), 401],
    ['a wrong key', { ...good, authorization: 'Bearer wrong' }, 401],
    ['a key that begins right', { ...good, authorization: `Bearer ${KEY}x` }, 401],
    ['another scheme', { ...good, authorization: `Basic ${KEY}` }, 401],
    ['another page', { ...good, origin: 'http://evil.example' }, 403],
    ['a sandboxed page', { ...good, origin: 'null' }, 403],
    ['no page', without('origin'), 403],
    ['another name of this machine', { ...good, host: 'evil.example:8080' }, 403],
  ])('are refused to %s', async (_name, headers, status) => {
    const answer = await ask('POST', '/tickets', headers);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('a-ticket');
    expect(answer.body).not.toContain(KEY);
  });

  test('are asked for with POST', async () => {
    expect((await ask('GET', '/tickets', good)).status).toBe(405);
  });
});

test('no page built: the error says what to do', async () => {
  await expect(loadPage(pathToFileURL(`${folder}/missing/`))).rejects.toThrow(/Build first/);
});
