import { cpSync } from 'node:fs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { declarations } from './scripts/declarations.mjs';
import { fromSource, inlineWorklet } from './scripts/inline-worklet.mjs';
import { typescript } from './scripts/typescript.mjs';

/** Bare imports stay imports; only a package's own modules are bundled. */
const external = (id) => !/^[./\0]/.test(id) && !id.startsWith('inline:');

const output = (dir) => ({
  dir,
  format: 'es',
  sourcemap: true,
  entryFileNames: '[name].js',
  chunkFileNames: 'shared-[hash].js',
});

const library = (name, ...entries) => ({
  input: Object.fromEntries(entries.map((entry) => [entry, `packages/${name}/src/${entry}.ts`])),
  external,
  plugins: [inlineWorklet(), typescript(), declarations(`packages/${name}/src`)],
  // A module a file, so that whoever bundles a package leaves out what is not used, classes included.
  output: {
    ...output(`packages/${name}/dist`),
    preserveModules: true,
    preserveModulesRoot: `packages/${name}/src`,
  },
});

const program = (folder, entries) => ({
  input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, `${folder}/${file}`])),
  external,
  plugins: [typescript()],
  output: output(`${folder}/dist`),
});

/** Copies a folder of files as they are. */
const copy = (from, to) => ({
  name: 'copy',
  writeBundle() {
    cpSync(from, to, { recursive: true });
  },
});

const page = (folder, source, publicFolder) => ({
  input: `${folder}/${source}`,
  plugins: [
    inlineWorklet(),
    nodeResolve({ browser: true, exportConditions: ['@patchcord/source'], extensions: ['.ts', '.js'] }),
    typescript(),
    copy(`${folder}/${publicFolder}`, `${folder}/dist/public`),
  ],
  output: { file: `${folder}/dist/public/page.js`, format: 'es', sourcemap: true },
});

export default [
  library('core', 'index', 'polyfill'),
  library('node', 'index'),
  library('monitor', 'index', 'client'),
  library('player', 'index'),
  {
    ...fromSource('packages/player/src/worklet/processor.ts'),
    output: { file: 'packages/player/dist/worklet.js', format: 'iife', sourcemap: true },
  },
  library('elements', 'index'),
  library('simulator', 'index', 'cli', 'vitest'),
  program('examples/echo', { node: 'node.ts' }),
  program('examples/dashboard', { server: 'src/server.ts' }),
  page('examples/dashboard', 'src/page/page.ts', 'public'),
];
