import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { publicNames, undocumented } from './doc-comments.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Sources behind the entries of every package that is published. */
function entries(): string[] {
  return readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
    .flatMap((name) => {
      const manifest = JSON.parse(read(`packages/${name}/package.json`)) as {
        readonly private?: boolean;
        readonly exports: Readonly<Record<string, { readonly '@patchcord/source'?: string } | string>>;
      };
      if (manifest.private) return [];
      return Object.values(manifest.exports)
        .flatMap((entry) => (typeof entry === 'string' ? [] : (entry['@patchcord/source'] ?? [])))
        .map((source) => `packages/${name}/${source.replace(/^\.\//, '')}`);
    });
}

describe('every public name has a doc comment', () => {
  test('there are entries', () => {
    expect(entries()).toContain('packages/core/src/index.ts');
    expect(publicNames('packages/core/src/index.ts', read).length).toBeGreaterThan(50);
  });

  test.each(entries())('%s', (entry) => {
    expect(undocumented(entry, read)).toEqual([]);
  });
});

describe('what is found', () => {
  const find = (files: Readonly<Record<string, string>>) =>
    undocumented('a/index.ts', (path) => files[path] ?? '');

  test.each<[string, Readonly<Record<string, string>>, string[]]>([
    [
      'nothing where all is said',
      {
        'a/index.ts': "export { one } from './one.ts';\nexport type { Two } from './one.ts';\n",
        'a/one.ts':
          '/** One. */\nexport function one(): void {}\n\n/** Two. */\nexport interface Two {\n  lengthMs: number;\n  /** Of sheep. */\n  count: number;\n}\n',
      },
      [],
    ],
    [
      'a function',
      { 'a/index.ts': "export { one } from './one.ts';\n", 'a/one.ts': 'export function one(): void {}\n' },
      ['a/one.ts: one has no doc comment'],
    ],
    [
      'a name whose neighbour has the comment',
      {
        'a/index.ts': "export { one } from './one.ts';\n",
        'a/one.ts': '/** Other. */\nconst other = 1;\n\nexport const one = other;\n',
      },
      ['a/one.ts: one has no doc comment'],
    ],
    [
      'a name behind another index, and one under another name',
      {
        'a/index.ts': "export { one, two as zwei } from './b/index.ts';\n",
        'a/b/index.ts': "export { one } from './one.ts';\nexport { drei as two } from './one.ts';\n",
        'a/b/one.ts': '/** One. */\nexport class one {}\nexport type drei = 3;\n',
      },
      ['a/b/one.ts: drei has no doc comment'],
    ],
    [
      'a name that is declared in the entry itself',
      { 'a/index.ts': 'export const one = 1;\n' },
      ['a/index.ts: one has no doc comment'],
    ],
    [
      'all of a starred file',
      {
        'a/index.ts': "export * from './one.ts';\n",
        'a/one.ts': 'export abstract class One {}\n/** Two. */\nexport async function two() {}\n',
      },
      ['a/one.ts: One has no doc comment'],
    ],
    [
      'nothing above a decorator',
      {
        'a/index.ts': "export { One } from './one.ts';\n",
        'a/one.ts': "/** One. */\n@customElement('one')\nexport class One {}\n",
      },
      [],
    ],
    [
      'a number without a unit',
      {
        'a/index.ts': "export type { One } from './one.ts';\n",
        'a/one.ts':
          '/** One. */\nexport interface One {\n  readonly length: number;\n  readonly level?: number;\n}\n',
      },
      ['a/one.ts: One.level does not say its unit'],
    ],
    [
      'a name that is nowhere',
      { 'a/index.ts': "export { one } from './one.ts';\n" },
      ['a/one.ts: one is exported, and not declared where it says'],
    ],
  ])('%s', (_, files, complaints) => {
    expect(find(files)).toEqual(complaints);
  });
});
