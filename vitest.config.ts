import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { inlineWorklet } from './scripts/inline-worklet.mjs';

const conditions = ['@patchcord/source'];
const executablePath = process.env.CHROMIUM_PATH;

/** No autoplay flag: a test that needs a gesture makes a real click. */
const args = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [inlineWorklet()],
        ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{packages,examples,scripts}/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'],
        },
      },
      {
        plugins: [inlineWorklet()],
        resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'] },
        test: {
          name: 'browser',
          include: ['packages/testing/test/contract.test.ts', 'packages/**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args, ...(executablePath ? { executablePath } : {}) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
