import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTalk, talkFor } from './recorded-call.ts';
import { memoryFile, readRiff } from './riff.ts';

const program = fileURLToPath(new URL('recorded-call.run.ts', import.meta.url));
const SECONDS = 5;
const MOMENTS = process.env.PATCHCORD_LONG === '1' ? 20 : 10;
const STAGES = ['at rest', 'before the sound', 'in the sound', 'before the header', 'in the header'];

let folder = '';
/** The whole talk, recorded by a process that nobody kills. */
let whole = new Int16Array();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchcord-'));
  const file = memoryFile();
  const talk = await openTalk(file);
  await talkFor(SECONDS * 1000, talk);
  await talk.recording.stop();
  whole = readRiff(file.bytes).samples;
}, 30_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the talk in a process of its own. Gives the call's time at its end. */
function run(command: string, args: readonly string[]): Promise<{ timestampMs: number; killed: boolean }> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 50_000 }, (error, stdout, stderr) => {
      const killed = error?.signal === 'SIGKILL';
      if (error && !killed) reject(new Error(`${command}: ${stderr}`));
      else resolve({ timestampMs: Number(stdout), killed });
    });
  });
}

describe('a recording whose process is killed', () => {
  let bundle = '';

  beforeAll(async () => {
    bundle = join(folder, 'program.mjs');
    await build({
      configFile: false,
      logLevel: 'error',
      ssr: { noExternal: true, resolve: { conditions: ['@patchcord/source'] } },
      build: {
        ssr: program,
        outDir: folder,
        emptyOutDir: false,
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'program.mjs' } },
      },
    });
  }, 60_000);

  test(`a plain RIFF reader gets all but the last second, at ${MOMENTS} seeded moments`, {
    timeout: 60_000,
  }, async () => {
    let state = 20;
    const moments = Array.from({ length: MOMENTS }, (_, index) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return { index, killAtMs: 200 + ((state >>> 8) % (SECONDS * 1000 - 1500)) };
    });
    const pending = [...moments];
    const lost: number[] = [];
    const worker = async (): Promise<void> => {
      for (let moment = pending.shift(); moment; moment = pending.shift()) {
        const { index, killAtMs } = moment;
        const stage = STAGES[index % STAGES.length] as string;
        const path = join(folder, `${index}.wav`);
        const { timestampMs, killed } = await run(process.execPath, [
          bundle,
          path,
          `${SECONDS}`,
          `${killAtMs}`,
          stage,
        ]);
        expect(killed, stage).toBe(true);
        const { samples, sampleRate, channels } = readRiff(await readFile(path));
        expect([sampleRate, channels]).toEqual([8000, 2]);
        lost.push(timestampMs - samples.length / 16);
        const safe = Math.max(0, Math.floor(timestampMs - 1000)) * 16;
        expect(samples.length, `${stage} at ${timestampMs} ms`).toBeGreaterThanOrEqual(safe);
        expect(samples.subarray(0, safe)).toEqual(whole.subarray(0, safe));
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(lost).toHaveLength(MOMENTS);
    expect(Math.max(...lost)).toBeLessThanOrEqual(1000);
  });
});

describe('a recording', () => {
  const conditions = '--conditions=@patchcord/source';

  test.each([
    ['bun', [conditions, program]],
    ['deno', ['run', '-A', conditions, program]],
  ])('is the same in %s, sample by sample', { timeout: 60_000 }, async (runtime, args) => {
    const bin = fileURLToPath(new URL(`../../../node_modules/.bin/${runtime}`, import.meta.url));
    const path = join(folder, `${runtime}.wav`);
    await run(bin, [...args, path, `${SECONDS}`]);
    const { samples } = readRiff(await readFile(path));
    expect(samples).toEqual(whole);
  });

  test('has sound on both sides', () => {
    const sounding = (side: number): number =>
      whole.filter((sample, index) => index % 2 === side && sample !== 0).length / 8;
    expect(sounding(0)).toBeGreaterThan(2500);
    expect(sounding(1)).toBeGreaterThan(2500);
  });
});
