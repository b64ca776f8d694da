#!/usr/bin/env node
/**
 * Runs every check, or those named: `node scripts/test.mjs unit deno`. With `--long`, or PATCHCORD_LONG=1, slow proofs are run in
 * full, mutants among them.
 *
 * Counts tests, not steps. A program that does not start, or that runs no test, is a failure. The last line is
 * `N passed, N failed, N skipped`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTests } from './count-tests.mjs';
import { ensureBrowser } from './ensure-browser.mjs';
import { ensureNats } from './ensure-nats.mjs';
import { runProgram } from './run-program.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = join(root, 'node_modules', '.bin');
const reports = mkdtempSync(join(tmpdir(), 'patchcord-test-'));

const asked = process.argv.slice(2).filter((name) => name !== '--long');
if (process.argv.includes('--long')) process.env.PATCHCORD_LONG = '1';
const long = process.env.PATCHCORD_LONG === '1';

/** Longest time for one step, in minutes. */
const STEP_MINUTES = long ? 30 : 10;

const contract = (file) => `./packages/testing/test/${file}`;
const sources = '--conditions=@patchcord/source';
const vitestReport = (report) => ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];

/** Test files that have a short form and a long one. */
const proofs = () =>
  readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !/node_modules|browser/.test(file))
    .map((file) => join('packages', file))
    .filter((file) => readFileSync(join(root, file), 'utf8').includes('PATCHCORD_LONG'));

/**
 * `format` says how the step's report is read; a step without one counts as one test. `run` gives the program
 * and its arguments, where the report goes included. `when: 'asked'`: only where it is named; `when: 'long'`: only then, or
 * where it is named.
 */
const steps = [
  { name: 'build', run: () => ['rollup', '-c', '--silent'] },
  { name: 'types', run: () => ['tsc', '-b'] },
  { name: 'test-types', run: () => ['tsc', '-p', 'tsconfig.tests.json'] },
  { name: 'lint', run: () => ['biome', 'check', '.'] },
  { name: 'snippets', run: () => ['node', 'scripts/snippets.mjs'] },
  { name: 'docs', run: () => ['node', 'scripts/docs.mjs'] },
  { name: 'size', format: 'counts', run: (report) => ['node', 'scripts/size.mjs', report] },
  {
    name: 'unit',
    format: 'vitest',
    needsNats: true,
    run: (report) => ['vitest', 'run', '--project', 'unit', ...vitestReport(report)],
  },
  {
    name: 'proofs', // part of `unit`, for those who want no more
    format: 'vitest',
    when: 'asked',
    needsNats: true,
    run: (report) => ['vitest', 'run', '--project', 'unit', ...proofs(), ...vitestReport(report)],
  },
  {
    name: 'deno',
    format: 'junit',
    run: (report) => ['deno', 'test', '-A', sources, `--junit-path=${report}`, contract('contract.deno.ts')],
  },
  {
    name: 'bun',
    format: 'junit',
    run: (report) => [
      ...['bun', 'test', sources, '--reporter=junit', `--reporter-outfile=${report}`],
      contract('contract.test.ts'),
    ],
  },
  {
    name: 'browser',
    format: 'vitest',
    needsBrowser: true,
    run: (report) => ['vitest', 'run', '--project', 'browser', ...vitestReport(report)],
  },
  {
    name: 'e2e',
    format: 'playwright',
    needsBrowser: true,
    run: () => ['playwright', 'test', '-c', 'playwright', '--reporter=list,json'],
  },
  {
    name: 'packages',
    format: 'counts',
    needsBrowser: true,
    run: (report) => ['node', 'scripts/packages.mjs', report],
  },
  {
    name: 'mutants',
    format: 'counts',
    when: 'long',
    needsBrowser: true,
    run: (report) => ['node', 'scripts/mutants.mjs', report],
  },
];

let browser;
/** Looked for once: the second step that needs it gets the same answer, or the same error. */
const findBrowser = () => {
  browser ??= ensureBrowser();
  return browser;
};

/** Without a server only the tests that need it fail, which is said here and by them. */
const findNats = () =>
  ensureNats().catch((error) => {
    console.log(error.message);
    return 'nats-server-not-found';
  });

/** Runs one program, its output shown. */
async function execute([program, ...args], env) {
  const path = program === 'node' ? process.execPath : join(programs, program);
  const { ok, output } = await runProgram(path, args, {
    cwd: root,
    env,
    seconds: STEP_MINUTES * 60,
    shown: true,
  });
  if (output !== '') console.log(output);
  return ok;
}

function reportText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function runStep({ name, format, needsBrowser, needsNats, run }) {
  const report = join(reports, `${name}.report`);
  try {
    const env = {
      DENO_NO_UPDATE_CHECK: '1',
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
      ...(needsBrowser ? { CHROMIUM_PATH: await findBrowser() } : {}),
      ...(needsNats ? { NATS_SERVER_PATH: await findNats() } : {}),
    };
    const ok = await execute(run(report), env);
    return countTests({ format, report: reportText(report), ok });
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, remark: error.message };
  }
}

const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(
    `No step is called ${unknown.join(', ')}. Steps: ${steps.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
process.once('exit', () => rmSync(reports, { recursive: true, force: true }));

const words = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
const isWanted = ({ name, when = 'always' }) =>
  asked.length > 0 ? asked.includes(name) : when === 'always' || (when === 'long' && long);
for (const step of steps.filter(isWanted)) {
  console.log(`\n── ${step.name} ${'─'.repeat(60)}`);
  const begun = performance.now();
  const counts = await runStep(step);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const remark = counts.remark ? `: ${counts.remark}` : '';
  summary.push(`${counts.failed > 0 ? '✗' : '✓'} ${step.name} (${seconds} s): ${words(counts)}${remark}`);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
console.log(`\n${summary.join('\n')}\n${words(total)}`);
