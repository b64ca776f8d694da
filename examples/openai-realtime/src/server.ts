import { serveCalls } from '@patchcord/node';
import { converse } from './realtime.ts';

const { PORT = '8080', OPENAI_API_KEY: apiKey, OPENAI_URL: url, TWILIO_AUTH_TOKEN, PUBLIC_URL } = process.env;
if (!apiKey) throw new Error('Set OPENAI_API_KEY.');

const server = await serveCalls(
  { port: Number(PORT), authToken: TWILIO_AUTH_TOKEN, publicUrl: PUBLIC_URL, sampleRate: 8000 },
  (call) => converse(call, { apiKey, url }),
);

console.log(`The model answers calls at ${server.url}`);
