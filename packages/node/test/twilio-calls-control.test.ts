import { inspect } from 'node:util';
import type { Call } from '@patchcord/core';
import type { RestAnswer } from '@patchcord/simulator';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { TransferOptions, TwilioCalls } from '../src/twilio-calls.ts';
import { connectStream, twiml } from '../src/twiml.ts';
import { verbs } from '../src/twiml-verbs.ts';
import { type Office, type OfficeOptions, openOffice, sounds, speech } from './number.ts';

// Real sockets, on a machine that may be busy: long enough that only what never comes is missed.
vi.setConfig({ testTimeout: 30_000, expect: { poll: { timeout: 10_000 } } });

const DESK = { number: '+15550100009' } as const;

let office: Office | undefined;
afterEach(async () => {
  await office?.close();
  office = undefined;
});

async function open(
  handler: (call: Call, control: TwilioCalls) => Promise<unknown>,
  options?: OfficeOptions,
): Promise<Office> {
  office = await openOffice((control) => (call) => handler(call, control), options);
  return office;
}

const forms = () => office?.rest.requests.map(({ form }) => form) ?? [];
const hangUps = () => forms().filter(({ Status }) => Status === 'completed');

describe('ending', () => {
  test('a goodbye is heard whole, then the call is hung up, once', async () => {
    const goodbye = speech(400);
    const { call } = await open(async (each) => void each.play(goodbye.slice()));
    const number = await call();
    const phone = await number.nextPhone();
    expect(await number.closed).toMatchObject({ reason: 'completed' });
    expect(sounds(phone.heard)).toEqual(goodbye);
    expect(forms()).toEqual([{ Status: 'completed' }]);
  });

  test('a caller who hangs up first is not hung up', async () => {
    const ends: string[] = [];
    const { call } = await open(async (each) => ends.push((await each.closed).reason));
    const number = await call();
    await (await number.nextPhone()).hangUp();
    expect(await number.closed).toMatchObject({ reason: 'hung-up' });
    await expect.poll(() => ends).toEqual(['stopped']);
    await office?.server.close();
    expect(forms()).toEqual([]);
  });

  test('a hang-up whose answer was lost is success the second time', async () => {
    const { call } = await open(async () => {}, { rest: { answers: [{ status: 503, carriedOut: true }] } });
    const number = await call();
    expect(await number.closed).toMatchObject({ reason: 'completed' });
    await office?.rest.waitForRequests(2);
    expect(hangUps()).toHaveLength(2);
  });
});

describe('transfer', () => {
  const announcement = speech(300, 1);

  test('announces, waits until that was heard, then dials, and never hangs up', async () => {
    const seen: unknown[] = [];
    const { call } = await open(async (each, control) => {
      each.play(speech(200, 2));
      const transferring = control.transfer(each, { ...DESK, announce: announcement.slice() });
      seen.push(control.released(each.info.callId), forms().length);
      await transferring;
      seen.push(control.released(each.info.callId), each.timestampMs >= 500);
    });
    const number = await call();
    const phone = await number.nextPhone();
    expect(await number.waitForEvent('dialled')).toMatchObject({
      dialled: [{ kind: 'number', to: DESK.number }],
    });
    await phone.closed;
    expect(sounds(phone.heard)).toEqual(Int16Array.of(...speech(200, 2), ...announcement));
    expect(seen).toEqual([true, 0, true, true]);
    expect(number.status).toBe('in-progress');
    await office?.server.close();
    expect(forms()).toEqual([{ Twiml: twiml([verbs.dial(DESK)]) }]);
  });

  test('none is hung up either when the handler is done and `stop` comes 500 ms later', async () => {
    // The interface answers; the provider takes half a second to take the call from its stream.
    const { call } = await open((each, control) => control.transfer(each, DESK), {
      rest: { answers: [{ status: 200 }] },
    });
    const number = await call();
    const phone = await number.nextPhone();
    await office?.rest.waitForRequests(1);
    const stopping = phone.wait(500).then(() => phone.hangUp());
    expect((await phone.closed).endedBy).toBe('app');
    await stopping;
    await office?.server.close();
    expect(hangUps()).toEqual([]);
  });

  test('nor when it was cut short: the handler goes on listening, and `stop` comes', async () => {
    const { call } = await open(async (each, control) => {
      await control.transfer(each, { ...DESK, announce: announcement.slice() });
      await each.closed;
    });
    const number = await call();
    const phone = await number.nextPhone();
    expect((await phone.closed).reason).toBe('hung-up');
    await office?.server.close();
    expect([hangUps(), number.status]).toEqual([[], 'in-progress']);
  });

  test('one that fails leaves the call ours: it is hung up as ever', async () => {
    const outcomes: unknown[] = [];
    const { call } = await open(
      async (each, control) => {
        const error = await control.transfer(each, DESK).catch((reason: unknown) => reason);
        outcomes.push((error as { code?: unknown }).code, control.released(each.info.callId));
      },
      { rest: { answers: [{ status: 401 }] } },
    );
    const number = await call();
    expect(await number.closed).toMatchObject({ reason: 'completed' });
    expect(outcomes).toEqual(['control-failed', false]);
    expect(hangUps()).toHaveLength(1);
  });

  test('a caller who hangs up during the announcement is not transferred', async () => {
    const outcomes: unknown[] = [];
    const { call } = await open(async (each, control) => {
      const error = await control
        .transfer(each, { ...DESK, announce: speech(5000) })
        .catch((reason: unknown) => reason);
      outcomes.push((error as { code?: unknown }).code, control.released(each.info.callId));
    });
    const number = await call();
    const phone = await number.nextPhone();
    await phone.waitForSpeech();
    await phone.hangUp();
    await expect.poll(() => outcomes).toEqual(['transport-closed', false]);
    expect(forms()).toEqual([]);
  });

  test('an announcement that is cut off, or too long, does not keep the caller waiting', async () => {
    const { call } = await open(async (each, control) => {
      const transferring = control.transfer(each, {
        ...DESK,
        announce: speech(5000),
        announceTimeoutMs: 200,
      });
      await transferring;
    });
    const number = await call();
    await number.waitForEvent('dialled');
    expect((await (await number.nextPhone()).closed).durationMs).toBeLessThan(4900);
  });

  test('what cannot be dialled is an error before anything is said', async () => {
    const outcomes: unknown[] = [];
    const { call } = await open(async (each, control) => {
      const wrong = { number: '12', announce: speech(100) } satisfies TransferOptions;
      const error = await control.transfer(each, wrong).catch((reason: unknown) => reason);
      outcomes.push(
        (error as { code?: unknown }).code,
        control.released(each.info.callId),
        each.stats.sentMs,
      );
    });
    await (await call()).closed;
    expect(outcomes).toEqual(['invalid-argument', false, 0]);
  });
});

