import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const docs = fileURLToPath(new URL('..', import.meta.url));
const page = (text: string, link: string) => ({ text, link });

const PACKAGES = [
  '@patchcord/core',
  '@patchcord/core/polyfill',
  '@patchcord/node',
  '@patchcord/node/web',
  '@patchcord/simulator',
  '@patchcord/simulator/vitest',
  '@patchcord/monitor',
  '@patchcord/monitor/client',
  '@patchcord/monitor/nats',
  '@patchcord/player',
  '@patchcord/elements',
];

export default defineConfig({
  title: 'Patchcord',
  description: 'Phone calls connected to code, in TypeScript.',
  cleanUrls: true,
  lastUpdated: false,
  // Links to files of the repository, which are no pages of the site.
  ignoreDeadLinks: [/^(?:\.\/)?\.\.\//],
  srcExclude: ['node_modules/**'],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [page('Start', '/start'), page('Guides', '/guides/answer-a-call'), page('Reference', '/reference/')],
    sidebar: [
      {
        text: 'First',
        items: [
          page('Start', '/start'),
          page('Concepts', '/concepts'),
          page('Silent calls: what is wrong', '/faq'),
        ],
      },
      {
        text: 'Guides',
        items: [
          page('Answer a call', '/guides/answer-a-call'),
          page('Barge-in', '/guides/barge-in'),
          page('Hang up and transfer', '/guides/hang-up-and-transfer'),
          page('Keys', '/guides/keys'),
          page('Record', '/guides/record'),
          page('Watch and hear calls', '/dashboard'),
          page('Test without a phone', '/testing'),
          page('Deploy behind a proxy', '/guides/behind-a-proxy'),
          page('Scale out', '/scale'),
        ],
      },
      {
        text: 'Coming from',
        items: [
          page('Pipecat', '/from-pipecat'),
          page('A raw WebSocket', '/from-ws'),
          page('React Native, old browsers', '/old-platforms'),
        ],
      },
      {
        text: 'In depth',
        items: [
          page('Calls', '/calls'),
          page('Performance', '/performance'),
          page('Quality of conversion', '/resampler'),
          page('The tree', '/architecture'),
        ],
      },
      { text: 'Reference', items: PACKAGES.map((name) => page(name, `/reference/${name}/`)) },
    ].map((group) => ({
      ...group,
      items: group.items.filter(
        ({ link }) => link.startsWith('/reference') || existsSync(`${docs}${link}.md`),
      ),
    })),
  },
});
