import { createServer, type Server } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Call, CallEnd, CallHandler, CallWarning } from '@patchcord/core';
import { createManualClock } from '@patchcord/testing';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { acceptCalls } from '../src/accept.ts';
import { connect } from '../src/connect.ts';
import { type CallServer, type ServeOptions, serveCalls } from '../src/serve.ts';
import { signTwilio } from '../src/signature.ts';
import { call } from './caller.ts';

const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
const PUBLIC_URL = 'https://voice.example.com';

const servers: CallServer[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(servers.splice(0).map((server) => server.close({ when: 'now' })));
});

async function serve(handler: CallHandler, options: ServeOptions = {}): Promise<CallServer> {
  const server = await serveCalls(
    { port: 0, allowUnsigned: true, drainOnSigterm: false, ...options },
    handler,
  );
  servers.push(server);
  return server;
}

const echo: CallHandler = (each) => each.readable.pipeTo(each.writable);

/** Resolves once with what the first call of a handler gives. */
function deferred<Value>(): { readonly promise: Promise<Value>; resolve(value: Value): void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('a call', () => {
  test('is answered: what is said comes back', async () => {
    const server = await serve(echo);
    const caller = await call(server.url);
    caller.start();
    const answered = caller.next('media');
    for (let index = 0; index < 10; index += 1) caller.media(index, 0x90);
    await answered;
    expect(caller.heard[0]).toBe(0x90);
    caller.stop();
    await caller.closed;
  });

  test('has what its start says, at the rate that was asked', async () => {
    const info = deferred<Call>();
    const server = await serve(
      async (each) => {
        info.resolve(each);
        await each.closed;
      },
      { sampleRate: 16_000, path: '/calls' },
    );
    expect(server.url).toBe(`ws://127.0.0.1:${server.port}/calls`);
    const caller = await call(server.url);
    caller.start({ locale: 'en-GB' });
    const opened = await info.promise;
    expect(opened.info).toMatchObject({ provider: 'twilio', parameters: { locale: 'en-GB' } });
    expect(opened.sampleRate).toBe(16_000);
    caller.close();
    expect((await opened.closed).reason).toBe('socket-closed');
  });
});

describe('bad input', () => {
  test('text that is no JSON, and bytes where text belongs, in the middle of a call: it goes on', async () => {
    const warned: CallWarning[] = [];
    const opened = deferred<Call>();
    const server = await serve(
      (each) => {
        opened.resolve(each);
        return echo(each);
      },
      { onWarning: (warning) => warned.push(warning) },
    );
    const caller = await call(server.url);
    caller.start();
    const { stats } = await opened.promise;
    caller.media(0, 0x91);
    caller.sendRaw('this is not JSON');
    caller.sendRaw(new Uint8Array([1, 2, 3]));
    caller.send({ event: 'media', media: { payload: '!' } });
    const answered = caller.next('media');
    for (let index = 1; index < 10; index += 1) caller.media(index, 0x91);
    await answered;
    expect(stats.malformed).toBe(3);
    expect(warned.map(({ code }) => code)).toContain('malformed-message');
    expect(JSON.stringify(warned)).not.toContain('this is not JSON');
    caller.stop();
    await caller.closed;
  });

  test('a message of more than 64 KiB closes its socket with 1009, and what came before is kept', async () => {
    const ended = deferred<{ end: CallEnd; receivedMs: number }>();
    const server = await serve(async (each) => {
      const end = await each.closed;
      ended.resolve({ end, receivedMs: each.stats.receivedMs });
    });
    const caller = await call(server.url);
    caller.start();
    caller.media(0);
    caller.sendRaw('x'.repeat(65_537));
    expect(await caller.closed).toMatchObject({ code: 1009 });
    const { end, receivedMs } = await ended.promise;
    expect(end.reason).toBe('socket-closed');
    expect(receivedMs).toBe(20);
  });

  test('a message of 64 KiB is taken', async () => {
    const opened = deferred<Call>();
    const server = await serve((each) => {
      opened.resolve(each);
      return each.closed;
    });
    const caller = await call(server.url);
    caller.start();
    caller.sendRaw(JSON.stringify({ event: 'later', padding: 'x'.repeat(65_536 - 30) }).slice(0, 65_536));
    caller.stop();
    expect((await (await opened.promise).closed).reason).toBe('stopped');
  });

  test('a socket that drops in the middle of a call: all that came is read', async () => {
    const read = deferred<number>();
    const server = await serve(async (each) => {
      let audioMs = 0;
      await each.readable.pipeTo(
        new WritableStream({
          write(frame) {
            if (frame.kind === 'audio') audioMs += (1000 * frame.samples.length) / frame.sampleRate;
          },
        }),
      );
      read.resolve(audioMs);
    });
    const caller = await call(server.url);
    caller.start();
    for (let index = 0; index < 25; index += 1) caller.media(index);
    caller.close();
    expect(await read.promise).toBe(500);
  });

  test('no start in time', async () => {
    const clock = createManualClock();
    const refused = deferred<unknown>();
    const server = await serve(echo, { clock, onRefused: refused.resolve });
    const caller = await call(server.url);
    caller.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    await until(() => clock.pending > 0);
    await clock.advance(10_000);
    expect(await refused.promise).toMatchObject({ name: 'MediaError', code: 'timeout' });
    await caller.closed;
    expect(server.httpServer.listening).toBe(true);
  });

  test('a bad call beside a good one leaves it unharmed', async () => {
    const lines: string[] = [];
    const server = await serve(
      (each) => {
        const { bad } = each.info.parameters;
        if (bad === 'throws') throw new TypeError('thrown by the app');
        if (bad === 'rejects') return Promise.reject(new Error('rejected by the app'));
        return echo(each);
      },
      { log: (line) => lines.push(line) },
    );
    const good = await call(server.url);
    good.start();
    good.media(0, 0x92);

    const throws = await call(server.url);
    throws.start({ bad: 'throws' });
    const rejects = await call(server.url);
    rejects.start({ bad: 'rejects' });
    const garbled = await call(server.url);
    for (let count = 0; count < 30; count += 1) garbled.sendRaw('garbage');
    const huge = await call(server.url);
    huge.sendRaw('x'.repeat(70_000));
    const silent = connectTcp(server.port, '127.0.0.1').on('error', () => {});
    silent.write('GET /media HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nnonsense\r\n\r\n');
    await Promise.all([throws.closed, rejects.closed, garbled.closed, huge.closed]);
    silent.destroy();

    const answered = good.next('media');
    for (let index = 1; index < 10; index += 1) good.media(index, 0x92);
    await answered;
    expect(good.heard[0]).toBe(0x92);
    expect(lines.sort()).toEqual([
      expect.stringMatching(/handler of the call failed .*rejected by the app/s),
      expect.stringMatching(/handler of the call failed .*thrown by the app/s),
      expect.stringMatching(/a socket became no call\. 20 messages .*malformed-message, told once/s),
    ]);
    good.stop();
    await good.closed;
  });

  test('nobody listens to warnings and refusals: the first of each kind is told, and no more', async () => {
    const lines: string[] = [];
    const server = await serve(echo, { log: (line) => lines.push(line) });
    for (let count = 0; count < 2; count += 1) {
      const caller = await call(server.url);
      caller.start();
      caller.sendRaw('garbage');
      const answered = caller.next('media');
      for (let index = 0; index < 10; index += 1) caller.media(index);
      await answered;
      caller.stop();
      await caller.closed;
      const page = connect(server.url, { headers: { Origin: 'https://page.example.com' } });
      await expect(page).rejects.toMatchObject({ code: 'refused' });
    }
    expect(lines).toEqual([
      expect.stringMatching(/^Patchcord: .*not JSON.*\(malformed-message, told once/),
      expect.stringMatching(/^Patchcord: a socket became no call\. Web pages.*\(refused, told once/),
    ]);
  });

  test('reports that throw reach no call', async () => {
    const lines: string[] = [];
    const boom = () => {
      throw new Error('boom');
    };
    const opened = deferred<Call>();
    const server = await serve(
      (each) => {
        opened.resolve(each);
        return echo(each);
      },
      { onRefused: boom, onWarning: boom, log: (line) => lines.push(line) },
    );
    const bad = await call(server.url);
    for (let count = 0; count < 30; count += 1) bad.sendRaw('garbage');
    await bad.closed;
    const good = await call(server.url);
    good.start();
    await opened.promise;
    good.sendRaw('garbage');
    const answered = good.next('media');
    for (let index = 0; index < 10; index += 1) good.media(index);
    await answered;
    expect(lines).toEqual(['Patchcord: onRefused threw Error.', 'Patchcord: onWarning threw Error.']);
    good.stop();
    await good.closed;
  });
});

describe('sockets without a start', () => {
  test('are bounded per address, and a place is free again after start', async () => {
    const refusals: unknown[] = [];
    const opened = deferred<Call>();
    const server = await serve(
      (each) => {
        opened.resolve(each);
        return each.closed;
      },
      { maxWaitingPerAddress: 2, onRefused: (error) => refusals.push(error) },
    );
    const first = await call(server.url);
    const second = await call(server.url);
    await expect(connect(server.url)).rejects.toThrow(/with 503: it takes no calls now/);
    expect(refusals).toMatchObject([{ code: 'limit-exceeded' }]);
    first.start();
    await opened.promise;
    const third = await call(server.url);
    await expect(connect(server.url)).rejects.toThrow(/503/);
    second.close();
    await second.closed;
    await until(async () => {
      const socket = await connect(server.url).catch(() => undefined);
      socket?.close();
      return socket !== undefined;
    });
    third.close();
    first.stop();
  });

  test('are bounded in all', async () => {
    const server = await serve(echo, { maxWaiting: 1 });
    await call(server.url);
    await expect(connect(server.url)).rejects.toThrow(/503/);
  });

  test('that are gone before they are answered take no place', async () => {
    const signature = await signTwilio({ authToken: AUTH_TOKEN, url: 'wss://voice.example.com/media' });
    const server = await serve(echo, {
      authToken: AUTH_TOKEN,
      publicUrl: PUBLIC_URL,
      allowUnsigned: false,
      maxWaiting: 1,
      host: '127.0.0.1',
    });
    const gone = new Promise<void>((resolve) => {
      server.httpServer.prependListener('upgrade', (_request, socket: Duplex) => {
        socket.destroy();
        resolve();
      });
    });
    const headers = { 'X-Twilio-Signature': signature };
    await expect(connect(server.url, { headers })).rejects.toMatchObject({ code: 'transport-closed' });
    await gone;
    const [first] = server.httpServer.listeners('upgrade');
    server.httpServer.off('upgrade', first as () => void);
    (await call(server.url, { headers })).close();
  });

  test('that are malformed upgrades take no place', async () => {
    const server = await serve(echo, { maxWaiting: 1 });
    for (let count = 0; count < 3; count += 1) {
      expect(await raw(server.port, '/media', '')).toMatch(/^HTTP\/1.1 400 /);
    }
    const caller = await call(server.url);
    caller.close();
  });
});

describe('signatures', () => {
  const signed = { authToken: AUTH_TOKEN, publicUrl: PUBLIC_URL, allowUnsigned: false, host: '127.0.0.1' };
  const sign = async (url: string) => ({
    headers: { 'X-Twilio-Signature': await signTwilio({ authToken: AUTH_TOKEN, url }) },
  });

  test('what Twilio signed is taken', async () => {
    const lines: string[] = [];
    const server = await serve(echo, { ...signed, log: (line) => lines.push(line) });
    for (const url of ['wss://voice.example.com/media', 'wss://voice.example.com:443/media']) {
      (await call(server.url, await sign(url))).close();
    }
    expect(lines).toEqual([]);
  });

  test('all else is refused with 403 before it is a socket, in words', async () => {
    const refusals: unknown[] = [];
    const server = await serve(echo, { ...signed, onRefused: (error) => refusals.push(error) });
    for (const options of [
      {},
      { headers: { 'X-Twilio-Signature': 'ttk+kVY3Kdi/BWVnuJguRoi2Bjs' } },
      await sign('https://voice.example.com/media'),
      await sign('wss://voice.example.com/other'),
      await sign(`ws://127.0.0.1:${server.port}/media`),
    ]) {
      await expect(connect(server.url, options)).rejects.toMatchObject({ code: 'refused' });
    }
    expect(refusals).toHaveLength(5);
    expect(refusals[0]).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('authToken and publicUrl'),
    });
    const answer = await raw(server.port, '/media');
    expect(answer).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    expect(answer).toContain('X-Twilio-Signature');
    expect(answer).not.toContain(AUTH_TOKEN);
  });

  test('their absence is said loudly, once, unless it is meant', async () => {
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    await serve(echo, { allowUnsigned: false, log });
    expect(lines).toEqual([expect.stringContaining('NOT CHECKED')]);
    await serve(echo, { allowUnsigned: true, log });
    expect(lines).toHaveLength(1);
  });

  test('without them no web page can call, whatever it says of itself', async () => {
    const server = await serve(echo);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${server.port}`]) {
      await expect(connect(server.url, { headers: { origin } })).rejects.toMatchObject({ code: 'refused' });
    }
    (await call(server.url)).close();
  });

  test('options that do not fit together are an error at once', async () => {
    for (const [options, words] of [
      [{ authToken: AUTH_TOKEN, allowUnsigned: false }, /publicUrl/],
      [{ authToken: '', publicUrl: PUBLIC_URL, allowUnsigned: false }, /authToken is empty/],
      [{ authToken: AUTH_TOKEN, publicUrl: `${PUBLIC_URL}/media`, allowUnsigned: false }, /no path/],
      [{ authToken: AUTH_TOKEN, publicUrl: PUBLIC_URL, allowUnsigned: true }, /contradict/],
      [{ path: 'media' }, /begin with \//],
      [{ autoHangUp: true }, /control/],
    ] as const) {
      await expect(serve(echo, options)).rejects.toMatchObject({
        code: 'invalid-argument',
        message: expect.stringMatching(words),
      });
    }
  });
});

describe('the port', () => {
  test('that is in use', async () => {
    const { port } = await serve(echo);
    await expect(serve(echo, { port })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: `Port ${port} is in use. Stop the other program or set PORT to another.`,
    });
  });

  test.each([Number.NaN, -1, 1.5, 70_000])('that is none: %s', async (port) => {
    await expect(serve(echo, { port })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: `port is ${port}; it must be a whole number from 0 to 65535.`,
    });
  });

  test('on an interface that is not there', async () => {
    await expect(serve(echo, { host: '203.0.113.1' })).rejects.toThrow(/no interface 203.0.113.1/);
  });

  test('answers what is no WebSocket in words', async () => {
    const { port } = await serve(echo);
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return [response.status, await response.text()];
    };
    expect(await get('/')).toEqual([200, expect.stringContaining('/media')]);
    expect(await get('/media')).toEqual([426, expect.stringContaining('WebSocket')]);
    expect(await get('/else')).toEqual([404, expect.any(String)]);
    expect(await raw(port, '/else')).toMatch(/^HTTP\/1.1 404 [\s\S]*Media streams go to \/media/);
  });

  test('gives others that listen time to answer an upgrade, and then does it itself', async () => {
    const { port, httpServer } = await serve(echo);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const seen = new Promise((resolve) => httpServer.on('upgrade', resolve));
    const answer = raw(port, '/monitor');
    await seen;
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(await answer).toMatch(/^HTTP\/1.1 404 /);
  });

  test('leaves alone what others have answered', async () => {
    const { port, httpServer } = await serve(echo);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const taken = new Promise<Duplex>((resolve) => {
      httpServer.on('upgrade', (_request, socket: Duplex) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n', () => resolve(socket));
      });
    });
    const answer = raw(port, '/monitor');
    const socket = await taken;
    vi.advanceTimersByTime(10_000);
    socket.end('the end');
    expect(await answer).toMatch(/^HTTP\/1.1 101 [\s\S]*\r\n\r\nthe end$/);
  });

  test('answers HTTP requests as the app likes', async () => {
    const { port } = await serve(echo, { onRequest: (_request, response) => response.end('mine') });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('mine');
  });
});

describe('acceptCalls', () => {
  test('answers its own path, and leaves others to others', async () => {
    const http = createServer((_request, response) => response.end('the app'));
    const acceptor = acceptCalls(http, { allowUnsigned: true }, echo);
    const others: string[] = [];
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') others.push(request.url);
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
    });
    const port = await listen(http);

    const caller = await call(`ws://127.0.0.1:${port}/media?query`);
    caller.start();
    await until(() => acceptor.calls.size === 1);
    expect(await raw(port, '/other')).toMatch(/^HTTP\/1.1 418/);
    expect(others).toEqual(['/other']);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('the app');

    await acceptor.close({ when: 'now' });
    await caller.closed;
    expect(acceptor.calls.size).toBe(0);
    expect(http.listening).toBe(true);
    expect(http.listenerCount('upgrade')).toBe(1);
  });

  test('takes no more calls while it closes', async () => {
    const http = createServer();
    const acceptor = acceptCalls(http, { allowUnsigned: true }, async (each) => {
      each.play(new Int16Array(8000 * 5));
      await each.closed;
    });
    const url = `ws://127.0.0.1:${await listen(http)}/media`;
    const caller = await call(url, { echoesMarks: false });
    const answered = caller.next('media');
    caller.start();
    await answered;
    const closing = acceptor.close({ when: 'played', timeoutMs: 5000 });
    await expect(connect(url)).rejects.toThrow(/with 503/);
    await acceptor.close({ when: 'now' });
    await closing;
    expect(acceptor.calls.size).toBe(0);
  });
});

describe('closing', () => {
  test('hears out what was said, lets go of those that wait, and takes no more', async () => {
    const playing = deferred<Call>();
    const server = await serve(async (each) => {
      each.play(new Int16Array(8000 * 0.2).fill(1000)); // 200 ms
      playing.resolve(each);
      await each.closed;
    });
    const waits = await call(server.url);
    const caller = await call(server.url);
    caller.start();
    const { closed } = await playing.promise;
    const closing = server.close({ when: 'played', timeoutMs: 5000 });
    expect(await waits.closed).toMatchObject({ code: 1001 });
    await expect(connect(server.url)).rejects.toThrow(/Nothing listens/);
    await closing;
    expect(await closed).toMatchObject({ reason: 'ended' });
    expect(caller.heard.length).toBeGreaterThan(0);
  });

  test('is bounded where nothing comes back, and harmless twice', async () => {
    const server = await serve(async (each) => {
      each.play(new Int16Array(8000 * 5));
      await each.closed;
    });
    const caller = await call(server.url, { echoesMarks: false });
    const answered = caller.next('media');
    caller.start();
    await answered;
    await server.close({ when: 'played', timeoutMs: 100 });
    await caller.closed;
    await server.close();
  });
});

/** Listens on a free port of this machine, until the end of the test. */
async function listen(http: Server): Promise<number> {
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What a server answers to an upgrade, as text. */
function raw(
  port: number,
  path: string,
  key = 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(text));
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n${key}\r\n`,
    );
  });
}

/** Waits for what arrives over a real socket. The test's own time limit bounds it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
