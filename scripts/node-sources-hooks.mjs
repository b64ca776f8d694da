/** Hook of `node-sources.mjs`, on the thread that loads modules: removes types. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'oxc-transform';

export async function load(url, context, next) {
  if (!/\.[cm]?ts$/.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  const { code, errors } = await transform(file, await readFile(file, 'utf8'), {
    sourcemap: false,
    target: 'es2022',
    typescript: { onlyRemoveTypeImports: true },
    decorator: { legacy: true },
  });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0].message}`);
  return { format: 'module', source: code, shortCircuit: true };
}
