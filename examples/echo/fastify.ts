/** Says back what it hears, in a Fastify app. The sockets of `@fastify/websocket` are standard ones. */

import websocket from '@fastify/websocket';
import { answerCalls, createUpgradeCheck } from '@patchcord/node/web';
import Fastify from 'fastify';

const { PORT = '8080', TWILIO_AUTH_TOKEN: authToken, PUBLIC_URL: publicUrl } = process.env;

const check = createUpgradeCheck({ authToken, publicUrl });
const answer = answerCalls({}, (call) => call.readable.pipeTo(call.writable));
const app = Fastify();
await app.register(websocket, { options: { maxPayload: 65_536 } });
app.get(
  '/media',
  {
    websocket: true,
    async preValidation(request, reply) {
      const refusal = await check(request.raw);
      if (refusal) return reply.send(refusal);
    },
  },
  (socket, request) => {
    answer(socket, request.ip);
  },
);

const address = await app.listen({ host: '127.0.0.1', port: Number(PORT) });
console.log(`Echo answers calls at ${address.replace('http:', 'ws:')}/media`);
