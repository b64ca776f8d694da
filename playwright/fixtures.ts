import { type DialOptions, dial, type Phone } from '@patchcord/simulator';
import {
  test as base,
  expect,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { type Demo, startDemo } from './demo.ts';

interface TestFixtures {
  /** Calls the demo; hung up when the test is over. */
  readonly call: (options?: DialOptions) => Promise<Phone>;
  /** What the page wrote to its console as an error, threw or was denied. Checked to be empty after each test. */
  readonly problems: string[];
}

interface WorkerFixtures {
  readonly demo: Demo;
}

/** Playwright's `test`, with the demo, phones that call it, and pages that may not complain. */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & TestFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & WorkerFixtures
> = base.extend<TestFixtures, WorkerFixtures>({
  demo: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const demo = await startDemo();
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker' },
  ],

  call: async ({ demo }, use) => {
    const phones: Phone[] = [];
    await use(async (options = {}) => {
      const phone = await dial(demo.mediaUrl, options);
      phones.push(phone);
      return phone;
    });
    await Promise.all(phones.map((phone) => phone.hangUp()));
  },

  problems: [
    async ({ page }, use) => {
      const problems: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(`console: ${message.text()}`);
      });
      page.on('pageerror', (error) => problems.push(`page: ${error.stack ?? error.message}`));
      page.on('crash', () => problems.push('the page crashed'));
      await use(problems);
      expect(problems, 'errors of the page').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
