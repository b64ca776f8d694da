import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { reportInWords } from '../../src/cli/load.ts';
import type { LoadReport } from '../../src/load/tally.ts';
import { type App, echo, startApp } from '../app.ts';
import { program } from './program.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on machines that may be busy

let app: App;
beforeAll(async () => {
  app = await startApp(echo);
});
afterAll(() => app.close());

describe('patchcord-phone load', () => {
  test('a report in words, and progress while it runs', async () => {
    const { code, out, err } = await program('load', app.url, '--phones', '2', '--seconds', '1.2');
    expect(code).toBe(0);
    expect(out).toContain(
      '2 of 2 calls came about, and 2 went on to their end.\n120 frames of 20 ms sent, late by ',
    );
    expect(out).toMatch(/^Echo: 120 frames came back, 0 did not; after [\d.]+ ms \(median\)/m);
    expect(err).toMatch(/^ *1\.\d s {2}2 of 2 phones on the line, \d+ frames sent, /);
  });

  test('as JSON', async () => {
    const argv = [
      '--phones=1',
      '--seconds=0.2',
      '--spread=0',
      '--parameter=a=b',
      '--parameter=c=d',
      '--json',
    ];
    const { code, out } = await program('load', app.url, ...argv);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ phones: 1, sent: 10, echo: { returned: 10, lost: 0 } });
    const start = app.messages.filter(({ event }) => event === 'start').at(-1);
    expect(start).toMatchObject({ start: { customParameters: { a: 'b', c: 'd' } } });
  });

  test('calls that fail are exit code 1', async () => {
    const gone = await startApp();
    await gone.close();
    const { code, out } = await program('load', gone.url, '--phones', '2');
    expect(code).toBe(1);
    expect(out).toContain('0 of 2 calls came about');
    expect(out).toContain('2 times: ');
  });

  test.each([
    [[], 'Name one app'],
    [['http://x'], 'begins with ws:// or wss://'],
    [['ws://x', '--phones', '1.5'], "--phones wants a whole number from 1 to 10000; '1.5' is none."],
    [['ws://x', '--seconds', 'x'], "--seconds wants a number from 0.02 to 86400; 'x' is none."],
    [['ws://x', '--parameter', 'x'], "--parameter wants NAME=VALUE; 'x' is not of that form."],
    [['ws://x', '--loud'], "Unknown option '--loud'. See patchcord-phone load --help."],
  ])('%j is refused', async (argv, words) => {
    const { code, err } = await program('load', ...argv);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('help', async () => {
    expect((await program('load', '--help')).out).toContain('Usage: patchcord-phone load URL');
  });

  const some = { count: 1, p50Ms: 1, p99Ms: 2, maxMs: 100 };
  const nothing: LoadReport = {
    ...{ phones: 1, answered: 1, finished: 1, sent: 10, skipped: 0, received: 0, clears: 0 },
    ...{ rejectedMessages: 0, warnings: [], errors: [] },
  };

  test.each<[string, Partial<LoadReport>]>([
    ['The app does not echo: 0 audio messages came', {}],
    ['The phones themselves were late', { lateness: { ...some, p99Ms: 10.1 } }],
    ['3 frames were left out, because this machine stood still.', { skipped: 3 }],
    [
      'Echo: 9 frames came back, 1 did not; after 1.0 ms (median), 2.0 ms (99 of 100), 100 ms at most.',
      { echo: { returned: 9, lost: 1, unexpected: 0, time: some } },
    ],
    [
      '2 frames came back twice, or on another call.',
      { echo: { returned: 9, lost: 1, unexpected: 2, time: some } },
    ],
    ['Marks: 1 went back, after 1.0 ms (median)', { marks: some }],
    ['Clears: 4.', { clears: 4 }],
    ['Warning 31950: Binary.', { warnings: [{ code: 31950, message: 'Binary.' }] }],
    ['Messages that were ignored: 5.', { rejectedMessages: 5 }],
    ['2 times: Gone.', { errors: [{ message: 'Gone.', count: 2 }] }],
  ])('"%s"', (words, facts) => {
    expect(reportInWords({ ...nothing, ...facts })).toContain(words);
  });
});
