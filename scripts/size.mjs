/**
 * What a web page or a worker loads of the packages, held to budgets: `node scripts/size.mjs`.
 *
 * Each row is what somebody imports, bundled from the sources by Vite as for production, and compressed as a server would
 * send it. Each is a test; where a file is named, the counts are written there as JSON.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, minifySync } from 'vite';
import { squeezeTemplates } from './squeeze-templates.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Bytes of gzip that a row may be. Whoever raises one says why. */
const BUDGETS = [
  {
    imports: ['twilio', 'DeserializeStream', 'SerializeStream', 'ResampleStream'],
    most: 10_000,
    why: 'A whole pipeline for one provider, filters and vectors included, in what a small icon weighs.',
  },
  {
    imports: ['twilio', 'DeserializeStream', 'SerializeStream'],
    most: 5_900,
    why: 'At the rate of the wire nobody pays for filters.',
  },
  {
    imports: ['twilio', 'openCall'],
    most: 23_200,
    why: 'A call besides: playout ledger, queue, sender, timeline, and the sentences of its warnings; files that a person can read weigh a little.',
  },
  { imports: ['createResampler'], most: 4_700, why: 'Filter design, and two forms of the arithmetic.' },
  { imports: ['mulaw', 'alaw'], most: 1_100, why: 'Two tables, and one loop each way.' },
  {
    imports: ['MediaError'],
    most: 200,
    why: 'What is not imported is not loaded: no module does anything on its own.',
  },
  {
    imports: ['CallMonitor'],
    from: '@patchcord/elements',
    without: ['@patchcord/player', '@patchcord/monitor/client'],
    first: true,
    most: 40_000,
    why: 'Lit and the elements that a page with a call loads at first.',
  },
  {
    imports: ['CallMonitor'],
    from: '@patchcord/elements',
    without: ['@patchcord/player', '@patchcord/monitor/client'],
    most: 57_500,
    why: 'The same, and all that is loaded when it is first shown: facts, wall, latency, spectrogram, dialogs.',
  },
];

/** Heaviest modules that are shown of a row that is too heavy. */
const SHOWN = 10;

const compressed = (code) => gzipSync(code, { level: 9 }).length;

/** The bundle of `export { names } from 'package'`, in one piece, without what stands in packages of its own. */
async function bundle({ imports: names, from = '@patchcord/core', without = [], first = false }) {
  const entry = 'virtual:entry';
  const { output } = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    resolve: { conditions: ['@patchcord/source'] },
    plugins: [
      squeezeTemplates(/packages\/elements\/src/), // as the package's own build does
      {
        name: 'entry',
        resolveDynamicImport: (id) => (first ? { id, external: true } : null),
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? `export { ${names.join(', ')} } from '${from}';` : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        input: entry,
        external: without,
        preserveEntrySignatures: 'strict',
        output: { format: 'es', codeSplitting: false },
      },
    },
  });
  return output[0];
}

/** Lines that say which modules weigh most, each compressed by itself: together they weigh less. */
function heaviest({ modules }) {
  return Object.entries(modules)
    .filter(([, { code }]) => code)
    .map(([id, { code }]) => ({
      path: id.replace(ROOT, ''),
      bytes: compressed(minifySync('module.js', code, { compress: false, mangle: { toplevel: true } }).code),
    }))
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, SHOWN)
    .map(({ path, bytes }) => `${String(bytes).padStart(8)}  ${path}`);
}

let tooHeavy = 0;
for (const budget of BUDGETS) {
  const { imports, from = '@patchcord/core', most, why } = budget;
  const chunk = await bundle(budget);
  const bytes = compressed(chunk.code);
  const name = `{ ${imports.join(', ')} }${budget.first ? ' at first' : ''}`;
  if (bytes <= most) {
    console.log(`✓ ${bytes} of ${most} bytes  ${name}`);
    continue;
  }
  tooHeavy++;
  console.log(
    [
      `✗ ${name} from ${from} is ${bytes} bytes of gzip; it may be ${most}.`,
      `  ${why}`,
      '  Its heaviest modules, each by itself:',
      ...heaviest(chunk),
      '  Make it lighter, or raise its budget in scripts/size.mjs and say why there.',
    ].join('\n'),
  );
}
const [report] = process.argv.slice(2);
const counts = { passed: BUDGETS.length - tooHeavy, failed: tooHeavy, skipped: 0 };
if (report) writeFileSync(report, JSON.stringify(counts));
process.exitCode = tooHeavy > 0 ? 1 : 0;
