import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { startDemo } from './demo.ts';

const picture = (name: string): string =>
  fileURLToPath(new URL(`../docs/dashboard${name}.png`, import.meta.url));

const schemes = ['light', 'dark'] as const;

/** Takes a picture of the view in both themes; where asked, on a phone as well. */
async function take(page: Page, name: string, phone: boolean): Promise<void> {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(700);
    await page.screenshot({ path: picture(`-${name}-${colorScheme}`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  if (!phone) return;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(700);
  await page.screenshot({ path: picture(`-${name}-phone`) });
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('pictures of the dashboard, with simulated callers on the line', async ({ page }) => {
  test.setTimeout(180_000);
  const empty = await startDemo();
  try {
    await page.goto(empty.pageUrl);
    await expect(page.getByText('No calls yet')).toBeVisible();
    await take(page, 'empty', true);
  } finally {
    await empty.stop();
  }
  const few = await startDemo({ CALLERS: '4' });
  try {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(few.pageUrl);
    await page.getByRole('option').first().click();
    // By then the first caller has spoken over the menu, and the agent has answered.
    await page.waitForTimeout(22_000);
    await page.screenshot({ path: picture('') });
    await take(page, 'live', true);
    await page.keyboard.press('Shift+H');
    await take(page, 'hang-up', false);
    await page.keyboard.press('Escape');
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowLeft');
    await page.waitForTimeout(500);
    await take(page, 'behind', false);
    await page.keyboard.press('l');
    await page.keyboard.press('w');
    await take(page, 'spectrogram', false);
    await page.keyboard.press('w');
  } finally {
    await few.stop();
  }
  const many = await startDemo({ CALLERS: '16' });
  try {
    await page.goto(many.pageUrl);
    await page.keyboard.press('3'); // collects waits from here on
    await page.waitForTimeout(45_000);
    await page.keyboard.press('2');
    await page.waitForTimeout(10_000);
    await take(page, 'wall', true);
    await page.keyboard.press('3');
    await take(page, 'latency', true);
  } finally {
    await many.stop();
  }
});
