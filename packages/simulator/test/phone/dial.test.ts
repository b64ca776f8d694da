import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { mulaw } from '@patchcord/core';
import { afterEach, describe, expect, test } from 'vitest';
import { dial } from '../../src/phone/dial.ts';
import { type App, echo, startApp } from '../app.ts';

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function app(...answer: Parameters<typeof startApp>): Promise<App> {
  const started = await startApp(...answer);
  endings.push(() => started.close());
  return started;
}

/** Where a server listens, once it does. */
async function listen(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/media`;
}

/** 100 ms of which no sample is silent. */
const speech = mulaw.decode(Uint8Array.from({ length: 800 }, (_, index) => 0x80 + ((index * 37) % 100)));

describe('dial, over a real socket', () => {
  test('says, hears the echo, hangs up', async () => {
    const { url, messages } = await app(echo);
    const phone = await dial(url);
    await phone.say(speech);
    await phone.waitUntil(() => sounding(phone.heard).length === speech.length);
    const end = await phone.hangUp();
    expect(sounding(phone.heard)).toEqual(speech);
    expect(end).toMatchObject({ endedBy: 'caller', reason: 'hung-up' });
    expect(phone.warnings).toEqual([]);
    expect(messages.slice(0, 3).map(({ event }) => event)).toEqual(['connected', 'start', 'media']);
    expect(messages.at(-1)?.event).toBe('stop');
  });

  test('hears that the app closes, and that it breaks down', async () => {
    const { url } = await app((socket, { event }) => {
      if (event === 'start') socket.close(1000);
    });
    expect(await (await dial(url)).closed).toMatchObject({
      endedBy: 'app',
      reason: 'app-closed',
      closeCode: 1000,
    });
    const { url: broken } = await app((socket, { event }) => {
      if (event === 'start') socket.terminate();
    });
    expect(await (await dial(broken)).closed).toMatchObject({
      endedBy: 'network',
      reason: 'connection-lost',
    });
  });

  test('drops the line', async () => {
    const { url, messages } = await app();
    const phone = await dial(url);
    expect(await phone.drop()).toMatchObject({ reason: 'dropped' });
    expect(messages.map(({ event }) => event)).not.toContain('stop');
  });

  test('signs the upgrade over the wss URL, when it has a token', async () => {
    const { url, requests } = await app();
    const authToken = '0123456789abcdef0123456789abcdef';
    const signedUrl = 'wss://voice.example.com/media';
    await (await dial(url, { authToken, signedUrl, headers: { 'X-Test': 'yes' } })).hangUp();
    await (await dial(url)).hangUp();
    expect(requests[0]?.headers).toMatchObject({
      'x-twilio-signature': 'ttk+kVY3Kdi/BWVnuJguRoi2Bjs=',
      'x-test': 'yes',
    });
    expect(requests[1]?.headers).not.toHaveProperty('x-twilio-signature');
  });

  test('signs what it dials, as wss, when it is told no other URL', async () => {
    const { url, requests } = await app();
    const signatures = [{}, { signedUrl: url.replace('ws:', 'wss:') }].map(async (options) => {
      await (await dial(url, { authToken: 'secret', ...options })).hangUp();
    });
    await Promise.all(signatures);
    expect(requests[0]?.headers['x-twilio-signature']).toBe(requests[1]?.headers['x-twilio-signature']);
  });
});

describe('an app that cannot be reached is named in words', () => {
  const status =
    (code: number): RequestListener =>
    (_, response) => {
      response.writeHead(code).end('no');
    };

  test.each([
    [403, 'refused', /refused the call \(HTTP 401 or 403; Twilio would log 31920\).*auth token/],
    [404, 'refused', /nothing at this path \(HTTP 404/],
    [200, 'refused', /not as a WebSocket server/],
    [502, 'refused', /an error in place of the upgrade/],
  ])('HTTP %i', async (code, kind, words) => {
    const server = createServer(status(code));
    server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${code} No\r\nContent-Length: 0\r\n\r\n`));
    await expect(dial(await listen(server))).rejects.toMatchObject({
      code: kind,
      message: expect.stringMatching(words),
    });
  });

  test('nobody listens', async () => {
    const server = createTcpServer();
    const url = await listen(server);
    await endings.pop()?.();
    await expect(dial(`${url}?token=secret`)).rejects.toMatchObject({
      code: 'transport-closed',
      message: `${url} has nobody listening (Twilio would log 31902). Start the app first, and check the port.`,
    });
  });

  test('something else listens', async () => {
    const url = await listen(
      createTcpServer((socket) => void socket.resume().end('220 smtp.example.com ready\r\n')),
    );
    await expect(dial(url)).rejects.toMatchObject({
      code: 'transport-closed',
      message: expect.stringMatching(/did not answer as a WebSocket server does/),
    });
  });

  test('somebody listens and says nothing', async () => {
    const url = await listen(createTcpServer((socket) => void socket.resume()));
    await expect(dial(url, { connectTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/did not answer within 50 ms/),
    });
  });

  test.each([
    ['localhost:8080', /begins with ws:/],
    ['media', /not a URL/],
    ['http://localhost:8080/media', /begins with ws:\/\/ or wss:\/\/; this one begins with http:/],
    ['ws://localhost:8080/media#1', /behind #/],
  ])('%s', async (url, words) => {
    await expect(dial(url)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(words),
    });
  });
});

function sounding(samples: Int16Array): Int16Array {
  return samples.filter((sample) => sample !== 0);
}

describe('faults, over a real socket', () => {
  test('the connection breaks after so many messages', async () => {
    const { url, messages } = await app();
    const phone = await dial(url, { faults: { cutAfterMessages: 4 } });
    expect(await phone.closed).toMatchObject({ reason: 'connection-lost', closeCode: 1006 });
    expect(messages).toHaveLength(4);
  });

  test('the phone stops reading, and reads again to hang up', async () => {
    const { url } = await app(echo);
    const phone = await dial(url, { faults: { stopReadingAfterMs: 0 } });
    await phone.say(speech);
    await phone.wait(100);
    expect(sounding(phone.heard)).toHaveLength(0);
    expect(await phone.hangUp()).toMatchObject({ reason: 'hung-up', closeCode: 1000 });
  });
});
