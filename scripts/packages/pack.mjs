/** The packages as they would be published. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../run-program.mjs';

const PACK_SECONDS = 60;

/**
 * pnpm, as a program and its first arguments: the one that runs us, or one that npx brings.
 *
 * @returns {[program: string, ...args: string[]]}
 */
export function pnpm() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /pnpm\.c?js$/.test(running)) return [process.execPath, running];
  return ['npx', '-y', 'pnpm@10'];
}

/**
 * Packs every package that is not private.
 *
 * @param {string} root of the repository
 * @param {string} folder where the tarballs go
 * @returns {Promise<{ name: string, folder: string, manifest: object, tarball: string }[]>}
 */
export async function packAll(root, folder) {
  const packages = readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .map((path) => ({ path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => !manifest.private);
  return Promise.all(
    packages.map(async ({ path, manifest }) => {
      const [program, ...args] = pnpm();
      const { ok, output } = await runProgram(program, [...args, 'pack', '--pack-destination', folder], {
        cwd: path,
        seconds: PACK_SECONDS,
      });
      if (!ok) throw new Error(`${manifest.name} could not be packed.\n${output}`);
      const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
      return { name: manifest.name, folder: path, manifest, tarball: join(folder, file) };
    }),
  );
}
