/** One .d.ts for each source module that an entry reaches; './x.ts' becomes './x.js'. */
import { readFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { isolatedDeclarationSync } from 'oxc-transform';

const RELATIVE_IMPORT = /(from\s+|import\s*\(\s*|import\s+)(["'])(\.{1,2}\/[^"']+)\.ts\2/g;

export const declarations = (sourceFolder) => ({
  name: 'declarations',
  generateBundle() {
    const root = resolve(sourceFolder) + sep;
    const seen = new Set();
    const emit = (id) => {
      if (seen.has(id)) return;
      seen.add(id);
      const result = isolatedDeclarationSync(id, readFileSync(id, 'utf8'), { sourcemap: false });
      if (result.errors.length > 0) this.error(`${id}: ${result.errors[0].message}`);
      const imported = [];
      const source = result.code.replace(RELATIVE_IMPORT, (_all, before, quote, specifier) => {
        imported.push(resolve(dirname(id), `${specifier}.ts`));
        return `${before}${quote}${specifier}.js${quote}`;
      });
      this.emitFile({
        type: 'asset',
        fileName: `types/${id.slice(root.length).replaceAll(sep, '/').replace(/\.ts$/, '.d.ts')}`,
        source,
      });
      imported.forEach(emit);
    };
    for (const id of this.getModuleIds()) {
      if (id.startsWith(root) && this.getModuleInfo(id).isEntry) emit(id);
    }
  },
});
