import { type Clock, systemClock } from '@patchcord/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { NumberCall, NumberOptions } from '../../src/number/call.ts';
import { callNumber } from '../../src/number/number.ts';
import { signWebhook } from '../../src/number/webhook.ts';
import { signUpgrade } from '../../src/phone/signature.ts';
import { type RestStandIn, startRest } from '../../src/rest/rest.ts';
import { type AppAnswer, type NumberApp, startNumberApp } from '../number-app.ts';

// Real sockets, on a machine that may be busy: long enough that only what never comes is missed.
vi.setConfig({ testTimeout: 30_000, expect: { poll: { timeout: 10_000 } } });

let app: NumberApp | undefined;
let rest: RestStandIn | undefined;
let call: NumberCall | undefined;
afterEach(async () => {
  await call?.hangUp();
  await rest?.close();
  await app?.close();
  call = app = rest = undefined;
});

/** Twenty times as fast as the world. */
const fast: Clock = {
  now: () => systemClock.now() * 20,
  after: (milliseconds, callback) => systemClock.after(milliseconds / 20, callback),
};

type Answers = Parameters<typeof startNumberApp>[0];

async function callApp(
  answers: Answers,
  options: NumberOptions = {},
  onMessage?: Parameters<typeof startNumberApp>[1],
): Promise<NumberCall> {
  app = await startNumberApp(answers, onMessage);
  call = await callNumber(`${app.origin}/voice`, options);
  return call;
}

const verbsOf = ({ events }: NumberCall) =>
  events.flatMap((event) => (event.kind === 'verb' ? [event.verb.verb] : []));

test('asks the webhook, connects the stream with its parameters, and hangs up as the caller', async () => {
  const { nextPhone, callSid, closed } = bound(
    await callApp(
      ({ streams }) => ({
        '/voice': `<Connect><Stream url="${streams}/media"><Parameter name="caller" value="&lt;joe&gt;"/></Stream></Connect>`,
      }),
      { from: '+15550001', to: '+15550002', accountSid: `AC${'1'.repeat(32)}` },
    ),
  );
  const phone = await nextPhone();
  await phone.wait(50);
  expect(app?.requests).toMatchObject([
    {
      method: 'POST',
      path: '/voice',
      form: {
        CallSid: callSid,
        AccountSid: `AC${'1'.repeat(32)}`,
        From: '+15550001',
        To: '+15550002',
        CallStatus: 'ringing',
        Direction: 'inbound',
      },
    },
  ]);
  expect(app?.messages[1]).toMatchObject({
    event: 'start',
    start: { callSid, accountSid: `AC${'1'.repeat(32)}`, customParameters: { caller: '<joe>' } },
  });
  await phone.hangUp();
  expect(await closed).toMatchObject({ reason: 'hung-up' });
  expect(app?.messages.at(-1)?.event).toBe('stop');
});

/** Methods that stand alone. */
function bound(number: NumberCall) {
  return {
    nextPhone: () => number.nextPhone(),
    callSid: number.callSid,
    closed: number.closed,
  };
}

test('after the app closes the socket of <Connect><Stream>, the next verb runs', async () => {
  const number = await callApp(
    ({ streams }) => ({
      '/voice': `<Say>Hi</Say><Connect><Stream url="${streams}/media"/></Connect><Say>Bye</Say>`,
    }),
    {},
    (socket, { event }) => event === 'media' && socket.close(1000),
  );
  expect(await number.closed).toMatchObject({ reason: 'no-more-verbs' });
  expect(verbsOf(number)).toEqual(['say', 'connect', 'say']);
  expect(number.status).toBe('completed');
  const [phone] = number.phones;
  expect((await phone?.closed)?.reason).toBe('app-closed');
});

test('two streams after one another have their own ids and sockets', async () => {
  const number = await callApp(
    ({ streams }) => ({
      '/voice': `<Connect><Stream url="${streams}/a"/></Connect><Connect><Stream url="${streams}/b"/></Connect>`,
    }),
    {},
    (socket, { event }) => event === 'media' && socket.close(1000),
  );
  await number.closed;
  expect(app?.upgrades.map(({ path }) => path)).toEqual(['/a', '/b']);
  expect(new Set(number.phones.map(({ streamSid }) => streamSid)).size).toBe(2);
  expect(new Set(number.phones.map(({ callSid }) => callSid)).size).toBe(1);
});

