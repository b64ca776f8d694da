#!/usr/bin/env node
/**
 * Shows that the tests notice: breaks the sources in a copy of the tree, one mutant at a time, and demands that the test named
 * for it fails. All those tests pass in the copy as it is first.
 *
 *     node scripts/mutants.mjs [report.json] [part of a mutant's name …]
 *
 * One test for each mutant; the report counts them.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBrowser } from './ensure-browser.mjs';
import { mutants } from './mutants/list.mjs';
import { copyTree } from './mutants/tree-copy.mjs';
import { runProgram } from './run-program.mjs';

/** Longest time for the tests of one file. */
const FILE_SECONDS = 180;

const args = process.argv.slice(2);
const reportFile = /\.(json|report)$/.test(args[0] ?? '') ? args.shift() : undefined;
const wanted = mutants.filter(({ name }) => args.length === 0 || args.some((part) => name.includes(part)));

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'patchcord-mutants-')));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const copy = join(folder, 'tree');
copyTree(root, copy);

/** Runs test files in the copy. @returns the names of the tests that failed, or what went wrong with the run. */
async function failures(project, files) {
  const report = join(folder, 'vitest.json');
  rmSync(report, { force: true });
  const env = project === 'browser' ? { CHROMIUM_PATH: await ensureBrowser() } : {};
  const vitest = ['run', '--project', project, '--reporter=json', `--outputFile=${report}`, ...files];
  const { output } = await runProgram(join(root, 'node_modules', '.bin', 'vitest'), vitest, {
    cwd: copy,
    seconds: FILE_SECONDS * files.length,
    env: { ...env, PATCHCORD_LONG: '' },
  });
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    if (tests.length === 0) return { problem: `no test was run\n${output}` };
    return { failed: tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName) };
  } catch {
    return { problem: `vitest left no report\n${output}` };
  }
}

/** @returns what is wrong: the mutant cannot be made, or its test does not notice. */
async function survives({ file, text, replacement, test, fails, project = 'unit' }) {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const places = source.split(text).length - 1;
  if (places !== 1) return `its text stands ${places} times in ${file}: mend the mutant`;
  writeFileSync(
    path,
    source.replace(text, () => replacement),
  );
  try {
    const { problem, failed = [] } = await failures(project, [test]);
    if (problem) return problem;
    if (failed.some((name) => name.includes(fails))) return undefined;
    return failed.length === 0
      ? `no test of ${test} notices`
      : `in ${test} other tests notice: ${failed.join('; ')}`;
  } finally {
    writeFileSync(path, source);
  }
}

const counts = { passed: 0, failed: 0, skipped: 0 };

function tell(name, problem, begun) {
  counts[problem ? 'failed' : 'passed']++;
  console.log(`${problem ? '✗' : '✓'} ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  if (problem) console.log(problem.trim().replaceAll(/^/gm, '    '));
}

for (const project of ['unit', 'browser']) {
  const files = new Set(wanted.filter(({ project: of = 'unit' }) => of === project).map(({ test }) => test));
  if (files.size === 0) continue;
  const begun = performance.now();
  const { problem, failed = [] } = await failures(project, [...files]);
  tell(`as it is, all tests pass (${project})`, problem ?? failed.join('\n'), begun);
}
for (const mutant of wanted) {
  const begun = performance.now();
  tell(mutant.name, await survives(mutant), begun);
}

if (reportFile) writeFileSync(reportFile, JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
