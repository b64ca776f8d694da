import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { dial } from '../../src/phone/dial.ts';
import type { RestAnswer } from '../../src/rest/answer.ts';
import { type RestOptions, type RestStandIn, startRest } from '../../src/rest/rest.ts';
import { type App, startApp } from '../app.ts';

// Real sockets, on a machine that may be busy: long enough that only what never comes is missed.
vi.setConfig({ testTimeout: 30_000, expect: { poll: { timeout: 10_000 } } });

let rest: RestStandIn | undefined;
let app: App | undefined;
afterEach(async () => {
  await rest?.close();
  await app?.close();
  rest = app = undefined;
});

async function start(options: RestOptions = {}): Promise<RestStandIn> {
  rest = await startRest(options);
  return rest;
}

interface Sent {
  readonly user?: string;
  readonly secret?: string;
  readonly form?: Record<string, string>;
  readonly method?: string;
}

function send(path: string, { user, secret, form = {}, method = 'POST' }: Sent = {}): Promise<Response> {
  const { baseUrl, accountSid, authToken } = rest as RestStandIn;
  return fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
    method,
    headers: { authorization: `Basic ${btoa(`${user ?? accountSid}:${secret ?? authToken}`)}` },
    ...(method === 'GET' ? {} : { body: new URLSearchParams(form) }),
  });
}

async function dialled(): Promise<Awaited<ReturnType<typeof dial>>> {
  app = await startApp();
  const phone = await dial(app.url);
  rest?.control(phone);
  return phone;
}

test('a hang-up ends the phone: the app gets `stop`, then the socket closes', async () => {
  const { requests } = await start();
  const phone = await dialled();
  const response = await send(`/Calls/${phone.callSid}.json`, { form: { Status: 'completed' } });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ sid: phone.callSid, status: 'completed' });
  expect((await phone.closed).reason).toBe('hung-up');
  await expect.poll(() => app?.messages.at(-1)?.event).toBe('stop');
  expect(requests).toMatchObject([
    {
      method: 'POST',
      path: `/2010-04-01/Accounts/${rest?.accountSid}/Calls/${phone.callSid}.json`,
      form: { Status: 'completed' },
      user: rest?.accountSid,
      region: 'us1',
    },
  ]);
  expect(JSON.stringify(requests)).not.toContain(rest?.authToken);
});

test.each([
  ['not-found', 404, 20404],
  ['not-in-progress', 400, 21220],
] as const)('a call that is over answers as chosen: %s', async (endedCalls, status, code) => {
  await start({ endedCalls });
  const phone = await dialled();
  await phone.hangUp();
  const response = await send(`/Calls/${phone.callSid}.json`, { form: { Status: 'completed' } });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code, status, message: expect.any(String) });
});

test('an update ends the stream of a phone, and the call goes on', async () => {
  await start();
  const phone = await dialled();
  const path = `/Calls/${phone.callSid}.json`;
  const response = await send(path, { form: { Twiml: '<Response><Pause/></Response>' } });
  expect(await response.json()).toMatchObject({ status: 'in-progress' });
  expect((await phone.closed).reason).toBe('hung-up');
  expect(await (await send(path, { method: 'GET' })).json()).toMatchObject({ status: 'in-progress' });
});

describe('what cannot be done is answered with code and words', () => {
  test.each([
    ['an unknown call', '/Calls/CA404.json', { Status: 'completed' }, 404, 20404],
    ['another resource', '/Messages.json', {}, 404, 20404],
    ['a broken escape', '/Calls/%E0%A4%A.json', {}, 404, 20404],
    ['a call to nobody', '/Calls.json', { From: '+1', Url: 'https://a.example' }, 400, 21201],
    ['a call from nobody', '/Calls.json', { To: '+1', Url: 'https://a.example' }, 400, 21213],
    ['a call with nothing to do', '/Calls.json', { To: '+1', From: '+2' }, 400, 21205],
    ['a URL that is none', '/Calls.json', { To: '+1', From: '+2', Url: 'voice' }, 400, 21205],
    [
      'both Url and Twiml',
      '/Calls.json',
      { To: '+1', From: '+2', Url: 'https://a.example', Twiml: '<Response/>' },
      400,
      20001,
    ],
    ['TwiML that is too long', '/Calls.json', { To: '+1', From: '+2', Twiml: 'x'.repeat(4001) }, 400, 20001],
  ])('%s', async (_what, path, form, status, code) => {
    await start();
    const response = await send(path, { form: { ...form } as Record<string, string> });
    expect([response.status, await response.json()]).toMatchObject([status, { code }]);
  });

  test('a phone that may have no stream, and a status that cannot be set', async () => {
    await start();
    const { callSid } = await dialled();
    const path = `/Calls/${callSid}`;
    expect((await send(`${path}/Streams.json`, { form: { Url: 'wss://a.example' } })).status).toBe(400);
    expect((await send(`${path}/Streams.json`, { form: {} })).status).toBe(400);
    expect((await send(`${path}/Streams.json`, { form: { Url: 'wss://a', Track: 'both' } })).status).toBe(
      400,
    );
    expect((await send(`${path}/Streams/tap.json`, { form: { Status: 'stopped' } })).status).toBe(404);
    expect((await send(`${path}.json`, { form: { Status: 'busy' } })).status).toBe(400);
    expect((await send(`${path}.json`, { method: 'PUT' })).status).toBe(405);
  });

  test('a body that is too long', async () => {
    await start();
    const response = await send('/Calls.json', { form: { To: 'x'.repeat(70_000) } });
    expect(response.status).toBe(413);
    expect(rest?.requests).toHaveLength(0);
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const { baseUrl } = await start();
    const half = connectTcp(Number(new URL(baseUrl).port), '127.0.0.1');
    await new Promise((resolve) => half.once('connect', resolve));
    half.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nTo=');
    half.destroy();
    expect((await send('/Calls/CA1.json')).status).toBe(404);
  });
});

