import { readFile } from 'node:fs/promises';
import type { CallEnd } from '@patchcord/core';
import { serveCalls } from '@patchcord/node';
import { dial } from '@patchcord/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { type RecogniserOptions, transcribe, type Words } from '../src/transcribe.ts';
import { startRecogniser } from './recogniser.ts';

/** A server whose calls are written down, and how its only call ended. */
async function serve(recogniser: RecogniserOptions, onWords: (words: Words) => void) {
  let ended: (end: CallEnd) => void = () => {};
  const end = new Promise<CallEnd>((resolve) => {
    ended = resolve;
  });
  const server = await serveCalls(
    { port: 0, allowUnsigned: true, drainOnSigterm: false, sampleRate: 16_000, log: () => {} },
    (call) => {
      call.closed.then(ended);
      return transcribe(call, recogniser, onWords);
    },
  );
  onTestFinished(() => server.close({ when: 'now' }));
  return { url: server.url, end };
}

test('what a caller says is written down as it is said, and the rest at the end', {
  timeout: 30_000,
}, async () => {
  const recogniser = await startRecogniser();
  onTestFinished(() => recogniser.close());
  const words: Words[] = [];
  const options = { url: recogniser.url, headers: { Authorization: 'Bearer made-up' } };
  const { url, end } = await serve(options, (each) => words.push(each));

  const phone = await dial(url);
  const file = new URL('../../dashboard/speech/allison-queue-periodic-announce-8k.wav', import.meta.url);
  void phone.say(await readFile(file)).catch(() => {});
  await phone.wait(2500);
  const sentSeconds = phone.timestampMs / 1000;
  await phone.hangUp();

  expect((await end).reason).toBe('stopped');
  await expect.poll(() => words.at(-1)?.final).toBe(true);
  expect(recogniser.authorizations).toEqual(['Bearer made-up']);
  // A little goes by while the recogniser is being dialled.
  expect(recogniser.samples / 16_000).toBeGreaterThan(sentSeconds - 0.5);
  expect(words[0]).toMatchObject({ final: false, atMs: expect.any(Number) });
  expect(Number.parseInt(words.at(-1)?.text ?? '', 10)).toBeGreaterThan(1000);
});

test('a recogniser that leaves is the end of the call', { timeout: 30_000 }, async () => {
  const recogniser = await startRecogniser({ leavesAfter: 3200 });
  onTestFinished(() => recogniser.close());
  const { url, end } = await serve({ url: recogniser.url }, () => {});
  const phone = await dial(url);
  await phone.closed;
  expect(await end).toMatchObject({
    reason: 'handler-failed',
    error: new Error('The recogniser closed its socket. Look at its log.'),
  });
});
