import { type Clock, resample, systemClock } from '@patchcord/core';
import { dial } from '@patchcord/simulator';
import { type Browser, type Page, test } from '@playwright/test';
import { type BarePage, startBarePage } from './bare-page.ts';
import { startDemo } from './demo.ts';
import { listen } from './listen.ts';
import { findWindows, toInt16 } from './sound.ts';
import { LINE_RATE, overTheLine, sentence } from './speech.ts';
import { playerStats, startTap, takeRecording } from './tap.ts';

/** Before this the delay is still being learnt; it is measured for this long then. */
const LEARNT_MS = 9000;
const MEASURED_MS = 9000;

/** The phone captures sound in frames of this length. */
const FRAME_MS = 20;

/** Longest delay looked for. */
const MOST_MS = 700;

/** A page that is busy: so much of each second, in milliseconds. */
const BUSY_MS = 150;

const makeBusy = (page: Page): Promise<void> =>
  page.evaluate((busyMs) => {
    setInterval(() => {
      const until = performance.now() + busyMs;
      while (performance.now() < until);
    }, 1000);
  }, BUSY_MS);

/** By kind of process. */
interface CpuSeconds {
  renderer: number;
  [kind: string]: number;
}

/** Seconds of processor time that the browser has used. */
async function cpuSeconds(browser: Browser): Promise<CpuSeconds> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const seconds: CpuSeconds = { renderer: 0 };
  for (const { type, cpuTime } of processInfo) seconds[type] = (seconds[type] ?? 0) + cpuTime;
  return seconds;
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

let bare: BarePage;
test.beforeEach(async () => {
  bare = await startBarePage();
});
test.afterEach(() => bare.stop());

/** A clock that runs fast, by millionths. */
const fastClock = (ppm: number): Clock => ({
  now: () => systemClock.now() * (1 + ppm / 1e6),
  after: (ms, callback) => systemClock.after(ms / (1 + ppm / 1e6), callback),
});

for (const { name, jitterMs, ppm, busy } of [
  { name: 'clean link', jitterMs: 0, ppm: 0, busy: false },
  { name: 'jitter 0-30 ms, page busy 150 ms each second', jitterMs: 30, ppm: 0, busy: true },
  { name: 'jitter 0-120 ms, +300 ppm', jitterMs: 120, ppm: 300, busy: false },
]) {
  for (const inWorker of [true, false]) {
    test(`${name}, socket ${inWorker ? 'in a worker' : 'on the page'}`, async ({ page, browser }) => {
      const phone = await dial(bare.mediaUrl, { clock: fastClock(ppm) });
      await page.goto(bare.origin);
      bare.link.jitterMs = jitterMs;
      await listen(page, phone.callSid, { onPage: !inWorker });
      if (busy) await makeBusy(page);
      const speech = sentence(10_000);
      const said = Int16Array.from({ length: ((LEARNT_MS + MEASURED_MS) * LINE_RATE) / 1000 }, (_, i) =>
        Number(speech[i % speech.length]),
      );
      await startTap(page);
      // The frame of 20 ms that is being captured holds its beginning.
      const saidAtMs = Date.now() - (phone.timestampMs % FRAME_MS);
      void phone.say(said);
      await phone.wait(LEARNT_MS);
      const before = {
        cpu: await cpuSeconds(browser),
        stats: await playerStats(page),
        at: performance.now(),
      };
      await phone.wait(MEASURED_MS - 200);
      const cpu = await cpuSeconds(browser);
      const seconds = (performance.now() - before.at) / 1000;
      await phone.wait(1000);
      const after = await playerStats(page);
      const { left, right, rate, renderedAtMs } = await takeRecording(page);
      const both = left.map((value, i) => (value + (right[i] ?? 0)) / 2);
      const played = resample(toInt16(both), { from: rate, to: LINE_RATE, quality: 'best' });
      const begins = ((saidAtMs - renderedAtMs) * LINE_RATE) / 1000;
      const windows = findWindows(overTheLine(said), played, begins, MOST_MS).map((window) => ({
        ...window,
        lateMs: window.lateMs + (window.saidMs * ppm) / 1e6,
      }));
      const found = windows.filter(({ likeness }) => likeness >= 0.9);
      if (found.length === 0) {
        throw new Error(
          `None of it was heard: ${JSON.stringify({ ...after, renderedAtMs, saidAtMs, played: played.length })}`,
        );
      }
      const isMeasured = ({ saidMs }: { readonly saidMs: number }): boolean => saidMs >= LEARNT_MS;
      const late = found
        .filter(isMeasured)
        .map(({ lateMs }) => lateMs)
        .sort((a, b) => a - b);
      const show = (value: number): string => value.toFixed(0).padStart(4);
      const after2s = found
        .filter(({ saidMs }) => saidMs >= 4000 && saidMs < 6000)
        .map(({ lateMs }) => lateMs);
      const used = Object.entries(cpu).map(
        ([type, value]) => `${type} ${((100 * (value - (before.cpu[type] ?? 0))) / seconds).toFixed(1)} %`,
      );
      process.stdout.write(
        `${[
          `    capture to rendered: median ${show(quantile(late, 0.5))} ms, 95 % ${show(quantile(late, 0.95))} ms, most ${show(late.at(-1) ?? Number.NaN)} ms`,
          `    at 4 to 6 s: median ${show(
            quantile(
              after2s.sort((a, b) => a - b),
              0.5,
            ),
          )} ms`,
          `    windows found: ${late.length} of ${windows.filter(isMeasured).length}, while learning ${found.length - late.length} of ${windows.length - windows.filter(isMeasured).length}; concealed ${after.concealedSamples - before.stats.concealedSamples} samples, ` +
            `underruns ${after.underruns - before.stats.underruns}, stretches ${after.stretches - before.stats.stretches} in ${seconds.toFixed(0)} s`,
          `    processor: ${used.join(', ')}`,
        ].join('\n')}\n`,
      );
      await phone.hangUp();
    });
  }
}

