/** An echo on `Deno.serve`, called by a phone in the same process. Type-checked by Deno before it runs. */
import { handleCall, twilio } from '@patchcord/core';
import { callAnEcho } from './phone-call.mjs';

const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  handleCall(socket, twilio, {}, (call) => call.readable.pipeTo(call.writable));
  return response;
});
await callAnEcho(`ws://127.0.0.1:${server.addr.port}/media`);
await server.shutdown();
