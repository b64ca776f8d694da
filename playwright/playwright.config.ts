import type { PlaywrightTestConfig } from '@playwright/test';

const { CHROMIUM_PATH: executablePath, CI } = process.env;

/** As root Chromium has no sandbox. No autoplay flag: the tests prove that the click unlocks sound. */
const args = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const config: PlaywrightTestConfig = {
  testDir: './tests',
  outputDir: './test-results',
  timeout: 60_000,
  // Sound is played in real time: two tests at once would disturb each other.
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(CI),
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    actionTimeout: 10_000,
    navigationTimeout: 10_000,
    // A trace takes pictures all the time: the sound would suffer.
    trace: 'off',
    launchOptions: { args, ...(executablePath ? { executablePath } : {}) },
  },
};

export default config;
