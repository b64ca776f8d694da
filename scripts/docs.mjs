#!/usr/bin/env node
/**
 * Builds the documentation as a site into `docs/.vitepress/dist`: the reference from the doc comments, then the pages. Fails on
 * a link that leads nowhere, and on a page that would fetch something from another host.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const site = join(docs, '.vitepress', 'dist');
const FETCHED =
  /<(?:script|img|iframe|link rel="(?:stylesheet|preload|modulepreload|icon)")[^>]*(?:src|href)="(?:https?:)?\/\//;

function run(program, ...args) {
  const { status } = spawnSync(process.execPath, [join(docs, 'node_modules', program), ...args], {
    cwd: docs,
    stdio: 'inherit',
    timeout: 300_000,
  });
  if (status !== 0) process.exit(status ?? 1);
}

run('typedoc/bin/typedoc');
run('vitepress/bin/vitepress.js', 'build');

const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.html'),
);
const fetching = pages.filter((page) => FETCHED.test(readFileSync(join(site, page), 'utf8')));
for (const page of fetching)
  console.log(`${page} fetches something from another host. Put it beside the pages.`);
console.log(`${pages.length} pages in ${site}`);
if (fetching.length > 0) process.exitCode = 1;
