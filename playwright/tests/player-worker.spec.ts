import { resample } from '@patchcord/core';
import { dial } from '@patchcord/simulator';
import type { Page } from '@playwright/test';
import { type BarePage, type BarePageOptions, NONCE, startBarePage } from '../bare-page.ts';
import { expect, test } from '../fixtures.ts';
import { listen } from '../listen.ts';
import { findWindows, toInt16 } from '../sound.ts';
import { LINE_RATE, overTheLine, sentence } from '../speech.ts';
import { playerStats, startTap, takeRecording } from '../tap.ts';

/** The socket in a worker, its sound straight to the audio thread: on a page with nothing else. */

/** A delay that no stall of the machine uses up: what the link does is tried, and not what others do. */
const STEADY_MS = 900;

const pages: BarePage[] = [];
const start = async (options?: BarePageOptions): Promise<BarePage> => {
  const bare = await startBarePage(options);
  pages.push(bare);
  return bare;
};
test.afterEach(async () => {
  await Promise.all(pages.splice(0).map((bare) => bare.stop()));
});

test('while the page is busy most of the time, no sound is lost', async ({ page }) => {
  const bare = await start();
  const phone = await dial(bare.mediaUrl, {});
  await page.goto(bare.origin);
  await listen(page, phone.callSid, { delayMs: 400 });
  await phone.wait(1000);
  const before = await playerStats(page);
  await page.evaluate(() => {
    setInterval(() => {
      const until = performance.now() + 700;
      while (performance.now() < until);
    }, 1000);
  });
  await phone.wait(6000);
  const after = await playerStats(page);
  expect(after.playedSamples - before.playedSamples).toBeGreaterThan(5 * LINE_RATE);
  expect(after.concealedSamples).toBe(before.concealedSamples);
  expect(after.stretches).toBe(0);
  await phone.hangUp();
});

/** What became of a sentence on its way over a link that jitters: where its windows were found, and what was made up. */
async function overAJitteringLink(page: Page) {
  const bare = await start();
  const phone = await dial(bare.mediaUrl, {});
  await page.goto(bare.origin);
  bare.link.jitterMs = 120;
  await listen(page, phone.callSid, { delayMs: STEADY_MS });
  await startTap(page);
  await phone.wait(1000);
  const before = await playerStats(page);
  const said = sentence(6000);
  const saidAtMs = Date.now() - (phone.timestampMs % 20);
  await phone.say(said);
  await phone.wait(2500);
  const after = await playerStats(page);
  const { left, right, rate, renderedAtMs } = await takeRecording(page);
  await phone.hangUp(); // what follows keeps this process, and with it the phone, busy
  const both = left.map((value, i) => (value + (right[i] ?? 0)) / 2);
  const played = resample(toInt16(both), { from: rate, to: LINE_RATE, quality: 'best' });
  const begins = ((saidAtMs - renderedAtMs) * LINE_RATE) / 1000;
  const windows = findWindows(overTheLine(said), played, begins, 2 * STEADY_MS);
  const found = windows.filter(({ likeness }) => likeness >= 0.9);
  return {
    windows: windows.length,
    foundShare: found.length / windows.length,
    places: found.map(({ saidMs, lateMs }) => saidMs + lateMs),
    concealedShare: (after.concealedSamples - before.concealedSamples) / said.length,
  };
}

test('over a link that jitters by 120 ms, speech comes whole and in order', async ({ page }) => {
  const heard = await overAJitteringLink(page);
  expect(heard.windows).toBeGreaterThan(30);
  expect(heard.foundShare).toBeGreaterThanOrEqual(0.97);
  expect(heard.places).toEqual([...heard.places].sort((a, b) => a - b));
  expect(heard.concealedShare).toBeLessThan(0.01);
});

test('under a strict content-security policy, from addresses of the page', async ({ page }) => {
  const policy = `default-src 'none'; script-src 'self' 'nonce-${NONCE}'; worker-src 'self'; connect-src 'self'; img-src data:`;
  const bare = await start({ policy });
  const phone = await dial(bare.mediaUrl, {});
  await page.goto(bare.origin);
  await listen(page, phone.callSid, {
    delayMs: 300,
    workletUrl: '/player/worklet.js',
    workerUrl: '/player/worker.js',
  });
  await expect.poll(async () => (await playerStats(page)).playedSamples).toBeGreaterThan(LINE_RATE);
  expect(await page.evaluate(() => (window as { unavailable?: string }).unavailable)).toBeUndefined();
  await phone.hangUp();
});

test('under a strict policy and with no such addresses, it says what is missing', async ({
  page,
  problems,
}) => {
  const policy = `default-src 'none'; script-src 'self' 'nonce-${NONCE}'; connect-src 'self'; img-src data:`;
  const bare = await start({ policy });
  const phone = await dial(bare.mediaUrl, {});
  await page.goto(bare.origin);
  const refusal = await listen(page, phone.callSid, {}).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  expect(refusal).toContain('serve dist/worklet.js of @patchcord/player and pass its address as workletUrl');
  const unavailable = await page.evaluate(() => (window as { unavailable?: string }).unavailable);
  expect(unavailable).toContain(
    'serve dist/worker.js of @patchcord/player and pass its address as workerUrl',
  );

  await listen(page, phone.callSid, { delayMs: 300, workletUrl: '/player/worklet.js' });
  await expect.poll(async () => (await playerStats(page)).playedSamples).toBeGreaterThan(LINE_RATE);
  expect(problems.length).toBeGreaterThan(0);
  expect(
    problems.filter((problem) => !/Content Security Policy|unable to load a worklet/i.test(problem)),
  ).toEqual([]);
  problems.length = 0;
  await phone.hangUp();
});
