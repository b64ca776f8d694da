import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import WebSocket from 'isomorphic-ws';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../src/connect.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<string> {
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/media`;
}

test('opens a socket, with headers and protocols', async () => {
  const http = createHttpServer();
  const upgrader = new WebSocket.WebSocketServer({ server: http });
  const greeted = new Promise((resolve) => {
    upgrader.on('connection', (socket, request) => {
      socket.on('message', (data) => socket.send(data));
      resolve([request.headers['x-twilio-signature'], socket.protocol]);
    });
  });
  const socket = await connect(await listen(http), {
    headers: { 'X-Twilio-Signature': 'abc' },
    protocols: ['chat'],
  });
  const echoed = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)));
  const closed = new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  expect(await greeted).toEqual(['abc', 'chat']);
  socket.send(new Uint8Array([1, 2, 3]));
  expect(Array.from(new Uint8Array((await echoed) as ArrayBuffer))).toEqual([1, 2, 3]);
  socket.close(1000);
  expect(await closed).toBe(1000);
});

test.each([
  [401, 'refused', /with 401: it refuses this caller/],
  [403, 'refused', /with 403: it refuses this caller/],
  [404, 'transport-closed', /with 404: nothing is served there/],
  [503, 'transport-closed', /with 503: it takes no calls now/],
  [200, 'transport-closed', /with 200, so it is no WebSocket server/],
])('an upgrade answered with %i', async (status, code, message) => {
  const url = await listen(createHttpServer((_request, response) => response.writeHead(status).end('words')));
  const secret = `${url}?key=secret`;
  await expect(connect(secret)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  await expect(connect(secret)).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
});

test('nobody listens', async () => {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  await expect(connect(url)).rejects.toMatchObject({
    code: 'transport-closed',
    message: `Nothing listens at ${url}. Start the server, or check host and port.`,
  });
});

test('what answers is no HTTP server', async () => {
  const url = await listen(
    createTcpServer((socket) => socket.on('error', () => {}).end('220 mail ready\r\n')),
  );
  await expect(connect(url)).rejects.toMatchObject({
    code: 'transport-closed',
    message: expect.stringContaining('does not speak WebSocket'),
  });
});

test('nobody answers', async () => {
  const url = await listen(createTcpServer((socket) => closers.push(() => socket.destroy())));
  await expect(connect(url, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('within 50 ms'),
  });
});

test('given up by its signal, before and meanwhile', async () => {
  const url = await listen(createTcpServer((socket) => closers.push(() => socket.destroy())));
  await expect(connect(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  const controller = new AbortController();
  const connecting = connect(url, { signal: controller.signal });
  controller.abort();
  await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
});

test.each(['http://localhost', 'localhost:8080', ''])('%j is no WebSocket URL', async (url) => {
  await expect(connect(url)).rejects.toMatchObject({ code: 'invalid-argument' });
});
