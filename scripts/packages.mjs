#!/usr/bin/env node
/**
 * The packages as they would be published: packs them, looks at the tarballs, and installs these into empty projects, each
 * of which makes or takes a call. Build first.
 *
 *     node scripts/packages.mjs [report.json] [name of a project …]
 *
 * One test for each package and each project; the report counts them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problemsOf } from './packages/check.mjs';
import { packAll } from './packages/pack.mjs';
import { projects, tryProject } from './packages/projects.mjs';
import { runProgram } from './run-program.mjs';

const asked = process.argv.slice(2);
const reportFile = /\.(json|report)$/.test(asked[0] ?? '') ? asked.shift() : undefined;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'patchcord-packages-')));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const counts = { passed: 0, failed: 0, skipped: 0 };

/** One test: what `run` gives is what is wrong, in words; nothing is a pass. */
async function test(name, run) {
  const begun = performance.now();
  let problem;
  try {
    problem = await run();
  } catch (error) {
    problem = error.stack;
  }
  counts[problem ? 'failed' : 'passed']++;
  console.log(`${problem ? '✗' : '✓'} ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  if (problem) console.log(problem.trim().replaceAll(/^/gm, '    '));
}

function skip(name, why) {
  counts.skipped++;
  console.log(`- ${name}: skipped, ${why}`);
}

const packed = await packAll(root, folder);
const tarballs = new Map(packed.map(({ name, tarball }) => [name.replace('@patchcord/', ''), tarball]));

for (const one of asked.length === 0 ? packed : []) {
  const short = one.name.replace('@patchcord/', '');
  const unpacked = join(folder, 'unpacked', short);
  mkdirSync(unpacked, { recursive: true });
  await test(`${one.name}: what is published`, async () => {
    const { status } = spawnSync('tar', ['xzf', one.tarball, '-C', unpacked, '--strip-components=1']);
    if (status !== 0) return 'its tarball cannot be unpacked';
    return (await problemsOf(one, unpacked)).join('\n');
  });
}

for (const { name, folder } of asked.length === 0 ? packed : []) {
  if (!existsSync(join(folder, 'jsr.json'))) continue;
  await test(`${name}: what JSR would be given`, async () => {
    const publish = ['publish', '--dry-run', '--allow-dirty', '--no-check'];
    const { ok, output } = await runProgram(join(root, 'node_modules', '.bin', 'deno'), publish, {
      cwd: folder,
      seconds: 60,
      env: { DENO_NO_UPDATE_CHECK: '1' },
    });
    return ok ? undefined : output;
  });
}

const runs = (program) => spawnSync(join(root, 'node_modules', '.bin', program), ['--version']).status === 0;
for (const [name, project] of Object.entries(projects)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  if (project.needs && !runs(project.needs)) skip(name, `${project.needs} does not run on this machine`);
  else
    await test(name, () =>
      tryProject(project, { root, place: join(folder, project.folder + counts.passed), tarballs }),
    );
}

if (reportFile) writeFileSync(reportFile, JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
