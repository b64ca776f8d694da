import { startBarePage } from '../bare-page.ts';
import { expect, test } from '../fixtures.ts';

/** The browser's own test device: it beeps once a second, and nobody is asked. */
const { launchOptions } = (await import('../playwright.config.ts')).default.use ?? {};

test.use({
  launchOptions: {
    ...launchOptions,
    args: [
      ...(launchOptions?.args ?? []),
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  },
});

/** What is heard of a microphone in so many frames. */
interface Heard {
  readonly lengths: number[];
  readonly rates: number[];
  readonly loudest: number;
  readonly steps: number[];
  readonly label: string;
}

test('a real device gives 20 ms frames of 8000 Hz, from a click on', async ({ page }) => {
  const bare = await startBarePage();
  await page.goto(bare.origin);
  await page.waitForFunction(() => 'Microphone' in window);
  await page.evaluate(() => {
    const here = window as unknown as {
      Microphone: {
        open(): Promise<{
          label: string;
          readable: ReadableStream<{ samples: Int16Array; sampleRate: number; timestampMs: number }>;
        }>;
      };
      heard?: Promise<Heard>;
    };
    (document.querySelector('#listen') as HTMLButtonElement).onclick = () => {
      here.heard = here.Microphone.open().then(async ({ readable, label }) => {
        const frames: { samples: Int16Array; sampleRate: number; timestampMs: number }[] = [];
        const reader = readable.getReader();
        while (frames.length < 150) {
          const { done, value } = await reader.read();
          if (done) break;
          frames.push(value);
        }
        await reader.cancel();
        return {
          lengths: [...new Set(frames.map(({ samples }) => samples.length))],
          rates: [...new Set(frames.map(({ sampleRate }) => sampleRate))],
          loudest: Math.max(...frames.flatMap(({ samples }) => [...samples])),
          steps: [
            ...new Set(
              frames.slice(1).map(({ timestampMs }, i) => timestampMs - (frames[i]?.timestampMs ?? 0)),
            ),
          ],
          label,
        };
      });
    };
  });
  await page.click('#listen');
  const heard = await page.evaluate(() => (window as unknown as { heard: Promise<Heard> }).heard);
  expect(heard).toMatchObject({ lengths: [160], rates: [8000] });
  expect(heard.label).toMatch(/fake/i);
  expect(heard.loudest).toBeGreaterThan(1000);
  expect(heard.steps).toEqual([20]);
  await bare.stop();
});
