import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { signTwilio } from '../src/signature.ts';
import { createUpgradeCheck } from '../src/upgrade-check.ts';

const SECRET = { authToken: '0123456789abcdef0123456789abcdef', publicUrl: 'https://voice.example.com' };
const URL_HERE = 'http://127.0.0.1:8080/media';

/** A `Request` in a browser-like runtime drops `Upgrade`; servers' requests have it, so this one is built by hand. */
const upgrade = (headers: Readonly<Record<string, string>> = {}, url = URL_HERE) => ({
  headers: new Headers({ Upgrade: 'websocket', ...headers }),
  url,
});

const silent = { log: () => {} };
const statusOf = async (
  check: ReturnType<typeof createUpgradeCheck>,
  request: Parameters<typeof check>[0],
): Promise<number | undefined> => (await check(request))?.status;

describe('without a secret', () => {
  const check = createUpgradeCheck({ allowUnsigned: true, log: () => {} });

  test('an upgrade of the path may go on, in both shapes of a request', async () => {
    expect(await check(upgrade())).toBeUndefined();
    expect(await check(upgrade({ Upgrade: 'WebSocket' }, `${URL_HERE}?x=1`))).toBeUndefined();
    expect(await check({ headers: { upgrade: 'websocket' }, url: '/media' })).toBeUndefined();
  });

  test('a web page may not, whatever it says where it comes from', async () => {
    for (const Origin of ['https://page.example.com', 'http://127.0.0.1:8080', 'null'])
      expect(await statusOf(check, upgrade({ Origin }))).toBe(403);
  });

  test('another path, and a mere request, are answered in words', async () => {
    expect(await statusOf(check, upgrade({}, 'http://127.0.0.1:8080/'))).toBe(404);
    expect(await statusOf(check, upgrade({}, 'http://127.0.0.1:8080/media/more'))).toBe(404);
    const answer = await check({ headers: new Headers(), url: URL_HERE });
    expect(answer?.status).toBe(426);
    expect(answer?.headers.get('upgrade')).toBe('websocket');
    expect(await answer?.text()).toBe('Media streams are served here, over WebSocket only.\n');
  });

  test('a loud line says that nothing is checked, unless that is meant', () => {
    const lines: string[] = [];
    createUpgradeCheck({ path: '/calls', log: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringMatching(/calls at \/calls are NOT CHECKED.*authToken/s)]);
    createUpgradeCheck({ allowUnsigned: true, log: (line) => lines.push(line) });
    expect(lines).toHaveLength(1);
  });
});

describe('with a secret', () => {
  const check = createUpgradeCheck({ ...SECRET, ...silent });
  const signed = (url: string) => signTwilio({ authToken: SECRET.authToken, url });

  test('the signature over the public URL opens, and no other', async () => {
    const right = await signed('wss://voice.example.com/media');
    expect(await check(upgrade({ 'X-Twilio-Signature': right }))).toBeUndefined();
    for (const url of ['wss://voice.example.com/other', 'https://voice.example.com/media'])
      expect(await statusOf(check, upgrade({ 'X-Twilio-Signature': await signed(url) }))).toBe(403);
    expect(await statusOf(check, upgrade())).toBe(403);
  });

  test('the first refusal is told to the log, and no more', async () => {
    const lines: string[] = [];
    const check = createUpgradeCheck({ ...SECRET, log: (line) => lines.push(line) });
    await check({ headers: new Headers(), url: URL_HERE });
    await check(upgrade());
    await check(upgrade({ 'X-Twilio-Signature': 'x' }));
    expect(lines).toEqual([expect.stringMatching(/an upgrade was refused\. The X-Twilio-Signature/)]);
    expect(lines[0]).not.toContain(SECRET.authToken);
  });

  test('what is refused tells nothing of the secret', async () => {
    const words = await (await check(upgrade()))?.text();
    expect(words).toContain('X-Twilio-Signature');
    expect(words).not.toContain(SECRET.authToken);
  });

  test.each([
    [{ authToken: 'secret' }, /authToken needs publicUrl/],
    [{ authToken: '', publicUrl: SECRET.publicUrl }, /authToken is empty/],
    [{ authToken: 'secret', publicUrl: 'voice.example.com' }, /publicUrl must be the origin/],
    [{ ...SECRET, allowUnsigned: true }, /contradict/],
    [{ path: 'media', ...silent }, /path must begin with/],
  ])('options that do not fit together are refused before the first request: %j', (options, words) => {
    expect(() => createUpgradeCheck(options)).toThrow(words);
  });
});

describe('the entry for runtimes without Node', () => {
  /** The sources that an entry of this package loads, by path, and what they import from elsewhere. */
  function closure(entry: string): { files: Set<string>; bare: Set<string> } {
    const files = new Set<string>();
    const bare = new Set<string>();
    const visit = (path: string): void => {
      if (files.has(path)) return;
      files.add(path);
      const text = readFileSync(path, 'utf8');
      for (const [statement, from = ''] of text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';/gms)) {
        if (/^(?:import|export) type/.test(statement)) continue;
        if (from.startsWith('.')) visit(join(dirname(path), from));
        else bare.add(from);
      }
    };
    visit(entry);
    return { files, bare };
  }

  test('web.ts loads the core and ky, and touches no name of Node', () => {
    const { files, bare } = closure(fileURLToPath(new URL('../src/web.ts', import.meta.url)));
    expect(files.size).toBeGreaterThan(8);
    expect([...bare].sort()).toEqual(['@patchcord/core', 'ky']);
    for (const file of files) {
      const code = readFileSync(file, 'utf8').replace(/\/\*.*?\*\/|\/\/.*$/gms, '');
      expect(code, file).not.toMatch(/\b(?:Buffer|process|setImmediate|__dirname|require)\b[.(]/);
    }
  });
});
