import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fuzz } from '@patchcord/testing/fuzz';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { expect, test } from 'vitest';
import { typescript } from '../../../../scripts/typescript.mjs';

const LONG = process.env.PATCHCORD_LONG === '1';
const COUNT = LONG ? 1_000_000 : 20_000;
const TIMEOUT_MS = 600_000;

test(
  `${COUNT} odd messages and frames: only MediaErrors, and every serializer usable after`,
  () => {
    const { accepted, refused } = fuzz({ seed: 711, count: COUNT });
    expect(accepted).toBeGreaterThan(COUNT / 20);
    expect(refused).toBeGreaterThan(COUNT / 3);
  },
  TIMEOUT_MS,
);

/** Prints the bytes in use before and after, garbage collected; what engines compile and cache comes first. */
const MEMORY = `
import { fuzz } from '@patchcord/testing/fuzz';
const used = () => {
  for (let round = 0; round < 4; round++) globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};
fuzz({ seed: 1, count: ${Math.max(10_000, COUNT / 20)} });
const before = used();
const { refused } = fuzz({ seed: 2, count: ${COUNT} });
console.log(JSON.stringify({ before, after: used(), refused }));
`;

test(
  'nothing of them is kept: memory in use is what it was, within 5 %',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patchcord-fuzz-'));
    try {
      const file = join(folder, 'memory.mjs');
      writeFileSync(file, await bundled(MEMORY));
      const run = await promisify(execFile)(process.execPath, ['--expose-gc', file], { timeout: TIMEOUT_MS });
      const { before, after, refused } = JSON.parse(run.stdout) as Record<
        'before' | 'after' | 'refused',
        number
      >;
      expect(refused).toBeGreaterThan(COUNT / 3);
      expect(Math.abs(after - before) / before).toBeLessThan(0.05);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  TIMEOUT_MS,
);

/** One file of JavaScript, from the sources. */
async function bundled(code: string): Promise<string> {
  const entry = join(import.meta.dirname, 'entry.ts');
  const build = await rollup({
    input: entry,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? code : null),
      },
      nodeResolve({ exportConditions: ['@patchcord/source'], extensions: ['.ts', '.js'] }),
      typescript(),
    ],
  });
  const { output } = await build.generate({ format: 'es' });
  return output[0].code;
}
