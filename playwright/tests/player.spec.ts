import { expect, test } from '../fixtures.ts';
import { countDifferent, energyAboveDb, findExact, likeness, toInt16 } from '../sound.ts';
import { LINE_RATE, overTheLine, sentence, toneAndSentence } from '../speech.ts';
import { playerStats, startTap, takeRecording, useExactPlayer } from '../tap.ts';

/** What goes in at the phone is compared with what the audio thread rendered. */

/** A context's clock may jump while it starts: nothing is compared before this. */
const STARTED_MS = 1000;
/** Delay of the player, of the page, and of a block of the tap. */
const PLAYED_AFTER_MS = 2200;
const at = (ms: number): number => Math.round((ms * LINE_RATE) / 1000);

test('at the rate of the line, both tracks are rendered sample for sample', async ({ page, demo, call }) => {
  await page.goto(demo.pageUrl);
  await useExactPlayer(page, { sampleRate: LINE_RATE });
  const phone = await call();
  await page.getByRole('option').click();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  await startTap(page);
  const tappedMs = phone.timestampMs;

  await phone.wait(7300); // the agent says its menu
  const said = toneAndSentence(1000, 6500);
  await phone.say(said);
  await phone.wait(PLAYED_AFTER_MS);

  const { left, right, rate } = await takeRecording(page);
  const stats = await playerStats(page);
  expect(rate).toBe(LINE_RATE);
  expect(stats).toMatchObject({ stretches: 0, concealedSamples: 0 });

  const heard = phone.heard.slice(at(tappedMs + STARTED_MS), at(tappedMs + STARTED_MS + 6000));
  const agent = toInt16(right);
  const agentBegins = findExact(agent, heard.subarray(0, 4000));
  expect(agentBegins, 'where the agent begins').toBeGreaterThanOrEqual(0);
  expect(heard.some((sample) => Math.abs(sample) > 1000)).toBe(true);
  expect(heard).toHaveLength(6 * LINE_RATE);
  expect(countDifferent(agent.subarray(agentBegins, agentBegins + heard.length), heard)).toBe(0);

  const expected = overTheLine(said);
  const caller = toInt16(left);
  const callerBegins = findExact(caller, expected.subarray(0, 1000));
  expect(callerBegins, 'where the caller begins').toBeGreaterThanOrEqual(0);
  expect(expected).toHaveLength(7.5 * LINE_RATE);
  expect(countDifferent(caller.subarray(callerBegins, callerBegins + expected.length), expected)).toBe(0);
});

test('at the rate of the device, both tracks are rendered faithfully', async ({ page, demo, call }) => {
  await page.goto(demo.pageUrl);
  await useExactPlayer(page, {});
  const phone = await call();
  await page.getByRole('option').click();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  await startTap(page);
  const tappedMs = phone.timestampMs;

  await phone.wait(3800);
  const said = sentence(4000);
  await phone.say(said);
  await phone.wait(PLAYED_AFTER_MS);

  const { left, right, rate } = await takeRecording(page);
  expect(rate).toBeGreaterThan(LINE_RATE);
  expect(await playerStats(page)).toMatchObject({ stretches: 0, concealedSamples: 0 });

  const heard = phone.heard.slice(at(tappedMs + STARTED_MS), at(tappedMs + STARTED_MS + 2000));
  const tracks = [
    { name: 'caller', original: overTheLine(said), played: left },
    { name: 'agent', original: heard, played: right },
  ];
  for (const { name, original, played } of tracks) {
    const { correlation, snrDb } = likeness({ sound: original, rate: LINE_RATE }, { sound: played, rate });
    expect(correlation, `correlation of the ${name}`).toBeGreaterThan(0.99);
    expect(snrDb, `signal to noise of the ${name}, dB`).toBeGreaterThan(25);
    const images = energyAboveDb({ sound: played, rate }, 4300);
    expect(images, `energy of the ${name} above the line's band, dB`).toBeLessThan(-60);
  }
});
