import type { PlaywrightTestConfig } from '@playwright/test';
import tests from './playwright.config.ts';

/**
 * Measures what a listener waits, and what it costs: `playwright test -c playwright/latency.config.ts`, after a build, on a
 * machine that does nothing else. Prints figures; sets no bounds.
 */
const config: PlaywrightTestConfig = {
  ...tests,
  testDir: '.',
  testMatch: 'latency.ts',
  outputDir: './test-results/latency',
  timeout: 120_000,
};

export default config;
