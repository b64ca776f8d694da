/** A copy of the work tree to break things in. */
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/** What is made, not written. */
const LEFT_OUT = new Set(['.git', '.tsbuild', 'dist', 'node_modules', 'test-results']);

/** What package managers and tools keep beside the packages; `.pnpm` is linked. */
const CACHES = /^\.(?!bin(?:$|[\\/]))/;

/**
 * Copies the sources. Installed packages are the tree's own, but for the workspace's: those are the copy's.
 *
 * @param {string} root
 * @param {string} copy is made
 */
export function copyTree(root, copy) {
  cpSync(root, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  for (const folder of ['', ...workspaceFolders(root)]) {
    const installed = join(root, folder, 'node_modules');
    if (!existsSync(installed)) continue;
    // Links to packages of the workspace are relative, and so lead to those of the copy.
    const keep = (path) => !CACHES.test(relative(installed, path));
    cpSync(installed, join(copy, folder, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: keep,
    });
  }
  mkdirSync(join(copy, 'node_modules'), { recursive: true });
  symlinkSync(join(root, 'node_modules', '.pnpm'), join(copy, 'node_modules', '.pnpm'), 'dir');
}

/** Folders that may have installed packages of their own, from the root. */
const workspaceFolders = (root) => {
  const top = foldersIn(root);
  return [
    ...top,
    ...top.flatMap((folder) => foldersIn(join(root, folder)).map((name) => join(folder, name))),
  ];
};

const foldersIn = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !LEFT_OUT.has(entry.name))
    .map(({ name }) => name);
