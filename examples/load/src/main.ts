import { inWords, loadTest } from './load.ts';

const { APP = 'ws://127.0.0.1:8080/media', PHONES = '50', SECONDS = '10' } = process.env;

const { report, wrong } = await loadTest(APP, {
  phones: Number(PHONES),
  seconds: Number(SECONDS),
  echoP99Ms: 200,
  latenessP99Ms: 50,
});

console.log(inWords(report));
for (const line of wrong) console.error(`✗ ${line}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
