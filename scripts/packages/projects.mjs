/** Projects that use the packages as a stranger would: from tarballs, in an empty folder. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runProgram } from '../run-program.mjs';
import { pnpm } from './pack.mjs';
import { visit } from './page.mjs';

/** Longest waits, in seconds. A closed network must not hold up a test run. */
const INSTALL_SECONDS = 180;
const RUN_SECONDS = 60;

const require = createRequire(import.meta.url);
const installed = (name) => require(`${name}/package.json`).version;

/** Programs that a project has installed, by name; those of the repository, by path. */
const own = (name) => join('node_modules', '.bin', name);
const NODE_SIDE = ['core', 'node', 'simulator', 'monitor'];
const ALL = [...NODE_SIDE, 'player', 'elements'];

const typescript = (version) => ({
  folder: 'typescript',
  packages: ALL,
  others: { typescript: version, '@types/node': installed('@types/node') },
  steps: () => [
    [own('tsc'), '-p', 'tsconfig.page.json'],
    [own('tsc'), '-p', '.'],
    [process.execPath, 'out/call.js'],
  ],
});

/**
 * `packages` are installed from tarballs, `others` from the registry; `steps` are run one after another, in the project's
 * folder.
 */
export const projects = {
  'Node, ES modules': {
    folder: 'node-esm',
    packages: NODE_SIDE,
    steps: () => [[process.execPath, 'main.mjs']],
  },
  'Node, require': {
    folder: 'node-require',
    packages: NODE_SIDE,
    steps: () => [[process.execPath, 'main.cjs']],
  },
  'TypeScript 5.9': typescript('~5.9.3'),
  'TypeScript 7': typescript(installed('typescript')),
  'Vite, a page in Chromium': {
    folder: 'vite',
    packages: ALL,
    others: { vite: installed('vite'), ws: installed('ws') },
    steps: () => [[own('vite'), 'build', '--logLevel', 'warn'], visit],
  },
  Deno: {
    folder: 'deno',
    packages: ['core', 'simulator'],
    steps: ({ programs }) => [[join(programs, 'deno'), 'run', '--check', '--allow-all', 'main.ts']],
  },
  Bun: {
    folder: 'bun',
    packages: ['core', 'node', 'simulator'],
    steps: ({ programs }) => [[join(programs, 'bun'), 'main.ts']],
  },
  workerd: {
    folder: 'workerd',
    packages: ['core', 'simulator'],
    others: { vite: installed('vite') },
    needs: 'workerd',
    steps: () => [
      [own('vite'), 'build', '--logLevel', 'warn'],
      [process.execPath, 'main.mjs'],
    ],
  },
};

/**
 * Installs one project in a folder of its own, and runs it.
 *
 * @returns {Promise<string | undefined>} what went wrong: the output of the step that failed
 */
export async function tryProject(project, { root, place, tarballs }) {
  const templates = join(root, 'packages', 'testing', 'projects');
  const programs = join(root, 'node_modules', '.bin');
  mkdirSync(place, { recursive: true });
  for (const folder of ['shared', project.folder])
    cpSync(join(templates, folder), place, { recursive: true });
  writeManifest(project, place, tarballs);

  const [program, ...args] = pnpm();
  const install = [
    program,
    ...args,
    'install',
    '--prefer-offline',
    '--ignore-scripts',
    '--no-frozen-lockfile',
  ];
  const env = { WORKERD: join(programs, 'workerd'), DENO_NO_UPDATE_CHECK: '1', NODE_OPTIONS: '' };
  for (const step of [install, ...project.steps({ programs })]) {
    const seconds = step === install ? INSTALL_SECONDS : RUN_SECONDS;
    const { ok, output } =
      typeof step === 'function'
        ? await step({ cwd: place, seconds })
        : await runProgram(step[0], step.slice(1), { cwd: place, seconds, env });
    if (!ok) return `${typeof step === 'function' ? step.name : step.join(' ')}\n${output}`;
  }
  return undefined;
}

/** The packages come from their tarballs, whoever asks for them: that is what the overrides are for. */
function writeManifest({ packages, others = {} }, place, tarballs) {
  const files = Object.fromEntries(
    packages.map((name) => [`@patchcord/${name}`, `file:${tarballs.get(name)}`]),
  );
  const manifest = {
    name: 'a-project',
    private: true,
    type: 'module',
    dependencies: { ...files, ...others },
  };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest, undefined, 2));
  const overrides = [...tarballs].map(([name, file]) => `  '@patchcord/${name}': 'file:${file}'`);
  writeFileSync(join(place, 'pnpm-workspace.yaml'), `packages: []\noverrides:\n${overrides.join('\n')}\n`);
}
