/** Says back what it hears, in Deno. Deno's own sockets are standard ones: nothing is adapted. */

import { answerCalls, createUpgradeCheck } from '@patchcord/node/web';

const check = createUpgradeCheck({
  authToken: Deno.env.get('TWILIO_AUTH_TOKEN'),
  publicUrl: Deno.env.get('PUBLIC_URL'),
});
const answer = answerCalls({}, (call) => call.readable.pipeTo(call.writable));
const server = Deno.serve(
  { hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 8080), onListen: () => {} },
  async (request, { remoteAddr }) => {
    const refusal = await check(request);
    if (refusal) return refusal;
    const { socket, response } = Deno.upgradeWebSocket(request);
    answer(socket, remoteAddr.hostname);
    return response;
  },
);

console.log(`Echo answers calls at ws://127.0.0.1:${server.addr.port}/media`);
