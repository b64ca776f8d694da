#!/usr/bin/env node
/**
 * Runs every check, or those named: `node scripts/test.mjs unit deno`.
 *
 * Counts tests, not steps. A program that does not start, or that runs no test, is a failure. The last line is
 * `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTests } from './count-tests.mjs';
import { ensureBrowser } from './ensure-browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = join(root, 'node_modules', '.bin');
const reports = mkdtempSync(join(tmpdir(), 'patchcord-test-'));
const onWindows = process.platform === 'win32';

/** Longest time for one step, in minutes. */
const STEP_MINUTES = 10;

const contract = (file) => `./packages/testing/test/${file}`;
const sources = '--conditions=@patchcord/source';
const vitestReport = (report) => ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];

/**
 * `format` says how the step's report is read; a step without one counts as one test. `run` gives the program
 * and its arguments, where the report goes included.
 */
const steps = [
  { name: 'build', run: () => ['rollup', '-c', '--silent'] },
  { name: 'types', run: () => ['tsc', '-b'] },
  { name: 'test-types', run: () => ['tsc', '-p', 'tsconfig.tests.json'] },
  { name: 'lint', run: () => ['biome', 'check', '.'] },
  {
    name: 'unit',
    format: 'vitest',
    run: (report) => ['vitest', 'run', '--project', 'unit', ...vitestReport(report)],
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
];

let browser;
/** Looked for once: the second step that needs it gets the same answer, or the same error. */
const findBrowser = () => {
  browser ??= ensureBrowser();
  return browser;
};

/** Runs one program, its output shown, and ends it with all its children when time is up or we are ended. */
function execute([program, ...args], env) {
  const child = spawn(join(programs, program), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: onWindows,
    detached: !onWindows,
  });
  return new Promise((resolve) => {
    const end = () => {
      try {
        if (onWindows) child.kill();
        else process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    };
    const timer = setTimeout(() => {
      console.log(`${program} was ended after ${STEP_MINUTES} minutes.`);
      end();
    }, STEP_MINUTES * 60_000);
    process.once('exit', end);
    const done = (ok) => {
      clearTimeout(timer);
      process.off('exit', end);
      resolve(ok);
    };
    child.once('error', (error) => {
      console.log(`${program} did not start: ${error.message}`);
      done(false);
    });
    child.once('close', (code) => done(code === 0));
  });
}

function reportText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function runStep({ name, format, needsBrowser, run }) {
  const report = join(reports, `${name}.report`);
  try {
    const env = {
      DENO_NO_UPDATE_CHECK: '1',
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
      ...(needsBrowser ? { CHROMIUM_PATH: await findBrowser() } : {}),
    };
    const ok = await execute(run(report), env);
    return countTests({ format, report: reportText(report), ok });
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, remark: error.message };
  }
}

const asked = process.argv.slice(2);
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
for (const step of steps.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
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
