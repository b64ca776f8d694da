import { readFileSync } from 'node:fs';
import { decodeWav } from '@patchcord/core';
import type { Phone } from '@patchcord/simulator';
import type { Page } from '@playwright/test';
import { findings } from '../axe.ts';
import { expect, test } from '../fixtures.ts';
import { sentence } from '../speech.ts';

const row = (page: Page, { callSid }: Phone) => page.locator(`[role=option][data-call-id="${callSid}"]`);
const events = (page: Page, kind: string) => page.getByRole('log').locator(`[data-kind=${kind}]`);
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const position = (page: Page) => page.getByRole('slider', { name: 'Position in the call' });

/** Colours and widths in which every view has to stand. */
const looks = [
  { name: 'light', colorScheme: 'light', width: 1440, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1440, height: 900 },
  { name: 'phone', colorScheme: 'light', width: 390, height: 844 },
] as const;

/** Looks at the view in each way; axe may find nothing. */
async function standsInEveryLook(page: Page, view: string, path: (name: string) => string): Promise<void> {
  for (const { name, colorScheme, width, height } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(600); // durations tick, the next drawing has the new colours
    await page.screenshot({ path: path(`${view}-${name}.png`) });
    expect(await findings(page), `${view}, ${name}`).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${view}, ${name}: wider than the page`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}

test('every view stands in light, dark and on a phone, with nothing for axe to find', async ({
  page,
  demo,
  call,
}, testInfo) => {
  test.setTimeout(120_000);
  const path = (name: string): string => testInfo.outputPath(name);
  await page.goto(demo.origin);
  await expect(page.getByText('This page needs a key')).toBeVisible();
  await standsInEveryLook(page, 'locked', path);
  await page.goto(demo.pageUrl);
  await expect(page.getByText('No calls yet')).toBeVisible();
  await standsInEveryLook(page, 'empty', path);

  const phone = await call({
    from: '+12025550123',
    lineNoiseDb: -62,
    faults: { gaps: { share: 0.004, ms: 120 } },
  });
  await call({ from: '+12025550124', lineNoiseDb: -62 });
  await row(page, phone).click();
  await expect(button(page, 'Stop')).toBeVisible();
  await phone.wait(2500);
  await phone.say(sentence(2500));
  await phone.press('9');
  await expect(events(page, 'cut')).not.toHaveCount(0, { timeout: 15_000 });
  await expect(events(page, 'key')).toHaveCount(1);
  await standsInEveryLook(page, 'live', path);

  await button(page, 'Spectrogram').click();
  await standsInEveryLook(page, 'spectrogram', path);
  await button(page, 'Waveform').click();
  await page.keyboard.press('ArrowLeft');
  await expect(button(page, /Go live/)).toBeVisible();
  await standsInEveryLook(page, 'behind', path);
  await page.keyboard.press('l');

  await button(page, 'Hang up…').first().click();
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await findings(page)).toEqual([]);
  await page.screenshot({ path: path('hang-up-dark.png') });
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press('Escape');

  await page.keyboard.press('2');
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await standsInEveryLook(page, 'wall', path);
  await page.keyboard.press('3');
  await expect(page.getByRole('heading', { name: 'Latency' })).toBeVisible();
  await expect(page.getByText(/[1-9] turns?/)).toBeVisible({ timeout: 20_000 });
  await standsInEveryLook(page, 'latency', path);
});

test('forced colours and reduced motion: the same shapes, nothing to find', async ({
  page,
  demo,
  call,
}, testInfo) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.goto(demo.pageUrl);
  const phone = await call();
  await row(page, phone).click();
  await expect(button(page, 'Stop')).toBeVisible();
  await phone.wait(1500);
  expect(await findings(page)).toEqual([]);
  await page.screenshot({ path: testInfo.outputPath('forced-colours.png') });
});

test('goes back in the sound, and live again; what was heard is saved as it was', async ({
  page,
  demo,
  call,
}) => {
  await page.goto(demo.pageUrl);
  const phone = await call({ from: '+12025550123' });
  await row(page, phone).click();
  await expect(button(page, 'Stop')).toBeVisible();
  await phone.wait(1000);
  await phone.say(sentence(3000));
  await phone.wait(3000);

  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const transport = page.locator('call-player');
  await expect(transport.getByText('Behind')).toBeVisible();
  const behind = Number.parseFloat((await transport.locator('.detail').textContent()) ?? '');
  expect(behind).toBeGreaterThan(2.5);
  expect(behind).toBeLessThan(4.5);
  // It stays so far behind, and plays.
  const before = Number(await position(page).getAttribute('aria-valuenow'));
  await page.waitForTimeout(2500);
  const after = Number(await position(page).getAttribute('aria-valuenow'));
  expect(after - before).toBeGreaterThanOrEqual(1);
  expect(after - before).toBeLessThanOrEqual(4);

  await page.keyboard.press('l');
  await expect(transport.getByText('Behind')).toHaveCount(0);
  await expect(transport.getByText('Listening')).toBeVisible();

  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Save WAV').click()]);
  const wav = decodeWav(readFileSync(await download.path()));
  expect({ rate: wav.sampleRate, channels: wav.channels }).toEqual({ rate: 8000, channels: 2 });
  expect(wav.samples.length / 2 / wav.sampleRate).toBeGreaterThan(8);
  const left = wav.samples.filter((_, at) => at % 2 === 0);
  expect(Math.max(...left.map(Math.abs))).toBeGreaterThan(8000);
});

test('wheel and drag look back over the call, and the frame follows', async ({ page, demo, call }) => {
  await page.goto(demo.pageUrl);
  const phone = await call();
  await row(page, phone).click();
  await expect(button(page, 'Stop')).toBeVisible();
  await button(page, '10 s').click();
  await phone.wait(14_000);
  const lane = page.locator('call-waveform .lane').first();
  await lane.hover();
  await page.mouse.wheel(0, -300);
  await expect(button(page, /Go live/)).toBeVisible();
  // The sound stays live: only the eye went back.
  await expect(page.locator('call-player').getByText('Listening')).toBeVisible();
  await button(page, /Go live/).click();
  await expect(button(page, /Go live/)).toHaveCount(0);
  const box = await lane.boundingBox();
  if (!box) throw new Error('The lane is not on the page.');
  await page.mouse.move(box.x + 200, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 500, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await expect(button(page, /Go live/)).toBeVisible();
  // A click there goes there in the sound.
  await lane.click({ position: { x: 600, y: 40 } });
  await expect(page.locator('call-player').getByText('Behind')).toBeVisible();
});

test('the list is found in, sorted, and used by keyboard alone', async ({ page, demo, call }) => {
  await page.goto(demo.pageUrl);
  const first = await call({ from: '+12025550101', lineNoiseDb: -62 });
  const second = await call({ from: '+12025550102', lineNoiseDb: -62 });
  await expect(page.getByRole('option')).toHaveCount(2);
  await button(page, /Order/).click();
  await button(page, /Order/).click();
  await expect(page.getByRole('option').first()).toContainText('0102');
  await page.keyboard.press('/');
  await page.keyboard.type('0101');
  await expect(page.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: '0101' })).toBeVisible();
  await expect(button(page, 'Stop')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('call-player').getByText('Not listening')).toBeVisible();
  await expect(row(page, second)).toHaveCount(0);
  expect(first.warnings).toEqual([]);
});

test('the address keeps the view', async ({ page, demo, call }) => {
  await call();
  await page.goto(demo.pageUrl);
  await page.keyboard.press('2');
  await expect(page).toHaveURL(/#view=wall$/);
  await page.reload();
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await page.getByRole('listitem').getByRole('button').click();
  await expect(page).toHaveURL(/#view=live$/);
  await expect(button(page, 'Stop')).toBeVisible();
});
