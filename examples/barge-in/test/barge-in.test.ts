import { readFile } from 'node:fs/promises';
import { type CallEnd, decodeWav, handleCall, mulaw, twilio } from '@patchcord/core';
import { createLink, createVirtualClock, openPhone } from '@patchcord/simulator';
import { expect, test } from 'vitest';
import { readAloud } from '../src/barge-in.ts';
import '@patchcord/simulator/vitest';

const SECONDS = 6;

/** Loud noise that is never silent and that µ-law leaves as it is, so that each sample can be found again. */
function countable(): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(SECONDS * 8000);
  let state = 7;
  for (let i = 0; i < samples.length; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    samples[i] = ((state >> 16) % 200) * 100 + 500;
  }
  return mulaw.decode(mulaw.encode(samples));
}

async function sentence(): Promise<Int16Array<ArrayBuffer>> {
  const file = new URL('../../dashboard/speech/jfk-16k.wav', import.meta.url);
  const { samples } = decodeWav(await readFile(file));
  // "ask not": 900 ms, at 8 kHz by leaving out every other sample, which is good enough for a detector.
  return samples.slice(3.2 * 16_000, 4.1 * 16_000).filter((_, i) => i % 2 === 0);
}

/** How many samples of `text` stand at its place `from` in what was heard, from `at` on. */
function follows(heard: Int16Array, at: number, text: Int16Array, from: number): number {
  let count = 0;
  while (from + count < text.length && heard[at + count] === text[from + count]) count++;
  return count;
}

test('it is silent when the caller speaks, knows what was heard, and goes on from there', async () => {
  const text = countable();
  const question = await sentence();
  const lines: string[] = [];
  const clock = createVirtualClock();
  const link = createLink({ clock, delayMs: 40 });
  const ending: Promise<CallEnd> = handleCall(link.app, twilio, { clock }, (call) =>
    readAloud(call, { samples: text, sampleRate: 8000, channels: 1 }, (line) => lines.push(line)),
  );
  const phone = await clock.run(openPhone(link.phone, { clock }));
  await clock.run(phone.wait(2000));
  await clock.run(phone.say(question));
  const end = await clock.run(ending);

  expect(end.reason).toBe('ended');
  expect(phone).toClearWithin(300);
  expect(phone.warnings).toEqual([]);

  // What the phone heard: the beginning, a pause, and the rest from half a second before the place of the interruption.
  const heard = phone.heard;
  const begin = heard.findIndex((sample) => sample !== 0);
  const first = follows(heard, begin, text, 0);
  const again = begin + first + heard.subarray(begin + first).findIndex((sample) => sample !== 0);
  expect(lines).toHaveLength(1);
  const [, said = 0, error = 0] =
    /: (\d+) ms were heard, give or take (\d+) ms/.exec(lines[0] ?? '')?.map(Number) ?? [];
  // The way of the clear is 40 ms more that the ear hears.
  expect(Math.abs(first / 8 - (said + 40))).toBeLessThanOrEqual(error + 20);
  const from = (said - 500) * 8;
  expect(follows(heard, again, text, from)).toBe(text.length - from);
});

test('without a word from the caller all is heard, once', async () => {
  const text = countable().slice(0, 8000);
  const clock = createVirtualClock();
  const link = createLink({ clock, delayMs: 40 });
  const ending = handleCall(link.app, twilio, { clock }, (call) =>
    readAloud(call, { samples: text, sampleRate: 8000, channels: 1 }),
  );
  const phone = await clock.run(openPhone(link.phone, { clock }));
  expect((await clock.run(ending)).reason).toBe('ended');
  const begin = phone.heard.findIndex((sample) => sample !== 0);
  expect(follows(phone.heard, begin, text, 0)).toBe(text.length);
});
