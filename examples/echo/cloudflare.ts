/** Says back what it hears, in a Cloudflare Worker. `WebSocketPair` gives standard sockets: nothing is adapted. */

import { env } from 'cloudflare:workers';
import { answerCalls, createUpgradeCheck } from '@patchcord/node/web';

const check = createUpgradeCheck({
  authToken: env.TWILIO_AUTH_TOKEN ?? undefined,
  publicUrl: env.PUBLIC_URL ?? undefined,
});

const answer = answerCalls({}, (call) => call.readable.pipeTo(call.writable));

export default {
  async fetch(request: Request): Promise<Response> {
    const refusal = await check(request);
    if (refusal) return refusal;
    const { 0: client, 1: socket } = new WebSocketPair();
    socket.accept();
    answer(socket, request.headers.get('CF-Connecting-IP') ?? undefined);
    return new Response(null, { status: 101, webSocket: client });
  },
};
