/** Says back what it hears, in a Hono app on Node. Behind Hono's own socket stands one of `ws`, a standard one. */

import { type HttpBindings, serve, upgradeWebSocket } from '@hono/node-server';
import type { CallSocket } from '@patchcord/core';
import { answerCalls, createUpgradeCheck } from '@patchcord/node/web';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';

const { PORT = '8080', TWILIO_AUTH_TOKEN: authToken, PUBLIC_URL: publicUrl } = process.env;

const check = createUpgradeCheck({ authToken, publicUrl });
const answer = answerCalls({}, (call) => call.readable.pipeTo(call.writable));
const app = new Hono<{ Bindings: HttpBindings }>();
app.get(
  '/media',
  async (context, next) => (await check(context.req.raw)) ?? next(),
  upgradeWebSocket((context) => ({
    onOpen(_event, { raw }) {
      answer(raw as unknown as CallSocket, context.env.incoming.socket.remoteAddress);
    },
  })),
);

const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
serve(
  { fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT), websocket: { server: sockets } },
  ({ port }) => console.log(`Echo answers calls at ws://127.0.0.1:${port}/media`),
);