test('a one-way stream runs beside the verbs, with both tracks, until it is stopped', async () => {
  const number = await callApp(
    ({ streams }) => ({
      '/voice': `<Start><Stream name="tap" url="${streams}/tap" track="both_tracks" statusCallback="/events"/></Start><Pause length="1"/><Stop><Stream name="tap"/></Stop><Pause length="1"/>`,
      '/events': { status: 204 },
    }),
    { clock: fast },
  );
  await number.closed;
  expect(app?.messages[1]).toMatchObject({ event: 'start', start: { tracks: ['inbound', 'outbound'] } });
  expect(app?.messages.at(-1)?.event).toBe('stop');
  const kinds = number.events.map((event) => (event.kind === 'verb' ? event.verb.verb : event.kind));
  expect(kinds).toEqual([
    'webhook',
    'start',
    'pause',
    'stream-started',
    'stop',
    'pause',
    'stream-stopped',
    'ended',
  ]);
  await expect
    .poll(() => app?.requests.filter(({ path }) => path === '/events').map(({ form }) => form))
    .toMatchObject([
      { StreamEvent: 'stream-started', StreamName: 'tap', CallSid: number.callSid },
      { StreamEvent: 'stream-stopped', StreamName: 'tap', Timestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
});

test('with nothing behind <Start>, the call ends at once: the usual mistake', async () => {
  const number = await callApp(({ streams }) => ({
    '/voice': `<Start><Stream url="${streams}/media"/></Start>`,
  }));
  expect(await number.closed).toMatchObject({ reason: 'no-more-verbs' });
});

test('verbs take their time, by the rule of thumb', async () => {
  const number = await callApp(
    () => ({
      '/voice': `<Say loop="2">${'x'.repeat(50)}</Say><Pause length="2"/><Play digits="12w"/><Play>/a.wav</Play><Gather/><Hangup/><Say>never</Say>`,
    }),
    { clock: fast },
  );
  expect(await number.closed).toMatchObject({ reason: 'hangup-verb' });
  expect(verbsOf(number)).toEqual(['say', 'pause', 'play', 'play', 'unknown', 'hangup']);
  const at = number.events.flatMap((event) => (event.kind === 'verb' ? [event.timestampMs] : []));
  const lengths = at.slice(1).map((end, index) => end - (at[index] ?? 0));
  for (const [index, expected] of [6000, 2000, 900, 1000, 0].entries()) {
    expect(lengths[index]).toBeGreaterThanOrEqual(expected - 25);
  }
  expect(number.events).toContainEqual(expect.objectContaining({ kind: 'digits', digits: '12w' }));
  expect(number.events).toContainEqual(expect.objectContaining({ kind: 'passed-over', name: 'Gather' }));
});

test('<Redirect> and `action` ask for further documents, relative to the one before', async () => {
  const number = await callApp(
    () => ({
      '/voice': '<Redirect method="GET">sub/next?x=1</Redirect><Say>never</Say>',
      '/sub/next': '<Dial action="after">+15550003</Dial><Say>never</Say>',
      '/sub/after': { type: 'text/plain', body: 'Bye' },
    }),
    { dialMs: 20 },
  );
  expect(await number.closed).toMatchObject({ reason: 'no-more-verbs' });
  expect(app?.requests.map(({ method, path }) => [method, path])).toEqual([
    ['POST', '/voice'],
    ['GET', '/sub/next'],
    ['POST', '/sub/after'],
  ]);
  expect(app?.requests[1]?.form).toMatchObject({ CallSid: number.callSid, CallStatus: 'in-progress' });
  expect(app?.requests[2]?.form).toMatchObject({ DialCallStatus: 'completed' });
  expect(await number.waitForEvent('dialled')).toMatchObject({
    dialled: [{ kind: 'number', to: '+15550003' }],
  });
});

test('whoever is dialled stays until the call ends', async () => {
  const number = await callApp(() => ({ '/voice': '<Dial>+15550003</Dial><Hangup/>' }));
  await number.waitForEvent('dialled');
  expect(number.status).toBe('in-progress');
  expect(await number.hangUp()).toMatchObject({ reason: 'hung-up' });
  expect(verbsOf(number)).toEqual(['dial']);
});

test('a document that asks for itself for ever is ended', async () => {
  const number = await callApp(() => ({ '/voice': '<Redirect>/voice</Redirect>' }));
  expect(await number.closed).toMatchObject({
    reason: 'failed',
    message: expect.stringContaining('in a circle'),
  });
});

describe('signatures', () => {
  const authToken = '0123456789abcdef0123456789abcdef';

  test('webhook, stream and callback are signed over the name by which the app is known', async () => {
    const publicUrl = 'https://voice.example.com';
    const number = await callApp(
      () => ({
        '/voice': `<Connect><Stream url="wss://voice.example.com/media" statusCallback="${publicUrl}/events"/></Connect>`,
        '/events': { status: 200 },
      }),
      { authToken, publicUrl },
      (socket, { event }) => event === 'media' && socket.close(1000),
    );
    await number.closed;
    await expect.poll(() => app?.requests.length).toBe(3);
    for (const { path, headers, form } of app?.requests ?? []) {
      expect(headers['x-twilio-signature']).toBe(await signWebhook(publicUrl + path, form, authToken));
    }
    expect(app?.upgrades[0]?.headers['x-twilio-signature']).toBe(
      await signUpgrade('wss://voice.example.com/media', authToken),
    );
  });

  test('a GET is signed over its whole URL', async () => {
    await callApp(() => ({ '/voice': '<Pause/>' }), { authToken, method: 'GET' });
    const [request] = app?.requests ?? [];
    const url = `${app?.origin}/voice?${new URLSearchParams(request?.form)}`;
    expect(request?.headers['x-twilio-signature']).toBe(await signWebhook(url, {}, authToken));
  });

  test('the published vector', async () => {
    const form = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+12349013030',
      Digits: '1234',
      From: '+12349013030',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(await signWebhook(url, form, '12345')).toBe('0/KCTR6DLpKmkAf8muzZqo1nDgQ=');
  });
});

describe('bad input, each in words', () => {
  const cases: readonly (readonly [string, AppAnswer, string, RegExp])[] = [
    ['no such page', { status: 404 }, 'transport-closed', /answered with 404.*11200/],
    ['a signature that is refused', { status: 403 }, 'refused', /auth token/],
    ['a redirect', { status: 302 }, 'transport-closed', /redirects/],
    ['no TwiML', { body: '<html>' }, 'malformed-message', /12100/],
    [
      'another content type',
      { type: 'application/json', body: '{}' },
      'malformed-message',
      /application\/json.*12300/,
    ],
    ['no end', { body: `<Response>${' '.repeat(70_000)}</Response>` }, 'limit-exceeded', /65536 bytes/],
    ['no answer', { hangs: true }, 'timeout', /within 100 ms/],
  ];
  test.each(cases)('%s', async (_what, answer, code, words) => {
    app = await startNumberApp(() => ({ '/voice': answer }));
    // Patient but where patience is what is tested: machines may be busy.
    const webhookTimeoutMs = code === 'timeout' ? 100 : 5000;
    const calling = callNumber(`${app.origin}/voice?secret=1`, { webhookTimeoutMs });
    await expect(calling).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    await expect(calling).rejects.toThrow(/^(?!.*secret)/);
  });

  test('an app that is not there, and a URL that is none', async () => {
    await expect(callNumber('http://127.0.0.1:1/voice')).rejects.toThrow(/cannot be reached/);
    await expect(callNumber('voice')).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(callNumber('http://localhost', { publicUrl: 'https://a.example/x' })).rejects.toThrow(
      /origin/,
    );
  });

  test.each([
    ['wss://127.0.0.1:1/media', /has nobody listening.*31902/],
    ['ws://voice.example.com/media', /31922/],
    ['ftp://voice.example.com/media', /31922/],
    ['/media?token=1', /31923/],
    ['wss://voice example/media', /11100/],
  ])('a stream that cannot come up is told, and the next verb runs: %s', async (url, words) => {
    const number = await callApp(() => ({
      '/voice': `<Connect><Stream url="${url}" statusCallback="/events"/></Connect><Say>x</Say>`,
      '/events': { status: 200 },
    }));
    await number.closed;
    expect(verbsOf(number)).toEqual(['connect', 'say']);
    expect(await number.waitForEvent('stream-error').catch(() => undefined)).toMatchObject({
      message: expect.stringMatching(words),
    });
    await expect.poll(() => app?.requests.at(-1)?.form).toMatchObject({ StreamEvent: 'stream-error' });
  });

  test('what does not come about is an error', async () => {
    const number = await callApp(() => ({ '/voice': '<Pause length="9"/>' }));
    await expect(number.nextPhone({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'timeout' });
    const waiting = number.nextPhone();
    await number.hangUp();
    await expect(waiting).rejects.toMatchObject({ code: 'transport-closed' });
  });
});

describe('under the REST interface', () => {
  async function send(path: string, form: Record<string, string>): Promise<Response> {
    const { baseUrl, accountSid, authToken } = rest as RestStandIn;
    return fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      body: new URLSearchParams(form),
    });
  }

  const connected: Answers = ({ streams }) => ({
    '/voice': `<Connect><Stream url="${streams}/media"/></Connect><Say>never</Say>`,
    '/next': '<Pause length="60"/>',
  });

  test('a hang-up ends the stream with `stop`, and the call', async () => {
    rest = await startRest();
    const number = await callApp(connected, { rest });
    const phone = await number.nextPhone();
    expect((await send(`/Calls/${number.callSid}.json`, { Status: 'completed' })).status).toBe(200);
    expect(await number.closed).toMatchObject({ reason: 'completed' });
    expect((await phone.closed).reason).toBe('hung-up');
    expect(verbsOf(number)).toEqual(['connect']);
    expect((await send(`/Calls/${number.callSid}.json`, { Status: 'completed' })).status).toBe(404);
  });

  test('TwiML replaces what runs: the stream stops, the new verbs run, the old ones never do', async () => {
    rest = await startRest();
    const number = await callApp(connected, { rest });
    const phone = await number.nextPhone();
    const twiml = `<Response><Dial>+15550003</Dial></Response>`;
    expect((await send(`/Calls/${number.callSid}.json`, { Twiml: twiml })).status).toBe(200);
    await number.waitForEvent('dialled');
    expect((await phone.closed).reason).toBe('hung-up');
    expect(app?.messages.at(-1)?.event).toBe('stop');
    expect(verbsOf(number)).toEqual(['connect', 'dial']);
    expect(number.status).toBe('in-progress');
    // The stream is over before anything else begins.
    const kinds = number.events.map((event) => (event.kind === 'verb' ? event.verb.verb : event.kind));
    expect(kinds.slice(1)).toEqual([
      'connect',
      'stream-started',
      'updated',
      'stream-stopped',
      'dial',
      'dialled',
    ]);
    await send(`/Calls/${number.callSid}.json`, { Url: `${app?.origin}/next` });
    await expect.poll(() => verbsOf(number)).toEqual(['connect', 'dial', 'pause']);
  });

  test('TwiML that cannot be read ends the call', async () => {
    rest = await startRest();
    const number = await callApp(connected, { rest });
    await number.nextPhone();
    await send(`/Calls/${number.callSid}.json`, { Twiml: '<Response><Say>fish & chips</Say></Response>' });
    expect(await number.closed).toMatchObject({ reason: 'failed', message: expect.stringMatching(/12100/) });
  });

  test('starts and stops a one-way stream beside what runs', async () => {
    rest = await startRest();
    const number = await callApp(connected, { rest });
    await number.nextPhone();
    const path = `/Calls/${number.callSid}/Streams`;
    const response = await send(`${path}.json`, {
      Url: `${app?.streams}/tap`,
      Track: 'both_tracks',
      'Parameter1.Name': 'who',
      'Parameter1.Value': 'joe',
    });
    expect(response.status).toBe(201);
    const { sid, status } = (await response.json()) as { sid: string; status: string };
    expect([sid, status]).toEqual([expect.stringMatching(/^MZ[0-9a-f]{32}$/), 'in-progress']);
    const tap = await number.nextPhone();
    expect(tap.streamSid).toBe(sid);
    await expect
      .poll(() => app?.messages.find(({ streamSid, event }) => streamSid === sid && event === 'start'))
      .toMatchObject({ start: { customParameters: { who: 'joe' }, tracks: ['inbound', 'outbound'] } });
    const form = { Url: `${app?.streams}/tap`, Track: 'both_tracks', Name: 'second' };
    expect((await send(`${path}.json`, form)).status).toBe(201);
    expect((await send(`${path}.json`, form)).status).toBe(400);
    const stopped = await send(`${path}/${sid}.json`, { Status: 'stopped' });
    expect([stopped.status, await stopped.json()]).toMatchObject([200, { status: 'stopped', name: sid }]);
    expect((await tap.closed).reason).toBe('hung-up');
    expect((await send(`${path}/${sid}.json`, { Status: 'stopped' })).status).toBe(404);
    expect((await send(`${path}/second.json`, { Status: 'stopped' })).status).toBe(200);
    expect(number.status).toBe('in-progress');
  });

  test('a call that an app creates runs its TwiML, and tells its end', async () => {
    rest = await startRest();
    app = await startNumberApp(() => ({ '/outbound': '<Say>x</Say>', '/ended': { status: 200 } }));
    const response = await send('/Calls.json', {
      To: '+15550002',
      From: '+15550001',
      Url: `${app.origin}/outbound`,
      StatusCallback: `${app.origin}/ended`,
    });
    const { sid } = (await response.json()) as { sid: string };
    await expect
      .poll(() => app?.requests.map(({ path, form: { CallStatus } }) => [path, CallStatus]))
      .toEqual([
        ['/outbound', 'ringing'],
        ['/ended', 'completed'],
      ]);
    const [first] = app.requests;
    const url = `${app.origin}/outbound`;
    expect(first?.form).toMatchObject({ CallSid: sid, Direction: 'outbound-api', To: '+15550002' });
    expect(first?.headers['x-twilio-signature']).toBe(
      await signWebhook(url, first?.form ?? {}, rest.authToken),
    );
    expect(rest.calls.get(sid)?.status).toBe('completed');
  });
});
