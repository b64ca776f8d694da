import { readFile } from 'node:fs/promises';
import type { CallEnd } from '@patchcord/core';
import { serveCalls } from '@patchcord/node';
import { dial } from '@patchcord/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { converse } from '../src/realtime.ts';
import { ANSWER, GREETING, type Model, startModel } from './model.ts';
import '@patchcord/simulator/vitest';

/** What the clock, the marks and the ear of a busy machine may differ by, in milliseconds. */
const APART_MS = 200;

async function serve(): Promise<{ model: Model; url: string; end: Promise<CallEnd> }> {
  const model = await startModel();
  onTestFinished(() => model.close());
  let ended: (end: CallEnd) => void = () => {};
  const end = new Promise<CallEnd>((resolve) => {
    ended = resolve;
  });
  const server = await serveCalls(
    { port: 0, allowUnsigned: true, drainOnSigterm: false, sampleRate: 8000, log: () => {} },
    (call) => {
      call.closed.then(ended);
      return converse(call, { apiKey: 'made-up', url: model.url });
    },
  );
  onTestFinished(() => server.close({ when: 'now' }));
  return { model, url: server.url, end };
}

test('a model that is interrupted learns what was heard, and its next sentence is heard whole', {
  timeout: 30_000,
}, async () => {
  const { model, url, end } = await serve();
  const phone = await dial(url);
  await phone.waitForSpeech();
  await phone.wait(1000);
  const file = new URL('../../dashboard/speech/allison-vm-review-8k.wav', import.meta.url);
  const speech = (await readFile(file)).subarray(0, 44 + 2 * 8000); // its first second
  await phone.say(speech);
  await phone.waitUntil(() => heardMs(phone.heard, ANSWER.frequency) >= ANSWER.ms - 50, {
    what: 'the answer',
  });
  await phone.hangUp();
  expect((await end).reason).toBe('stopped');

  expect(phone).toClearWithin(500);
  expect(model.truncations).toHaveLength(1);
  const [{ item_id, audio_end_ms } = { item_id: '', audio_end_ms: 0 }] = model.truncations;
  expect(item_id).toBe('item_1');
  expect(audio_end_ms).toBeLessThan(GREETING.ms);
  expect(Math.abs(heardMs(phone.heard, GREETING.frequency) - audio_end_ms)).toBeLessThan(APART_MS);
  expect(model.errors).toEqual([]);
  expect(phone.warnings).toEqual([]);
});

test('the session is asked for in µ-law both ways, with the key in the header', {
  timeout: 30_000,
}, async () => {
  const { model, url, end } = await serve();
  const phone = await dial(url);
  await phone.waitForSpeech();
  await phone.hangUp();
  await end;
  expect(model.keys).toEqual(['Bearer made-up']);
  const format = { type: 'audio/pcmu' };
  expect(model.session).toMatchObject({ type: 'realtime', audio: { input: { format }, output: { format } } });
});

test('a model that leaves is the end of the call', { timeout: 30_000 }, async () => {
  const { model, url, end } = await serve();
  const phone = await dial(url);
  await phone.waitForSpeech();
  await model.close();
  expect(await end).toMatchObject({
    reason: 'handler-failed',
    error: { message: expect.stringMatching(/^The model closed/) },
  });
  await phone.closed;
});

/** How much of a tone stands in what was heard, in milliseconds, by zero crossings of pieces of 20 ms. */
function heardMs(heard: Int16Array, frequency: number): number {
  let count = 0;
  for (let at = 0; at + 160 <= heard.length; at += 160) {
    let crossings = 0;
    for (let i = at + 1; i < at + 160; i++) {
      if (Math.sign(heard[i] ?? 0) !== Math.sign(heard[i - 1] ?? 0) && heard[i] !== 0) crossings++;
    }
    if (Math.abs(crossings - frequency / 25) <= 2) count++;
  }
  return count * 20;
}
