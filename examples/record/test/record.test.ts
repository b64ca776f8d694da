import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav, mulaw, tone } from '@patchcord/core';
import { serveCalls } from '@patchcord/node';
import { dial } from '@patchcord/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { recordingOf, takeMessage } from '../src/record.ts';

const sound = (frequency: number, ms: number) => tone({ frequency, ms, sampleRate: 8000 });

test('the caller is on the left, what the caller heard on the right', { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchcord-record-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const greeting = { samples: sound(300, 500), sampleRate: 8000, channels: 1 };
  const server = await serveCalls({ port: 0, allowUnsigned: true, drainOnSigterm: false }, (call) =>
    takeMessage(call, greeting, folder),
  );
  onTestFinished(() => server.close({ when: 'now' }));

  const phone = await dial(server.url);
  await phone.waitForSilence({ ms: 300 });
  const message = sound(500, 700);
  await phone.say(message);
  await phone.wait(300);
  await phone.press('#');
  await phone.closed;

  const files = await readdir(folder);
  expect(files).toEqual([`${phone.callSid}.wav`]);
  const { samples, channels, sampleRate } = decodeWav(await readFile(join(folder, files[0] ?? '')));
  expect({ channels, sampleRate }).toEqual({ channels: 2, sampleRate: 8000 });
  const side = (start: number) => samples.filter((_, i) => i % 2 === start);
  const soundIn = (side: Int16Array) => side.filter((sample) => Math.abs(sample) > 8).length;
  const expected = (samples: Int16Array) => soundIn(mulaw.decode(mulaw.encode(samples)));
  expect(soundIn(side(0))).toBe(expected(message));
  expect(soundIn(side(1))).toBe(expected(greeting.samples) + expected(sound(1000, 400)));
});

test('an id from the wire is no path', () => {
  expect(recordingOf('calls', '../../etc/passwd')).toBe(join('calls', '______etc_passwd.wav'));
});
