import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { startDemo } from './demo.ts';

const PICTURE = fileURLToPath(new URL('../docs/dashboard.png', import.meta.url));

test('a picture of the dashboard, with simulated callers on the line', async ({ page }) => {
  const demo = await startDemo({ CALLERS: '3' });
  try {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(demo.pageUrl);
    await page.getByRole('option').first().click();
    // By then the first caller has spoken over the menu, and the agent has answered.
    await page.waitForTimeout(27_000);
    await expect(page.getByRole('option')).toHaveCount(3);
    await page.screenshot({ path: PICTURE });
  } finally {
    await demo.stop();
  }
});
