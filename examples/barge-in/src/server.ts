import { readFile } from 'node:fs/promises';
import { decodeWav } from '@patchcord/core';
import { serveCalls } from '@patchcord/node';
import { readAloud } from './barge-in.ts';

const { PORT = '8080', TWILIO_AUTH_TOKEN, PUBLIC_URL } = process.env;

const file = new URL('../../dashboard/speech/jfk-16k.wav', import.meta.url);
const speech = decodeWav(await readFile(file));

const server = await serveCalls(
  { port: Number(PORT), authToken: TWILIO_AUTH_TOKEN, publicUrl: PUBLIC_URL },
  (call) => readAloud(call, speech, console.log),
);

console.log(`Reads aloud to whoever calls ${server.url}`);
