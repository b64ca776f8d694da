/** Says back what it hears, in Node. */

import { serveCalls } from '@patchcord/node';

const { PORT = '8080', TWILIO_AUTH_TOKEN, PUBLIC_URL } = process.env;

const server = await serveCalls(
  { port: Number(PORT), authToken: TWILIO_AUTH_TOKEN, publicUrl: PUBLIC_URL },
  (call) => call.readable.pipeTo(call.writable),
);

console.log(`Echo answers calls at ${server.url}`);
