import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { MonitorClient } from '../src/client.ts';
import { createHub, type Hub, ticketOf } from '../src/index.ts';
import { FakeCall } from './fake-call.ts';
import { until } from './in-process.ts';

let server: Server;
let hub: Hub;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = createServer((_request, response) => response.end('a page'));
  hub = createHub();
  hub.attach(server);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  await hub.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const url = (path = '/monitor'): string => `ws://127.0.0.1:${port}${path}`;

/** Everything that a connection brings until it is closed. */
function history(socket: WebSocket): Promise<{ code: number; reason: string; messages: unknown[] }> {
  const messages: unknown[] = [];
  socket.on('message', (data) => messages.push(data));
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), messages }));
  });
}

/** The bytes that a request is answered with. */
function answer(request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('close', () => resolve(text));
  });
}

const upgrade = (path: string, protocol?: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
  `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`;

describe('on an HTTP server', () => {
  test('a client with a ticket hears a call, over a real socket', async () => {
    const call = new FakeCall('CA1');
    hub.watch(call);
    const client = MonitorClient.connect(url(), {
      ticket: () => hub.issueTicket({ scopes: ['list', 'listen'] }),
    });
    const calls = client.calls().getReader();
    expect(await calls.read()).toMatchObject({ value: { kind: 'calls', calls: [{ callId: 'CA1' }] } });
    const heard = client.listen('CA1').getReader();
    const first = heard.read();
    // The list is asked for after the sound, so when its answer is there the sound is, too.
    await client.calls().getReader().read();
    const { samples } = call.sound('inbound', 0);
    const { value } = await first;
    expect(value).toMatchObject({ kind: 'audio', sampleRate: 8000, timestampMs: 0, track: 'inbound' });
    expect(value?.kind === 'audio' && value.samples.length).toBe(samples.length);
    call.finish();
    expect((await heard.read()).done).toBe(true);
    client.close();
  });

  test('the ticket goes beside the protocol, and only the protocol comes back', async () => {
    const ticket = await hub.issueTicket({ scopes: ['list'] });
    const socket = new WebSocket(url(), ['patchcord.v1', `ticket.${ticket}`]);
    await new Promise((resolve) => socket.once('message', resolve));
    expect(socket.protocol).toBe('patchcord.v1');
    expect(socket.extensions).toBe('');
    socket.close();
    await history(socket);
  });

  test('a ticket in the URL is none', async () => {
    hub.watch(new FakeCall('CA1'));
    const ticket = await hub.issueTicket({ scopes: ['list'] });
    const { code, messages } = await history(
      new WebSocket(url(`/monitor?ticket=${ticket}`), ['patchcord.v1']),
    );
    expect([code, messages]).toEqual([4403, []]);
  });

  test('a page of another origin is told so in the close frame, which a browser can read', async () => {
    const ticket = await hub.issueTicket({ scopes: ['list'] });
    const options = { origin: 'https://evil.example' };
    const { code, reason, messages } = await history(
      new WebSocket(url(), ['patchcord.v1', `ticket.${ticket}`], options),
    );
    expect(code).toBe(4403);
    expect(reason).toBe("The gateway does not accept this page's address. Add it to `allowedOrigins`.");
    expect(messages).toEqual([]);
  });

  test('who does not speak the protocol gets an answer in words and no socket', async () => {
    for (const protocol of [undefined, 'chat', 'ticket.abc']) {
      const text = await answer(upgrade('/monitor', protocol));
      expect(text).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
      expect(text).toContain('patchcord.v1');
    }
  });

  test('other paths are left to others, and ordinary requests, too', async () => {
    server.on('upgrade', (request, socket) => {
      if (request.url === '/media') socket.end('HTTP/1.1 200 OK\r\n\r\nmedia');
    });
    expect(await answer(upgrade('/media', 'patchcord.v1'))).toMatch(/media$/);
    expect(await (await fetch(`http://127.0.0.1:${port}/monitor`)).text()).toBe('a page');
  });

  test('10 MB from a listener closes that listener', async () => {
    const ticket = await hub.issueTicket({ scopes: ['list'] });
    const socket = new WebSocket(url(), ['patchcord.v1', `ticket.${ticket}`]);
    const over = history(socket);
    await new Promise((resolve) => socket.once('message', resolve));
    socket.send('x'.repeat(10_000_000));
    expect((await over).code).not.toBe(1000);
    await until(() => hub.listeners === 0);
  });

  test('a connection that breaks in the middle is forgotten', async () => {
    const ticket = await hub.issueTicket({ scopes: ['list'] });
    const socket = new WebSocket(url(), ['patchcord.v1', `ticket.${ticket}`]);
    await new Promise((resolve) => socket.once('message', resolve));
    expect(hub.listeners).toBe(1);
    socket.terminate();
    await until(() => hub.listeners === 0);
  });

  test('a hub that closes says so and answers no more', async () => {
    const ticket = await hub.issueTicket({ scopes: ['list'] });
    const socket = new WebSocket(url(), ['patchcord.v1', `ticket.${ticket}`]);
    const over = history(socket);
    await new Promise((resolve) => socket.once('message', resolve));
    await hub.close();
    expect(await over).toMatchObject({ code: 1001 });
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('the ticket among the protocols', () => {
  test.each([
    ['patchcord.v1, ticket.a.b.c', 'a.b.c'],
    ['ticket.a.b.c,patchcord.v1', 'a.b.c'],
    ['patchcord.v1', undefined],
    ['ticket.a.b.c', undefined],
    ['patchcord.v2, ticket.a', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %s is %s', (offered, ticket) => {
    expect(ticketOf(offered)).toBe(ticket);
  });
});
