#!/usr/bin/env node
/** Gives each `jsr.json` the version of its `package.json`, once changesets have raised that. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = join(import.meta.dirname, '..', '..', 'packages');

for (const name of readdirSync(packages)) {
  const file = join(packages, name, 'jsr.json');
  if (!existsSync(file)) continue;
  const { version } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/"version": "[^"]*"/, `"version": "${version}"`));
}
