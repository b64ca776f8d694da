import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { twilioCalls } from '../src/twilio-calls.ts';
import { twilioOrigin } from '../src/twilio-rest.ts';
import { answersOf, type GoldenHangUp, goldenHangUps } from './golden-hangup.ts';
import { hangUpDifferences } from './hangup-differences.ts';
import { type RestStandIn, type StandInAnswer, startRestStandIn } from './rest-stand-in.ts';

const RETRIES = 1;
const CALL = 'CA11111111111111111111111111111111';
const ACCOUNT = 'AC22222222222222222222222222222222';
const TOKEN = 'secret_token_1';
const CREDENTIALS = { accountSid: ACCOUNT, authToken: TOKEN };

let standIn: RestStandIn | undefined;
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
});

const http = (head: string, body = '', delayMs?: number): StandInAnswer => ({
  wire: Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  ...(delayMs === undefined ? {} : { delayMs }),
});

const callsAt = (baseUrl: string, retries = RETRIES, timeoutMs = 10_000) =>
  twilioCalls(CREDENTIALS, { baseUrl, retries, timeoutMs });

/** What the reference did with the first frame that hangs up. */
function referenceOutcome({ steps }: GoldenHangUp): 'ended' | 'failed' | 'nothing' {
  const [log] = steps.find(({ frame }) => frame === 'EndFrame' || frame === 'CancelFrame')?.log ?? [];
  if (log === undefined) return 'nothing';
  return log.level === 'ERROR' ? 'failed' : 'ended';
}

function expectedRequests({
  name,
  requests,
}: GoldenHangUp): readonly { line: string; authorization: string; body: string }[] {
  const { requests: how } = hangUpDifferences[name] ?? {};
  const recorded = requests.map(({ request_line, headers, body }) => ({
    line: request_line,
    authorization: headers.find(([header]) => header === 'Authorization')?.[1] ?? '',
    body,
  }));
  const [first] = recorded;
  if (how === undefined || first === undefined) return recorded;
  if (how === 'once') return [first];
  if (how === 'retried') return Array.from({ length: 1 + RETRIES }, () => first);
  return [{ ...first, line: `POST ${how.path} HTTP/1.1` }];
}

describe('the recorded hang-ups of the reference', () => {
  const hangUps = goldenHangUps.filter((each) => referenceOutcome(each) !== 'nothing');

  test.each(hangUps)('$name', async (recorded) => {
    const { call_sid, account_sid, auth_token, region, edge } = recorded.args;
    standIn = await startRestStandIn(answersOf(recorded));
    if (recorded.server === 'connection refused') await standIn.close();

    const outcome = await (async () => {
      const { baseUrl } = standIn as RestStandIn;
      await twilioCalls(
        { accountSid: account_sid, authToken: auth_token },
        { baseUrl, retries: RETRIES },
      ).hangUp(call_sid);
    })().then(
      () => 'ended',
      (error: unknown) => {
        expect(error).toMatchObject({
          name: 'MediaError',
          code: expect.stringMatching(/^(control-failed|invalid-argument)$/),
        });
        expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(leaks(account_sid, auth_token));
        return 'failed';
      },
    );

    expect(outcome).toBe(hangUpDifferences[recorded.name]?.outcome ?? referenceOutcome(recorded));
    expect(
      standIn.requests.map(({ requestLine, headers: { authorization }, body }) => ({
        line: requestLine,
        authorization,
        body,
      })),
    ).toEqual(expectedRequests(recorded));
    for (const { headers } of standIn.requests) {
      expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    }
    const [lookup] = recorded.dns_lookups;
    if (lookup !== undefined) expect(new URL(twilioOrigin({ region, edge })).host).toBe(lookup[0]);
  });

  test('all are decided: those left out never ask Twilio, and are in hangup-through-a-call.test.ts', () => {
    const leftOut = goldenHangUps.filter((each) => !hangUps.includes(each)).map(({ name }) => name);
    expect(leftOut).toEqual(['auto_hang_up_off', 'other_frames_do_not_hang_up']);
    const names = goldenHangUps.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(hangUpDifferences)));
  });
});

/** A secret, or the header made of it. */
function leaks(accountSid: string, authToken: string): RegExp {
  const header = Buffer.from(`${accountSid}:${authToken}`, 'latin1').toString('base64');
  return new RegExp(`${authToken.replace(/[^\w]/g, '\\$&')}|${header.replace(/[+/=]/g, '\\$&')}`);
}

