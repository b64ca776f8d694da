/**
 * A gateway and a page with nothing but the player on it, in the test's own process, and a link between them whose
 * conditions can be changed.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { Call } from '@patchcord/core';
import { createHub } from '@patchcord/monitor';
import { acceptCalls } from '@patchcord/node';

/** The built packages, as a page without a bundler loads them. */
const IMPORTS = {
  imports: {
    '@patchcord/core': '/core/index.js',
    '@patchcord/monitor/client': '/monitor/client.js',
    '@patchcord/player': '/player/index.js',
    'isomorphic-ws': '/web-socket.js',
  },
};

/** Lets the one inline script through a strict policy. */
export const NONCE = 'patchcord';

const PAGE = `<!doctype html><meta charset="utf-8"><title>Player</title><link rel="icon" href="data:,">
<script type="importmap" nonce="${NONCE}">${JSON.stringify(IMPORTS)}</script>
<button id="listen">Listen</button><script type="module" src="/page.js"></script>`;

/** What the page offers its tests, in \`window\`. */
const PAGE_SCRIPT = `
import { CallPlayer, createWorkerClient, Microphone } from '@patchcord/player';
import { MonitorClient } from '@patchcord/monitor/client';
const ticket = async () => (await fetch('/ticket')).text();
Object.assign(window, { CallPlayer, createWorkerClient, Microphone, MonitorClient, ticket });
`;

/** The link from the gateway to the page. */
export interface LinkConditions {
  /** Each piece of the stream is late by 0 to this much, in order, in milliseconds. */
  jitterMs: number;
}

/** Where calls come in, and the page. */
export interface BarePage {
  /** Of page and monitor, such as `http://127.0.0.1:41234`: by way of the link. */
  readonly origin: string;
  /** Where phones dial. */
  readonly mediaUrl: string;
  readonly link: LinkConditions;
  stop(): Promise<void>;
}

/** Options of `startBarePage`. */
export interface BarePageOptions {
  /** What is done with calls. Default: they are listened to. */
  readonly answer?: (call: Call) => Promise<unknown>;
  /** The page's content-security policy. */
  readonly policy?: string;
}

/** Starts gateway, link and page. Everybody who opens the page may listen. */
export async function startBarePage({ answer, policy }: BarePageOptions = {}): Promise<BarePage> {
  const hub = createHub();
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.writeHead(404).end());
  });

  async function serve({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await contentOf(url);
    response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/html');
    response.setHeader('cache-control', 'no-store');
    if (policy && url === '/') response.setHeader('content-security-policy', policy);
    response.end(text);
  }

  async function contentOf(path: string): Promise<string> {
    if (path === '/') return PAGE;
    if (path === '/page.js') return PAGE_SCRIPT;
    if (path === '/web-socket.js') return 'export default WebSocket;';
    if (path === '/ticket') return hub.issueTicket({ scopes: ['list', 'listen'] });
    const [, name, file] = /^\/(core|monitor|player)\/([\w/-]+\.js)$/.exec(path) ?? [];
    return readFile(new URL(`../packages/${name}/dist/${file}`, import.meta.url), 'utf8');
  }

  hub.attach(server);
  const acceptor = acceptCalls(server, { path: '/media', allowUnsigned: true, log: () => {} }, (call) => {
    hub.watch(call);
    return answer ? answer(call) : call.closed;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const link: LinkConditions = { jitterMs: 0 };
  const linked = await startLink(port, link);
  return {
    origin: `http://127.0.0.1:${linked.port}`,
    mediaUrl: `ws://127.0.0.1:${port}/media`,
    link,
    async stop() {
      linked.close();
      await hub.close();
      await acceptor.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Leads to a port of this machine; what comes back is late as the conditions say. */
async function startLink(
  to: number,
  conditions: LinkConditions,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((near) => {
    const far = connect(to, '127.0.0.1');
    const waiting: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
    const pass = (): void => {
      while (waiting[0] && waiting[0].dueMs <= performance.now()) near.write(waiting.shift()?.bytes ?? '');
      if (waiting[0]) setTimeout(pass, waiting[0].dueMs - performance.now());
    };
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        waiting.length = 0;
        other.destroy();
      });
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      const dueMs = performance.now() + Math.random() * conditions.jitterMs;
      waiting.push({ bytes, dueMs: Math.max(dueMs, waiting.at(-1)?.dueMs ?? 0) });
      if (waiting.length === 1) pass();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
