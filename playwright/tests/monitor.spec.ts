import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { sentence } from '../speech.ts';
import { playerStats } from '../tap.ts';

const row = (page: Page, callSid: string) => page.locator(`[role=option][data-call-id="${callSid}"]`);
const events = (page: Page, kind: string) => page.getByRole('log').locator(`[data-kind=${kind}]`);

test('the list follows calls that come and go', async ({ page, demo, call }, testInfo) => {
  await page.goto(demo.pageUrl);
  await expect(page.getByText('No calls', { exact: true })).toBeVisible();
  await page.screenshot({ path: testInfo.outputPath('empty.png') });

  const first = await call({ from: '+12025550101' });
  await expect(page.getByRole('option')).toHaveCount(1);
  await expect(row(page, first.callSid)).toContainText('0101');
  const second = await call({ from: '+12025550102' });
  await expect(page.getByRole('option')).toHaveCount(2);
  await expect(row(page, second.callSid)).toContainText('Agent speaks');

  await first.hangUp();
  await expect(row(page, first.callSid)).toContainText('hung up');
  await expect(row(page, second.callSid)).not.toContainText('hung up');
  await expect(row(page, first.callSid)).toHaveCount(0, { timeout: 15_000 });
  await expect(page.getByRole('option')).toHaveCount(1);
});

/** What the page's own code did about sound, written down as it happened. */
interface Diary {
  diary: { what: 'context' | 'click'; state?: string; trusted?: boolean }[];
  contexts: AudioContext[];
}

test('the click unlocks the sound', async ({ page, demo, call }) => {
  // Written down by the page itself: reading it from here would count as a gesture.
  await page.addInitScript(() => {
    const notes = window as unknown as Diary;
    notes.diary = [];
    notes.contexts = [];
    addEventListener(
      'click',
      ({ isTrusted }) => notes.diary.push({ what: 'click', trusted: isTrusted }),
      true,
    );
    const Native = window.AudioContext;
    window.AudioContext = class extends Native {
      constructor(options?: AudioContextOptions) {
        super(options);
        notes.diary.push({ what: 'context', state: this.state });
        notes.contexts.push(this);
      }
    };
    new AudioContext(); // the control: what a context is before any click
  });
  const phone = await call();
  await page.goto(demo.pageUrl);
  await row(page, phone.callSid).click();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  const { diary, states } = await page.evaluate(() => {
    const { diary, contexts } = window as unknown as Diary;
    return { diary, states: contexts.map(({ state }) => state) };
  });
  expect(diary).toMatchObject([
    { what: 'context', state: 'suspended' },
    { what: 'click', trusted: true },
    { what: 'context' },
  ]);
  expect(states[1]).toBe('running');
  await expect.poll(async () => (await playerStats(page)).playedSamples).toBeGreaterThan(4000);
});

/** Gives up on a machine that stalls again and again, in milliseconds. */
const LONGEST_WAIT_MS = 75_000;

/**
 * Waits for so long a stretch of sound with nothing made up: on a quiet machine the first one. A machine that
 * stalls for longer than the jitter buffer holds begins it anew; a player at fault never gets there.
 */
async function soundWithoutGap(page: Page, ms: number): Promise<void> {
  const begunMs = performance.now();
  let first = await playerStats(page);
  let sinceMs = begunMs;
  for (;;) {
    await page.waitForTimeout(500);
    const stats = await playerStats(page);
    const nowMs = performance.now();
    if (stats.concealedSamples > first.concealedSamples || stats.underruns > first.underruns) {
      expect(nowMs - begunMs, 'waiting for sound without a gap, ms').toBeLessThan(LONGEST_WAIT_MS - ms);
      first = stats;
      sinceMs = nowMs;
    }
    if (nowMs - sinceMs < ms) continue;
    expect(stats.playedSamples - first.playedSamples).toBeGreaterThan(0.98 * 8 * ms);
    return;
  }
}

test('a call is heard for 30 s with nothing made up, and drawn as it happens; hanging up takes two steps', async ({
  page,
  demo,
  call,
}, testInfo) => {
  test.setTimeout(120_000);
  await page.goto(demo.pageUrl);
  const phone = await call({ from: '+12025550123' });
  await row(page, phone.callSid).click();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  const wholeSound = soundWithoutGap(page, 30_000);
  wholeSound.catch(() => {}); // Awaited below; a failure before that is the one to tell.
  const picture = (name: string): string => testInfo.outputPath(`${name}.png`);

  // The caller speaks over the menu: the agent falls silent, and what was not heard is told.
  await phone.wait(3000);
  const saying = phone.say(sentence(2000));
  await expect(events(page, 'cut')).toHaveCount(1, { timeout: 5000 });
  expect(phone.events.some(({ kind }) => kind === 'clear')).toBe(true);
  await saying;

  // It answers when the caller is quiet, and a mark comes back when that was heard.
  await expect(events(page, 'mark').filter({ hasText: 'hold' })).toHaveCount(1, { timeout: 15_000 });
  await expect(page.getByRole('log')).toContainText('All representatives are currently busy');

  // A key, as it is pressed. This one says the menu again, for as long as it takes.
  await phone.press('9');
  await expect(events(page, 'key').first()).toContainText('9');
  const again = setInterval(() => void phone.press('9').catch(() => {}), 20_000);
  await wholeSound.finally(() => clearInterval(again));

  // Pictures now: taking one stops the page for a moment, and its sound.
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300); // the next drawing has the new colours
    await page.screenshot({ path: picture(colorScheme) });
  }

  // The first step asks, and the safe answer has the focus.
  await page.getByRole('button', { name: 'Hang up…' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog.getByRole('button', { name: 'Keep the call' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  expect(phone.events.some(({ kind }) => kind === 'ended')).toBe(false);
  await page.getByRole('button', { name: 'Hang up…' }).click();
  await dialog.getByRole('button', { name: 'Hang up', exact: true }).click();
  expect(await phone.closed).toMatchObject({ endedBy: 'app' });
  await expect(page.getByRole('log')).toContainText(/ended|hung up/i);

  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: picture('narrow') });
});
