import { serveCalls } from '@patchcord/node';
import type { LoadReport } from '@patchcord/simulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inWords, loadTest, verdict } from '../src/load.ts';

/** So wide that no busy machine reaches them: what is tested here is not speed. */
const WIDE = { echoP99Ms: 60_000, latenessP99Ms: 60_000 };

async function serve(handler: Parameters<typeof serveCalls>[1]): Promise<string> {
  const server = await serveCalls(
    { port: 0, allowUnsigned: true, drainOnSigterm: false, log: () => {} },
    handler,
  );
  onTestFinished(() => server.close({ when: 'now' }));
  return server.url;
}

test('an echo holds: all calls last, and every frame comes back', { timeout: 30_000 }, async () => {
  const url = await serve((call) => call.readable.pipeTo(call.writable));
  const { report, wrong } = await loadTest(url, { phones: 5, seconds: 1, ...WIDE });
  expect(wrong).toEqual([]);
  expect(report).toMatchObject({ phones: 5, finished: 5, sent: 250, echo: { returned: 250, lost: 0 } });
  expect(inWords(report)).toMatch(/^5 of 5 calls .*250 frames were sent, 250 came back/);
});

test('an app that hangs up, and one that says nothing, are told in words', { timeout: 30_000 }, async () => {
  const leaves = await serve(async (call) => void (await call.readable.cancel()));
  const first = await loadTest(leaves, { phones: 2, seconds: 1, ...WIDE });
  expect(first.wrong.join('\n')).toMatch(/0 lasted to their end/);
  const silent = await serve((call) => call.closed);
  const second = await loadTest(silent, { phones: 2, seconds: 0.5, ...WIDE });
  expect(second.wrong).toEqual(['Nothing came back.']);
});

describe('what is wrong', () => {
  const time = { count: 500, p50Ms: 1, p99Ms: 30, maxMs: 40 };
  const fine: LoadReport = {
    ...{ phones: 10, answered: 10, finished: 10, sent: 500, skipped: 0, received: 500, clears: 0 },
    ...{ rejectedMessages: 0, warnings: [], errors: [], lateness: time },
    echo: { returned: 500, lost: 0, unexpected: 0, time },
  };
  const limits = { echoP99Ms: 100, latenessP99Ms: 50 };

  test.each<[string, Partial<LoadReport>, RegExp]>([
    ['a call that broke off', { finished: 9 }, /10 of 10 calls came about, 9 lasted/],
    ['a slow echo', { echo: { ...fine.echo!, time: { ...time, p99Ms: 101 } } }, /longer than 101 ms/],
    ['a lost frame', { echo: { ...fine.echo!, lost: 1 } }, /1 frames of 20 ms never came back/],
    ['a busy machine', { lateness: { ...time, p99Ms: 60 } }, /too busy to say/],
    ['a warning', { warnings: [{ code: 31951, message: 'odd' }] }, /31951/],
    ['an error', { errors: [{ message: 'refused', count: 3 }] }, /3 times: refused/],
  ])('%s', (_name, change, words) => {
    expect(verdict(fine, limits)).toEqual([]);
    expect(verdict({ ...fine, ...change }, limits)).toEqual([expect.stringMatching(words)]);
  });
});