describe('who may ask', () => {
  test('the account, and its API keys, with the account in the path', async () => {
    await start({ apiKeys: { SK1: 'secret' } });
    const { callSid } = await dialled();
    const path = `/Calls/${callSid}.json`;
    expect((await send(path, { user: 'SK1', secret: 'secret', method: 'GET' })).status).toBe(200);
    for (const wrong of [{ secret: 'wrong' }, { user: 'SK1' }, { user: 'SK2', secret: 'secret' }]) {
      const response = await send(path, { ...wrong, method: 'GET' });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 20003 });
    }
    expect((await fetch(`${rest?.baseUrl}/2010-04-01/Accounts/x/Calls.json`)).status).toBe(401);
  });

  test.each([
    ['us1', 'api.twilio.com', 200],
    ['us1', 'api.us1.twilio.com', 200],
    ['us1', 'api.dublin.ie1.twilio.com', 401],
    ['ie1', 'api.dublin.ie1.twilio.com', 200],
    ['ie1', 'api.twilio.com', 401],
    ['ie1', 'api.ie1.twilio.com', 'no answer'],
    ['ie1', '127.0.0.1', 200],
  ])('credentials of %s at %s: %s', async (region, host, status) => {
    await start({ region });
    const { callSid } = await dialled();
    expect(await getAt(host, `/Calls/${callSid}.json`)).toBe(status);
  });
});

/** Asks under a host name that does not lead here. */
function getAt(host: string, path: string): Promise<number | string | undefined> {
  const { baseUrl, accountSid, authToken } = rest as RestStandIn;
  return new Promise((resolve) => {
    httpRequest(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      headers: { host, authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
      .on('response', (response) => resolve(response.resume().statusCode))
      .on('error', () => resolve('no answer'))
      .end();
  });
}

describe('answers by script', () => {
  const hangUp = { form: { Status: 'completed' } };
  const cases: readonly (readonly [RestAnswer, number, string, string])[] = [
    [{ status: 404 }, 404, 'application/json', '"code":20404'],
    [{ status: 429, retryAfter: 2 }, 429, 'application/json', '"code":20429'],
    [{ status: 503, code: 20503 }, 503, 'application/json', '"code":20503'],
    [{ status: 502, html: '<h1>Bad gateway</h1>' }, 502, 'text/html; charset=utf-8', '<h1>Bad gateway</h1>'],
    [{ status: 204 }, 204, 'application/json', ''],
    [{ delayMs: 20 }, 200, 'application/json', '"status":"completed"'],
    ['usual', 200, 'application/json', '"status":"completed"'],
  ];

  test.each(cases)('%o', async (answer, status, type, body) => {
    const { answerNext } = await start({ answers: [answer] });
    expect(answerNext).toBeTypeOf('function');
    const { callSid } = await dialled();
    const response = await send(`/Calls/${callSid}.json`, hangUp);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    expect(await response.text()).toContain(body);
    expect(response.headers.get('retry-after')).toBe(status === 429 ? '2' : null);
    expect((await send(`/Calls/${callSid}.json`, hangUp)).status).toBe(status === 200 ? 404 : 200);
  });

  test('one that is lost on the way, though the call has ended', async () => {
    await start();
    const phone = await dialled();
    rest?.answerNext({ status: 500, carriedOut: true }, { status: 500 });
    expect((await send(`/Calls/${phone.callSid}.json`, hangUp)).status).toBe(500);
    expect((await phone.closed).reason).toBe('hung-up');
    expect((await send(`/Calls/${phone.callSid}.json`, hangUp)).status).toBe(500);
    expect((await send(`/Calls/${phone.callSid}.json`, hangUp)).status).toBe(404);
  });

  test('no answer at all: a closed connection, and one that hangs until the stand-in closes', async () => {
    const standIn = await start({ answers: ['dropped', 'hung', { status: 200, delayMs: 60_000 }] });
    await expect(send('/Calls/CA1.json')).rejects.toThrow();
    const hung = send('/Calls/CA1.json').catch(() => 'ended');
    await standIn.waitForRequests(2);
    const slow = send('/Calls/CA1.json').catch(() => 'ended');
    await standIn.waitForRequests(3);
    const waiting = standIn.waitForRequests(4);
    await Promise.all([standIn.close(), expect(waiting).rejects.toMatchObject({ code: 'transport-closed' })]);
    expect(await Promise.all([hung, slow])).toEqual(['ended', 'ended']);
  });

  test('waiting for requests that do not come is an error in words', async () => {
    const standIn = await start();
    await expect(standIn.waitForRequests(1, { timeoutMs: 10 })).rejects.toThrow(
      'Waited for 1 requests; 0 came in 10 ms.',
    );
  });
});

test('creates a call', async () => {
  await start();
  const form = { To: '+15550002', From: '+15550001', Twiml: '<Response><Pause length="60"/></Response>' };
  const response = await send('/Calls.json', { form });
  expect(response.status).toBe(201);
  const { sid } = (await response.json()) as { sid: string };
  expect(sid).toMatch(/^CA[0-9a-f]{32}$/);
  expect(rest?.calls.get(sid)).toMatchObject({ from: '+15550001', to: '+15550002', status: 'in-progress' });
  rest?.calls.get(sid)?.complete();
});

test('a port that is in use is an error in words', async () => {
  const { baseUrl } = await start();
  const port = Number(new URL(baseUrl).port);
  await expect(startRest({ port })).rejects.toThrow(/port \d+ of 127.0.0.1 \(EADDRINUSE\)/);
});
