import { cpSync } from 'node:fs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { declarations } from './scripts/declarations.mjs';
import { fromSource, inlineWorklet } from './scripts/inline-worklet.mjs';
import { squeezeTemplates } from './scripts/squeeze-templates.mjs';
import { typescript } from './scripts/typescript.mjs';

const squeezed = squeezeTemplates(/packages\/elements\/src/);

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
  plugins: [inlineWorklet(), typescript(), squeezed, declarations(`packages/${name}/src`)],
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

/** One file with all that it imports, for a runtime that installs nothing. */
const worker = (folder, name) => ({
  input: `${folder}/${name}.ts`,
  external: (id) => id.startsWith('cloudflare:'),
  plugins: [
    nodeResolve({ browser: true, exportConditions: ['@patchcord/source'], extensions: ['.ts', '.js'] }),
    typescript(),
  ],
  output: { file: `${folder}/dist/${name}.js`, format: 'es', sourcemap: true },
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
    squeezed,
    copy(`${folder}/${publicFolder}`, `${folder}/dist/public`),
  ],
  output: output(`${folder}/dist/public`),
});

export default [
  library('core', 'index', 'polyfill'),
  library('node', 'index', 'web'),
  library('monitor', 'index', 'client', 'nats'),
  library('player', 'index'),
  {
    ...fromSource('packages/player/src/worklet/processor.ts'),
    output: { file: 'packages/player/dist/worklet.js', format: 'iife', sourcemap: true },
  },
  {
    ...fromSource('packages/player/src/worklet/capture.ts'),
    output: { file: 'packages/player/dist/microphone-worklet.js', format: 'iife', sourcemap: true },
  },
  {
    ...fromSource('packages/player/src/worker/socket-worker.ts'),
    output: { file: 'packages/player/dist/worker.js', format: 'iife', sourcemap: true },
  },
  library('elements', 'index'),
  library('simulator', 'index', 'cli', 'vitest'),
  program('examples/echo', { node: 'node.ts', hono: 'hono.ts', fastify: 'fastify.ts' }),
  worker('examples/echo', 'cloudflare'),
  ...['menu', 'barge-in', 'record', 'transcribe', 'openai-realtime'].map((name) =>
    program(`examples/${name}`, { server: 'src/server.ts' }),
  ),
  program('examples/load', { main: 'src/main.ts' }),
  program('examples/dashboard', { server: 'src/server.ts' }),
  page('examples/dashboard', 'src/page/page.ts', 'public'),
];
