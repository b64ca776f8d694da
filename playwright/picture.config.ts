import type { PlaywrightTestConfig } from '@playwright/test';
import tests from './playwright.config.ts';

/** Takes the picture of the dashboard that stands in the README: `playwright test -c playwright/picture.config.ts`. */
const config: PlaywrightTestConfig = {
  ...tests,
  testDir: '.',
  testMatch: 'picture.ts',
  outputDir: './test-results/picture',
};

export default config;
