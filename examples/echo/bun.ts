/** Says back what it hears, in Bun. `bunSocket` makes a standard socket of Bun's callbacks. */

import { handleCall, twilio } from '@patchcord/core';
import { bunSocket, verifyUpgrade } from '@patchcord/node';

const { PORT = '8080', TWILIO_AUTH_TOKEN: authToken, PUBLIC_URL: publicUrl = '' } = Bun.env;
if (authToken && !publicUrl)
  throw new Error('TWILIO_AUTH_TOKEN needs PUBLIC_URL, such as https://voice.example.com.');
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(PORT),
  async fetch(request, server) {
    const signed = !authToken || (await verifyUpgrade(request, { authToken, publicUrl }));
    if (!signed) return new Response('The signature does not fit.\n', { status: 403 });
    return server.upgrade(request) ? undefined : new Response('Media streams only.\n', { status: 426 });
  },
  websocket: bunSocket((socket) =>
    handleCall(socket, twilio, {}, (call) => call.readable.pipeTo(call.writable)),
  ),
});

console.log(`Echo answers calls at ws://127.0.0.1:${server.port}/media`);
