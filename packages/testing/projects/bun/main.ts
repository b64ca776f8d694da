/** An echo on `Bun.serve`, called by a phone in the same process. */
import { handleCall, twilio } from '@patchcord/core';
import { bunSocket } from '@patchcord/node';
import { callAnEcho } from './phone-call.mjs';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('', { status: 400 })),
  websocket: bunSocket((socket) =>
    handleCall(socket, twilio, {}, (call) => call.readable.pipeTo(call.writable)),
  ),
});
await callAnEcho(`ws://127.0.0.1:${server.port}/media`);
server.stop(true);
