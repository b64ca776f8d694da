import { readFile } from 'node:fs/promises';
import { decodeWav, type WavSound } from '@patchcord/core';
import { serveCalls } from '@patchcord/node';
import { menu } from './menu.ts';

const { PORT = '8080', TWILIO_AUTH_TOKEN, PUBLIC_URL } = process.env;

/** Any WAV file of one channel, at any rate. */
async function prompt(name: string): Promise<WavSound> {
  const file = new URL(`../../dashboard/speech/allison-${name}-8k.wav`, import.meta.url);
  return decodeWav(await readFile(file));
}

const prompts = {
  choices: await prompt('basic-pbx-ivr-main'),
  hold: await prompt('queue-periodic-announce'),
  number: await prompt('vm-review'),
  wrong: await prompt('demo-nogo'),
};

const server = await serveCalls(
  { port: Number(PORT), authToken: TWILIO_AUTH_TOKEN, publicUrl: PUBLIC_URL },
  (call) => menu(call, prompts),
);

console.log(`The menu answers calls at ${server.url}`);
