import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type App, echo, startApp } from '../app.ts';
import { program, programWith } from './program.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on machines that may be busy

let app: App;
beforeAll(async () => {
  app = await startApp(echo);
});
afterAll(() => app.close());

describe('patchcord-phone doctor', () => {
  test('a line for each thing that it looks at, and 0 where nothing failed', async () => {
    const { code, out } = await program('doctor', app.url, '--listen', '1', '--parameter', 'a=b');
    expect(code).toBe(0);
    expect(
      out
        .replace(/ {2,}.*/g, '')
        .trim()
        .split('\n'),
    ).toEqual([...['warning', 'warning', 'ok', 'skipped', 'ok', 'warning', 'ok', 'warning', 'ok']]);
    expect(out).toContain('warning  address         The URL begins with ws://.');
    expect(app.messages.find(({ event }) => event === 'start')).toMatchObject({
      start: { customParameters: { a: 'b' } },
    });
  });

  test('as JSON; 1 where something failed; signed with the token of the environment', async () => {
    const gone = await startApp();
    await gone.close();
    const { code, out } = await programWith(
      { env: { TWILIO_AUTH_TOKEN: 't' } },
      'doctor',
      gone.url,
      '--json',
    );
    expect(code).toBe(1);
    const findings = JSON.parse(out) as { check: string; state: string }[];
    expect(findings).toHaveLength(9);
    expect(findings[2]).toMatchObject({ check: 'connection', state: 'failed' });
  });

  test.each([
    [[], 'Name one app'],
    [['wss://x', '--ca', '/nowhere/ca.pem'], '--ca /nowhere/ca.pem: there is no such file or folder'],
    [['wss://x', '--listen', '0'], "--listen wants a number from 0.1 to 600; '0' is none."],
    [['x'], 'is not a URL'],
  ])('%j is refused', async (argv, words) => {
    const { code, err } = await program('doctor', ...argv);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('help', async () => {
    expect((await program('doctor', '--help')).out).toContain('Usage: patchcord-phone doctor URL');
  });
});
