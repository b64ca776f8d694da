/**
 * Makes `import text from 'inline:./worklet/processor.ts'` the text of that module, bundled as one classic
 * script. For Rollup and, through it, Vite and Vitest.
 */
import { dirname, resolve } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { minifySync } from 'vite';
import { typescript } from './typescript.mjs';

const PREFIX = 'inline:';

/** Input options that bundle TypeScript sources of this workspace whole. */
export const fromSource = (input) => ({
  input,
  plugins: [
    nodeResolve({ browser: true, exportConditions: ['@patchcord/source'], extensions: ['.ts', '.js'] }),
    typescript(),
  ],
});

export const inlineWorklet = () => ({
  name: 'inline-worklet',
  enforce: 'pre',
  resolveId: (id, importer) =>
    id.startsWith(PREFIX)
      ? `\0${PREFIX}${resolve(dirname(importer), id.slice(PREFIX.length)).replace(/\.ts$/, '')}`
      : null,
  async load(id) {
    if (!id.startsWith(`\0${PREFIX}`)) return null;
    const bundle = await rollup(fromSource(`${id.slice(PREFIX.length + 1)}.ts`));
    const { output } = await bundle.generate({ format: 'iife' });
    for (const file of bundle.watchFiles) this.addWatchFile(file);
    await bundle.close();
    // A text among others: whoever bundles the page minifies code, not strings.
    return `export default ${JSON.stringify(minifySync('inline.js', output[0].code).code)};`;
  },
});