/** Calls that are metered beside the one that is heard. */
const METERED = 200;

test(`one call heard while ${METERED} are metered on the dashboard`, async ({ page, browser }) => {
  const demo = await startDemo();
  const phone = await dial(demo.mediaUrl, {});
  await page.goto(demo.pageUrl);
  await page.getByRole('option').first().click();
  await page.waitForTimeout(2000);
  // The gateway's part is measured elsewhere: here the page is told of calls that nobody makes.
  await page.evaluate((count) => {
    interface Call {
      readonly callId: string;
    }
    interface Client {
      calls(): ReadableStream<{ kind: string; calls?: readonly Call[]; call?: Call }>;
      levels(): ReadableStream<readonly object[]>;
    }
    const monitor = document.querySelector('call-monitor') as HTMLElement & { client: Client };
    const { client } = monitor;
    const ids = Array.from({ length: count }, (_, i) => `CAmetered${i}`);
    const calls = (): ReturnType<Client['calls']> =>
      client.calls().pipeThrough(
        new TransformStream({
          transform(change, controller) {
            const [call] = change.calls ?? [];
            controller.enqueue(
              call ? { ...change, calls: [call, ...ids.map((callId) => ({ ...call, callId }))] } : change,
            );
          },
        }),
      );
    const levels = (): ReturnType<Client['levels']> =>
      client.levels().pipeThrough(
        new TransformStream({
          transform(told, controller) {
            const level = (): object => ({ peakDb: -40 * Math.random(), rmsDb: -40 * Math.random() });
            controller.enqueue([
              ...told,
              ...ids.map((callId) => ({ callId, inbound: level(), outbound: level() })),
            ]);
          },
        }),
      );
    monitor.client = new Proxy(client, {
      get: (target, name) => {
        if (name === 'calls') return calls;
        if (name === 'levels') return levels;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }, METERED);
  await page.waitForTimeout(1000);
  const rows = await page.getByRole('option').count();
  await page.getByRole('option').first().click();
  await page.waitForTimeout(2000);
  const before = { cpu: await cpuSeconds(browser), at: performance.now(), stats: await playerStats(page) };
  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const endsAt = performance.now() + 5000;
        let count = 0;
        const next = (): void => {
          count++;
          if (performance.now() < endsAt) requestAnimationFrame(next);
          else resolve(count / 5);
        };
        requestAnimationFrame(next);
      }),
  );
  const cpu = await cpuSeconds(browser);
  const after = await playerStats(page);
  const seconds = (performance.now() - before.at) / 1000;
  const renderer = (100 * (cpu.renderer - before.cpu.renderer)) / seconds;
  process.stdout.write(
    `    ${rows} rows, ${frames.toFixed(0)} frames a second, renderer ${renderer.toFixed(0)} %, played ${after.playedSamples - before.stats.playedSamples} samples, concealed ${after.concealedSamples - before.stats.concealedSamples}\n`,
  );
  await phone.hangUp();
  await demo.stop();
});
