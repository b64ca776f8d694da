import { serveCalls } from '@patchcord/node';
import { transcribe } from './transcribe.ts';

const { PORT = '8080', RECOGNISER_URL, RECOGNISER_KEY, TWILIO_AUTH_TOKEN, PUBLIC_URL } = process.env;
if (!RECOGNISER_URL) throw new Error('Set RECOGNISER_URL, such as wss://recogniser.example.com/listen.');

const recogniser = {
  url: RECOGNISER_URL,
  ...(RECOGNISER_KEY && { headers: { Authorization: `Bearer ${RECOGNISER_KEY}` } }),
};

const server = await serveCalls(
  { port: Number(PORT), authToken: TWILIO_AUTH_TOKEN, publicUrl: PUBLIC_URL, sampleRate: 16_000 },
  (call) =>
    transcribe(call, recogniser, ({ text, final, atMs }) => {
      if (final) console.log(`${(atMs / 1000).toFixed(1)} s: ${text}`);
    }),
);

console.log(`Writes down what callers of ${server.url} say`);