describe('hangUp', () => {
  test('signs in with an API key, while the path keeps the account', async () => {
    standIn = await startRestStandIn([http('200 OK', '{}')]);
    const credentials = { accountSid: ACCOUNT, apiKey: 'SK1', apiSecret: 'secret' };
    await twilioCalls(credentials, { baseUrl: `${standIn.baseUrl}/` }).hangUp(CALL);
    expect(standIn.requests).toMatchObject([
      {
        requestLine: `POST /2010-04-01/Accounts/${ACCOUNT}/Calls/${CALL}.json HTTP/1.1`,
        headers: { authorization: `Basic ${btoa('SK1:secret')}` },
        body: 'Status=completed',
      },
    ]);
  });

  test('takes a call that cannot be ended any more as ended', async () => {
    standIn = await startRestStandIn([
      http('400 Bad Request', '{"code":21220}'),
      http('400 Bad Request', '{"code":20404}'),
    ]);
    const calls = callsAt(standIn.baseUrl);
    await calls.hangUp(CALL);
    await expect(calls.hangUp(CALL)).rejects.toMatchObject({ code: 'control-failed' });
    expect(standIn.requests).toHaveLength(2);
  });

  test.each([
    ['429', http('429 Too Many Requests', '{"code":20429}')],
    ['a server error', http('502 Bad Gateway')],
    ['a broken connection', 'close' as const],
    ['a Retry-After of 0', http('503 Service Unavailable\r\nRetry-After: 0')],
    ['a Retry-After that is no time', http('503 Service Unavailable\r\nRetry-After: soon')],
    [
      'a Retry-After in the past',
      http('503 Service Unavailable\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT'),
    ],
  ])('tries again after %s', async (_what, first) => {
    standIn = await startRestStandIn([first, http('200 OK', '{}')]);
    await callsAt(standIn.baseUrl).hangUp(CALL);
    expect(standIn.requests).toHaveLength(2);
  });

  test('does not wait for a Retry-After beyond its deadline', async () => {
    standIn = await startRestStandIn([http('429 Too Many Requests\r\nRetry-After: 3600')]);
    await expect(callsAt(standIn.baseUrl).hangUp(CALL)).rejects.toMatchObject({
      code: 'control-failed',
      message: expect.stringContaining('it answered 429'),
    });
    expect(standIn.requests).toHaveLength(1);
  });

  test('gives up at its deadline when no answer comes', async () => {
    standIn = await startRestStandIn([http('200 OK', '', 60_000)]);
    await expect(callsAt(standIn.baseUrl, 9, 300).hangUp(CALL)).rejects.toMatchObject({
      code: 'control-failed',
      message: expect.stringContaining('within 300 ms'),
    });
  });

  test('takes a success as one, though its body breaks off', async () => {
    const wire = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{"status":');
    standIn = await startRestStandIn([{ wire }]);
    await callsAt(standIn.baseUrl).hangUp(CALL);
  });

  test('gives up at its deadline when an error body does not end', async () => {
    const wire = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n{"code":');
    standIn = await startRestStandIn([{ wire }]);
    await expect(callsAt(standIn.baseUrl, 0, 300).hangUp(CALL)).rejects.toMatchObject({
      code: 'control-failed',
    });
  });

  test('reads no more of an error body than it needs', async () => {
    standIn = await startRestStandIn([
      http('404 Not Found', `{"code":20404,"x":"${'x'.repeat(1_000_000)}"}`),
    ]);
    await expect(callsAt(standIn.baseUrl).hangUp(CALL)).rejects.toMatchObject({ code: 'control-failed' });
  });

  test('says what to do about credentials', async () => {
    standIn = await startRestStandIn([http('401 Unauthorized', '{"code":20003}')]);
    await expect(callsAt(standIn.baseUrl).hangUp(CALL)).rejects.toThrow(
      `Twilio did not end call ${CALL}: it answered 401 with code 20003. Check the credentials, and that they belong to the region that is asked.`,
    );
    expect(standIn.requests).toHaveLength(1);
  });

  test('wants an id', async () => {
    await expect(twilioCalls(CREDENTIALS).hangUp('')).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('releases nothing', () => {
    expect(twilioCalls(CREDENTIALS).released(CALL)).toBe(false);
  });
});

describe('what cannot be used is an error at construction', () => {
  test.each([
    [{ accountSid: undefined, authToken: TOKEN }, 'twilioCalls needs accountSid. Pass what is missing.'],
    [
      { accountSid: ACCOUNT, authToken: '' },
      'twilioCalls needs authToken (or apiKey with apiSecret). Pass what is missing.',
    ],
    [
      { accountSid: '', authToken: undefined },
      'twilioCalls needs accountSid and authToken (or apiKey with apiSecret). Pass what is missing.',
    ],
    [
      { accountSid: ACCOUNT, apiKey: 'SK1', apiSecret: '' },
      'twilioCalls needs apiSecret. Pass what is missing.',
    ],
    [
      { accountSid: ACCOUNT, apiKey: undefined, apiSecret: 'secret' },
      'twilioCalls needs apiKey. Pass what is missing.',
    ],
  ])('%o', (credentials, message) => {
    expect(() => twilioCalls(credentials)).toThrow(message);
  });

  test.each([
    [{ region: 'ie1' }, /region was given without edge/],
    [{ edge: 'dublin' }, /edge was given without region/],
    [{ region: 'ie1', edge: 'evil.example/' }, /edge must be/],
    [{ region: 'IE1', edge: 'dublin' }, /region must be/],
    [{ baseUrl: 'http://api.example.com' }, /https URL/],
    [{ baseUrl: 'api.example.com' }, /https URL/],
    [{ baseUrl: 'https://user:pw@api.example.com' }, /no credentials/],
  ])('%o', (options, words) => {
    expect(() => twilioCalls(CREDENTIALS, options)).toThrow(words);
  });

  test('a base URL needs no edge', () => {
    expect(twilioOrigin({ region: 'ie1', baseUrl: 'https://stand-in.example/twilio/' })).toBe(
      'https://stand-in.example/twilio',
    );
  });

  test.each(['..', 'AC/1', 'AC:1', 'AC 1'])('account %s', (accountSid) => {
    expect(() => twilioCalls({ accountSid, authToken: TOKEN })).toThrow(/accountSid must be/);
  });
});
