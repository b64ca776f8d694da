import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mutants } from './list.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Whether each is noticed takes minutes (`pnpm test:long`); whether each still has its place is seen at once. */
test.each(mutants)('$name: its text stands once in $file, and its test is there', (mutant) => {
  const source = readFileSync(join(root, mutant.file), 'utf8');
  expect(source.split(mutant.text)).toHaveLength(2);
  expect(existsSync(join(root, mutant.test))).toBe(true);
});
