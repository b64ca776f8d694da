#!/usr/bin/env node
/**
 * Compiles the TypeScript of the documents: each block fenced as `ts`, as a module of its own. What the blocks take for
 * granted (`call`, `authToken`, ...) is declared in `docs/snippets.d.ts`. A block that is no whole program is fenced as
 * `ts no-check`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Below `docs`, whose dependencies the blocks may import. */
const place = join(root, 'docs', '.snippets');
/** What is not ours, or made by a program. */
const PASSED_OVER = new Set([
  'node_modules',
  'dist',
  'reference',
  '.snippets',
  '.git',
  'test-results',
  'playwright-report',
  'golden',
  'transcripts',
]);

function* documents(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) yield* documents(path);
    else if (entry.isFile() && entry.name.endsWith('.md')) yield path;
  }
}

/** The blocks of a document, each on the lines that it has there, so that an error names the line to mend. */
function* blocks(text) {
  const fence = /^( *)```ts[ \t]*\n([\s\S]*?)^ *```[ \t]*$/gm;
  for (const { index, 1: indent, 2: code } of text.matchAll(fence)) {
    const line = text.slice(0, index).split('\n').length;
    yield { line, code: '\n'.repeat(line) + code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  }
}

rmSync(place, { recursive: true, force: true });
mkdirSync(place);
const origins = new Map();
for (const path of documents(root)) {
  for (const { line, code } of blocks(readFileSync(path, 'utf8'))) {
    const name = `${relative(root, path).replaceAll(/[^\w-]+/g, '-')}-${line}.ts`;
    origins.set(name, relative(root, path));
    writeFileSync(join(place, name), code);
  }
}
writeFileSync(
  join(place, 'tsconfig.json'),
  JSON.stringify({
    extends: '../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, skipLibCheck: true },
    files: ['../snippets.d.ts', '../../packages/player/src/inline.d.ts', ...origins.keys()],
  }),
);
const { status, stdout, stderr } = spawnSync(
  join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc'),
  ['-p', place, '--pretty', 'false'],
  { cwd: place, encoding: 'utf8', timeout: 120_000, shell: process.platform === 'win32' },
);
rmSync(place, { recursive: true, force: true });
process.stderr.write(stderr);
process.stdout.write(
  stdout.replaceAll(/^(\S+\.ts)\(/gm, (all, name) => (origins.has(name) ? `${origins.get(name)}(` : all)),
);
if (status === 0) console.log(`${origins.size} blocks of TypeScript compile.`);
else {
  console.log(
    'A document shows code that does not compile. Each line above names the document and its line.',
  );
  process.exitCode = 1;
}