describe('update', () => {
  test('gives the call something else to do, by its TwiML or by a webhook', async () => {
    const document = twiml([verbs.pause(60)]);
    const { call, control, voiceUrl } = await open((each) => each.closed);
    const number = await call();
    const first = await number.nextPhone();
    await control.update(number.callSid, { twiml: document });
    expect((await first.closed).reason).toBe('hung-up');
    expect(control.released(number.callSid)).toBe(true);
    await control.update(number.callSid, { url: voiceUrl, method: 'GET' });
    await number.nextPhone();
    expect(forms()).toEqual([{ Twiml: document }, { Url: voiceUrl, Method: 'GET' }]);
  });

  test('a call that comes back to a stream is ours again', async () => {
    let calls = 0;
    const { call, voiceUrl } = await open(async (each, control) => {
      calls++;
      if (calls === 1) await control.update(each, { url: voiceUrl });
    });
    const number = await call();
    expect(await number.closed).toMatchObject({ reason: 'completed' });
    expect([calls, hangUps().length, forms().length]).toEqual([2, 1, 2]);
  });

  test('one that fails leaves the call ours', async () => {
    const { call, control } = await open((each) => each.closed, {
      rest: { answers: [{ status: 400, code: 20001 }] },
    });
    const number = await call();
    await number.nextPhone();
    await expect(control.update(number.callSid, { twiml: '<Response/>' })).rejects.toMatchObject({
      code: 'control-failed',
      message: `Twilio did not update call ${number.callSid}: it answered 400 with code 20001. Look the code up in Twilio's error dictionary.`,
    });
    expect(control.released(number.callSid)).toBe(false);
  });

  test('a call that has ended cannot be updated, unlike hung up', async () => {
    const { control } = await open((each) => each.closed);
    await control.hangUp('CA404');
    await expect(control.update('CA404', { twiml: '<Response/>' })).rejects.toMatchObject({
      code: 'control-failed',
    });
  });

  test.each([
    ['', { twiml: '<Response/>' }],
    ['CA1', {}],
    ['CA1', { twiml: '<Response/>', url: 'https://a.example' }],
    ['CA1', { twiml: 'Response' }],
    ['CA1', { url: '/voice' }],
    ['CA1', { url: 'wss://a.example' }],
  ])('%j with %o cannot be asked', async (callId, instructions) => {
    const { control, rest } = await open((each) => each.closed);
    await expect(control.update(callId, instructions as { twiml: string })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    expect([control.released(callId), rest.requests.length]).toEqual([false, 0]);
  });
});

describe('sendDigits', () => {
  test('presses keys towards the caller, and the call comes back as a new one', async () => {
    let calls = 0;
    const { call } = await open(async (each, control) => {
      calls++;
      if (calls > 1) return;
      const afterwards = [verbs.connectStream({ url: office?.server.url ?? '' })];
      await control.sendDigits(each, '1w#', { afterwards });
    });
    const number = await call();
    expect(await number.waitForEvent('digits')).toMatchObject({ digits: '1w#' });
    expect(await number.closed).toMatchObject({ reason: 'completed' });
    expect([calls, number.phones.length, hangUps().length]).toEqual([2, 2, 1]);
  });

  test.each(['', '1 2', '12A', '1;2', '<'])('%j are no keys', async (digits) => {
    const { control, rest } = await open((each) => each.closed);
    const sending = control.sendDigits('CA1', digits, { afterwards: [verbs.hangup()] });
    await expect(sending).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(rest.requests).toEqual([]);
  });

  test('says what follows', async () => {
    const { control } = await open((each) => each.closed);
    await expect(control.sendDigits('CA1', '1', { afterwards: [] })).rejects.toThrow(/what follows/);
  });
});

describe('create', () => {
  const numbers = { to: '+15550100002', from: '+15550100001' };

  test('places a call, which reaches the app', async () => {
    const met: string[] = [];
    const { control, server } = await open(async ({ info }) => met.push(info.callId));
    const document = connectStream({ url: server.url });
    const { callId } = await control.create({ ...numbers, twiml: document, timeoutSeconds: 20 });
    await expect.poll(() => met).toEqual([callId]);
    await office?.rest.waitForRequests(2);
    expect(forms()).toEqual([
      { To: numbers.to, From: numbers.from, Twiml: document, Timeout: '20' },
      { Status: 'completed' },
    ]);
  });

  const notSentAgain: readonly RestAnswer[] = [{ status: 500, carriedOut: true }, { status: 503 }, 'dropped'];
  test.each(notSentAgain)('is not sent again where the call may have been placed: %o', async (answer) => {
    const { control, rest } = await open((each) => each.closed, { rest: { answers: [answer] } });
    const creating = control.create({ ...numbers, twiml: twiml([verbs.pause(1)]) });
    await expect(creating).rejects.toMatchObject({ code: 'control-failed' });
    await expect(creating).rejects.toThrow(/^Twilio did not place the call: (?!.*\+1555)/);
    expect(rest.requests).toHaveLength(1);
  });

  test('is sent again where it certainly was not', async () => {
    const { control, rest } = await open((each) => each.closed, {
      rest: { answers: [{ status: 429, retryAfter: 0 }] },
    });
    await control.create({ ...numbers, twiml: twiml([verbs.hangup()]) });
    expect(rest.requests).toHaveLength(2);
  });

  test('an answer that names no call is an error', async () => {
    const { control } = await open((each) => each.closed, {
      rest: { answers: [{ status: 200 }, { status: 201, html: '<h1>ok</h1>' }] },
    });
    for (const _ of [1, 2]) {
      const creating = control.create({ ...numbers, twiml: twiml([verbs.hangup()]) });
      await expect(creating).rejects.toThrow(/names no id/);
    }
  });

  test.each([
    [{ to: '' }, /to and from/],
    [{ from: ' ' }, /to and from/],
    [{ timeoutSeconds: 0 }, /timeoutSeconds/],
    [{ statusCallback: '/ended' }, /statusCallback/],
    [{ twiml: undefined }, /either twiml or url/],
  ])('%o cannot be asked', async (wrong, words) => {
    const { control, rest } = await open((each) => each.closed);
    const options = { ...numbers, twiml: '<Response/>', ...wrong } as Parameters<TwilioCalls['create']>[0];
    await expect(control.create(options)).rejects.toThrow(words);
    expect(rest.requests).toEqual([]);
  });
});

describe('what goes wrong on the way', () => {
  const hangUpAnswers: readonly (readonly [string, readonly RestAnswer[], number, boolean])[] = [
    ['a gateway’s page, then an answer', [{ status: 502, html: '<h1>Bad gateway</h1>' }], 2, true],
    ['a broken connection, then an answer', ['dropped'], 2, true],
    ['429 with Retry-After', [{ status: 429, retryAfter: 0 }], 2, true],
    ['a slow answer', [{ delayMs: 100 }], 1, true],
    ['no answer to the first of two', ['hung'], 2, true],
    ['no answer at all', ['hung', 'hung'], 2, false],
    ['errors for ever', [{ status: 500 }, { status: 500 }], 2, false],
    ['wrong credentials', [{ status: 401 }], 1, false],
    ['a page in place of an error', [{ status: 404, html: '<h1>Not found</h1>' }], 1, false],
  ];

  test.each(hangUpAnswers)('%s', async (_what, answers, requests, succeeds) => {
    const { control, rest, call } = await open((each) => each.closed, {
      calls: { timeoutMs: 1500 },
      rest: { answers },
    });
    const number = await call();
    await number.nextPhone();
    const outcome = await control.hangUp(number.callSid).then(
      () => 'ended',
      (error: unknown) => {
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(rest.authToken);
        return (error as { code?: unknown }).code;
      },
    );
    expect([outcome, rest.requests.length]).toEqual([succeeds ? 'ended' : 'control-failed', requests]);
  });
});
