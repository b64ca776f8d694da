import { expect, test } from '../fixtures.ts';
import config from '../playwright.config.ts';

const { launchOptions } = config.use ?? {};

test.use({
  permissions: ['microphone'],
  launchOptions: {
    ...launchOptions,
    // A microphone that beeps, and nobody to ask.
    args: [
      ...(launchOptions?.args ?? []),
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  },
});

/** Loudest sample of what the caller heard from a time on. */
const loudest = (heard: Int16Array, fromMs: number, toMs: number): number =>
  heard.slice(8 * fromMs, 8 * toMs).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

test('speaks to the caller while the button is held, and no longer', async ({
  page,
  demo,
  call,
}, testInfo) => {
  await page.goto(demo.pageUrl);
  const phone = await call({ from: '+12025550123', lineNoiseDb: -62 });
  await page.locator(`[role=option][data-call-id="${phone.callSid}"]`).click();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  await phone.waitForSpeech();

  await page.getByRole('button', { name: 'Barge in…' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Talk to the caller' });
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  const hold = dialog.getByRole('button', { name: /Hold to talk/ });
  await expect(hold).toBeEnabled();
  await phone.wait(1000);
  expect(phone.events.some(({ kind }) => kind === 'clear')).toBe(false);
  await page.screenshot({ path: testInfo.outputPath('armed.png') });

  // Held: the agent is cut off, and the caller hears the microphone.
  await page.keyboard.down('Space');
  await expect(page.getByText('On air to')).toBeVisible();
  await phone.waitUntil(() => phone.events.some(({ kind }) => kind === 'clear'));
  const onAirMs = phone.timestampMs;
  await phone.wait(2500);
  await page.screenshot({ path: testInfo.outputPath('on-air.png') });
  expect(loudest(phone.heard, onAirMs, phone.timestampMs)).toBeGreaterThan(1000);
  await expect(page.getByRole('log').locator('[data-kind=on-air]')).toHaveCount(1);

  // Let go: silent at once, and the dialog stays.
  await page.keyboard.up('Space');
  await expect(page.getByText('On air to')).toHaveCount(0);
  await expect(page.getByRole('log').locator('[data-kind=on-air]')).toContainText(/on air, \d/);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('tells the agent something, and says when it did not take it', async ({ page, demo, call }) => {
  await page.goto(demo.pageUrl);
  const phone = await call();
  await page.locator(`[role=option][data-call-id="${phone.callSid}"]`).click();
  await page.getByRole('button', { name: 'Barge in…' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Talk to the caller' });
  const field = dialog.getByLabel('Or tell the agent');
  await field.fill('#');
  await field.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText('The agent was told.');
  await expect(page.getByRole('log')).toContainText('closing announcement', { timeout: 15_000 });
});

test('losing the page’s focus ends it', async ({ page, demo, call }) => {
  await page.goto(demo.pageUrl);
  const phone = await call();
  await page.locator(`[role=option][data-call-id="${phone.callSid}"]`).click();
  await page.getByRole('button', { name: 'Barge in…' }).first().click();
  const hold = page.getByRole('button', { name: /Hold to talk/ });
  await expect(hold).toBeEnabled();
  await hold.hover();
  await page.mouse.down();
  await expect(page.getByText('On air to')).toBeVisible();
  await page.evaluate(() => dispatchEvent(new Event('blur')));
  await expect(page.getByText('On air to')).toHaveCount(0);
  await page.mouse.up();
});
