/** Removes types from TypeScript for Rollup. Checking is the work of `tsc -b`. */
import { transformSync } from 'oxc-transform';

export const typescript = () => ({
  name: 'typescript',
  transform(code, id) {
    if (!/\.[cm]?ts$/.test(id)) return null;
    const result = transformSync(id, code, {
      sourcemap: true,
      target: 'es2022',
      typescript: { onlyRemoveTypeImports: true },
      decorator: { legacy: true },
    });
    if (result.errors.length > 0) this.error(`${id}: ${result.errors[0].message}`);
    return { code: result.code, map: result.map };
  },
});
