/** Says back what it hears, in Bun. `bunSocket` makes a standard socket of Bun's callbacks. */

import { answerCalls, bunSocket, createUpgradeCheck } from '@patchcord/node/web';

const { PORT = '8080', TWILIO_AUTH_TOKEN: authToken, PUBLIC_URL: publicUrl } = Bun.env;

const check = createUpgradeCheck({ authToken, publicUrl });
const answer = answerCalls({}, (call) => call.readable.pipeTo(call.writable));
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(PORT),
  async fetch(request, server) {
    const refusal = await check(request);
    if (refusal) return refusal;
    return server.upgrade(request) ? undefined : new Response('This is no upgrade.\n', { status: 400 });
  },
  websocket: bunSocket(answer),
});

console.log(`Echo answers calls at ws://127.0.0.1:${server.port}/media`);
