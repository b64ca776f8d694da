/** Says back what it hears, in Deno. Deno's own sockets are standard ones: nothing is adapted. */

import { handleCall, twilio } from '@patchcord/core';
import { verifyUpgrade } from '@patchcord/node';

const authToken = Deno.env.get('TWILIO_AUTH_TOKEN');
const publicUrl = Deno.env.get('PUBLIC_URL') ?? '';
if (authToken && !publicUrl)
  throw new Error('TWILIO_AUTH_TOKEN needs PUBLIC_URL, such as https://voice.example.com.');
const server = Deno.serve(
  { hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 8080), onListen: () => {} },
  async (request) => {
    if (request.headers.get('upgrade') !== 'websocket')
      return new Response('Media streams only.\n', { status: 426 });
    const signed = !authToken || (await verifyUpgrade(request, { authToken, publicUrl }));
    if (!signed) return new Response('The signature does not fit.\n', { status: 403 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    handleCall(socket, twilio, {}, (call) => call.readable.pipeTo(call.writable));
    return response;
  },
);

console.log(`Echo answers calls at ws://127.0.0.1:${server.addr.port}/media`);
