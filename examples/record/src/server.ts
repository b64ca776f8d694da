import { readFile } from 'node:fs/promises';
import { decodeWav } from '@patchcord/core';
import { serveCalls } from '@patchcord/node';
import { takeMessage } from './record.ts';

const { PORT = '8080', FOLDER = 'recordings', TWILIO_AUTH_TOKEN, PUBLIC_URL } = process.env;

const file = new URL('../../dashboard/speech/allison-queue-periodic-announce-8k.wav', import.meta.url);
const greeting = decodeWav(await readFile(file));

const server = await serveCalls(
  { port: Number(PORT), authToken: TWILIO_AUTH_TOKEN, publicUrl: PUBLIC_URL },
  (call) => takeMessage(call, greeting, FOLDER),
);

console.log(`Takes messages at ${server.url}`);
