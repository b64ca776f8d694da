import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type SourceFile, violations } from './ladder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function sources(): SourceFile[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join('packages', entry.name, 'src'))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    )
    .map((path) => ({ path: path.replaceAll(sep, '/'), text: readFileSync(join(root, path), 'utf8') }));
}

/** The complaints about one file, alone or beside others. */
const about = (path: string, text: string, ...others: SourceFile[]): string[] =>
  violations([{ path, text }, ...others]);

test('every package holds the ladder', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(10);
  expect(violations(files)).toEqual([]);
});

describe('the ladder of packages', () => {
  test.each([
    ['core', `import ky from 'ky';`],
    ['core', `import { readFileSync } from 'node:fs';`],
    ['node', `import { createHub } from '@patchcord/monitor';`],
    ['player', `import { createHub } from '@patchcord/monitor';`],
    ['player', `import { x } from '@patchcord/core/src/bytes/base64.ts';`],
    ['elements', `const fs = await import('node:fs');`],
    ['simulator', `export { serveCalls } from '@patchcord/node';`],
    ['simulator', `export * from '../../node/src/serve.ts';`],
    ['monitor', `type Server = import('@patchcord/node').CallServer;`],
    ['unheard-of', `import ws from 'ws';`],
  ])('%s may not: %s', (name, text) => {
    expect(about(`packages/${name}/src/made-up.ts`, text)).toHaveLength(1);
  });

  test.each([
    ['core', `import { MediaError } from './errors.ts';`],
    ['node', `import { createHash } from 'node:crypto';`],
    ['player', `import { MonitorClient } from '@patchcord/monitor/client';`],
    ['elements', `import { customElement } from 'lit/decorators.js';`],
  ])('%s may: %s', (name, text) => {
    expect(about(`packages/${name}/src/made-up.ts`, text)).toEqual([]);
  });

  test('what a browser loads of the monitor knows no Node', () => {
    const text = `import { createHmac } from 'node:crypto';`;
    expect(about('packages/monitor/src/hub.ts', text)).toEqual([]);
    expect(about('packages/monitor/src/client.ts', text)).toHaveLength(1);
    expect(about('packages/monitor/src/wire/packet.ts', text)).toHaveLength(1);
  });
});

describe('the ladder inside core', () => {
  const order = ['bytes', 'dsp', 'codecs', 'frames', 'serializers', 'streams', 'transports'];
  /** Side by side at the foot of the ladder: neither knows the other. */
  const isForbidden = (from: string, to: string): boolean =>
    order.indexOf(to) > order.indexOf(from) || (from === 'dsp' && to === 'bytes');

  for (const from of order) {
    for (const to of order.filter((folder) => folder !== from)) {
      const verdict = isForbidden(from, to) ? 'may not' : 'may';
      test(`${from} ${verdict} import ${to}`, () => {
        const text = `import type { T } from '../${to}/made-up.ts';`;
        expect(about(`packages/core/src/${from}/made-up.ts`, text)).toHaveLength(
          isForbidden(from, to) ? 1 : 0,
        );
      });
    }
  }

  test('errors.ts is for all, and knows nobody', () => {
    expect(about('packages/core/src/bytes/base64.ts', `import { MediaError } from '../errors.ts';`)).toEqual(
      [],
    );
    expect(about('packages/core/src/errors.ts', `export * from './bytes/base64.ts';`)).toHaveLength(1);
    expect(about('packages/core/src/bytes/base64.ts', `export * from '../index.ts';`)).toHaveLength(1);
  });

  test('a cycle is found, types included', () => {
    const back = { path: 'packages/core/src/dsp/b.ts', text: `export type { A } from './a.ts';` };
    expect(about('packages/core/src/dsp/a.ts', `import { b } from './b.ts';`, back)).toEqual([
      'a cycle: packages/core/src/dsp/a.ts → packages/core/src/dsp/b.ts → packages/core/src/dsp/a.ts',
    ]);
  });
});

describe('names that core leaves alone', () => {
  const inCore = (text: string): string[] => about('packages/core/src/dsp/made-up.ts', text);

  test.each([
    `Buffer.from('')`,
    `const now = process.hrtime;`,
    `console.log(1)`,
    `if (typeof window === 'undefined') {}`,
    `type Bytes = Buffer;`,
  ])('found: %s', (text) => {
    expect(inCore(text)).toHaveLength(1);
  });

  test.each([
    `const window = new Float64Array(64); window[0] = 1;`,
    `function shape(window: Float64Array) { return window[0]; }`,
    `const text = 'console'; // process`,
    `class A { process() {} } new A().process();`,
  ])('left alone: %s', (text) => {
    expect(inCore(text)).toEqual([]);
  });
});
