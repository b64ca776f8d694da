/**
 * Requests to Twilio's REST interface: who asks, where, and how patiently.
 *
 * @see https://www.twilio.com/docs/usage/requests-to-twilio
 * @module
 */

import { MediaError } from '@patchcord/core';
import ky, { HTTPError } from 'ky';
import { isLoopback } from './loopback.ts';

/** Who asks. Values may come straight from the environment: what is missing is named at construction. */
export type TwilioCredentials =
  | { readonly accountSid: string | undefined; readonly authToken: string | undefined }
  | {
      readonly accountSid: string | undefined;
      readonly apiKey: string | undefined;
      readonly apiSecret: string | undefined;
    };

/** Where Twilio is asked, and how patiently. */
export interface TwilioCallsOptions {
  /** Twilio region, such as `ie1`. Needs `edge`. Credentials belong to one region. Default: `us1`. */
  readonly region?: string | undefined;
  /** Twilio edge, such as `dublin`. Needs `region`. */
  readonly edge?: string | undefined;
  /** The interface's origin in place of Twilio's, for stand-ins: `https`, or `http` on this machine. */
  readonly baseUrl?: string | undefined;
  /** Longest time for one request with all its retries, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number;
  /** How often a request is sent again after 429, 5xx or a network failure. Default: 3. */
  readonly retries?: number;
}

/** One request. */
export interface RestPost {
  /** Below the account, such as `/Calls.json`; ids are escaped. */
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  /** What did not come about when it fails, such as `Twilio did not create the call`. */
  readonly failure: string;
  /**
   * When the request is sent again. `may-repeat`: after 429, 5xx and network failures, for doing it twice does no harm.
   * `once`: only where Twilio has not carried it out for certain.
   */
  readonly retry: 'may-repeat' | 'once';
  /** Whether the body of a success is wanted. Default: it is not waited for. */
  readonly readsBody?: boolean;
  /** Codes of an answer that are success all the same, by HTTP status. */
  readonly success?: Readonly<Record<number, number>>;
}

/** Sends requests for one account. */
export interface TwilioRest {
  /**
   * Sends a form.
   *
   * @returns the answer's body, as far as it is wanted and could be read.
   * @throws {MediaError} `control-failed` when Twilio refuses, or does not answer in time.
   */
  post(request: RestPost): Promise<string>;
}

/** 429 was not processed; after the others it is not known. */
const RETRIED = [429, ...Array.from({ length: 100 }, (_, index) => 500 + index)];
const NOT_PROCESSED = [429];

/** Network failures after which nothing can have arrived. */
const NOT_CONNECTED: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** Longest wait between two attempts, in milliseconds, unless the answer names its own. */
const MAX_BACKOFF_MS = 3000;

/** Twilio's bodies have some hundred bytes, a call's own a few thousand. More than this is not read. */
const MAX_BODY_BYTES = 16_384;

/**
 * @throws {MediaError} `invalid-argument`, naming what is missing in the credentials, or what in the options does not
 * fit together.
 */
export function createTwilioRest(
  credentials: TwilioCredentials,
  { region, edge, baseUrl, timeoutMs = 10_000, retries = 3 }: TwilioCallsOptions,
): TwilioRest {
  const { accountSid, authorization } = readCredentials(credentials);
  const account = `${twilioOrigin({ region, edge, baseUrl })}${accountPath(accountSid)}`;

  return {
    async post(request) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), timeoutMs);
      try {
        const response = await send(request, controller.signal);
        if (response.ok && !request.readsBody) {
          discardBody(response);
          return '';
        }
        const body = await readText(response, controller.signal);
        if (response.ok) return body;
        const code = errorCode(body);
        if (code !== undefined && code === request.success?.[response.status]) return body;
        throw failed(request, answered(response.status, code));
      } finally {
        clearTimeout(timer);
      }
    },
  };

  async function send(request: RestPost, signal: AbortSignal): Promise<Response> {
    const deadline = performance.now() + timeoutMs;
    const mayRepeat = request.retry === 'may-repeat';
    const statuses = mayRepeat ? RETRIED : NOT_PROCESSED;
    try {
      return await ky.post(account + request.path, {
        body: new URLSearchParams(request.form).toString(),
        headers: {
          accept: 'application/json',
          authorization,
          'content-type': 'application/x-www-form-urlencoded',
        },
        // A redirect would take the credentials to wherever it points.
        redirect: 'manual',
        signal,
        // Of several attempts one may not use up the time of all.
        timeout: mayRepeat ? Math.ceil(timeoutMs / 2) : timeoutMs,
        throwHttpErrors: (status) => statuses.includes(status),
        retry: {
          limit: retries,
          methods: ['post'],
          statusCodes: statuses,
          afterStatusCodes: statuses,
          retryOnTimeout: mayRepeat,
          delay: (attempt) => 100 * 2 ** attempt,
          backoffLimit: MAX_BACKOFF_MS,
          jitter: true,
          shouldRetry({ error }) {
            if (!(error instanceof HTTPError)) {
              return mayRepeat || NOT_CONNECTED.includes(networkCode(error)) ? undefined : false;
            }
            discardBody(error.response);
            const waitMs = retryAfterMs(error.response);
            if (waitMs === undefined) return true; // after the usual backoff
            return waitMs < deadline - performance.now() ? undefined : false;
          },
        },
      });
    } catch (error) {
      if (error instanceof HTTPError) discardBody(error.response);
      // ky's errors hold the request, and with it the credentials: they are neither passed on nor attached.
      throw failed(request, reasonOf(error, timeoutMs));
    }
  }
}

/**
 * The origin that requests go to.
 *
 * @throws {MediaError} `invalid-argument` when region and edge do not come together, or a part is malformed.
 */
export function twilioOrigin({
  region = '',
  edge = '',
  baseUrl = '',
}: Pick<TwilioCallsOptions, 'region' | 'edge' | 'baseUrl'>): string {
  if (baseUrl !== '') return checkedBaseUrl(baseUrl);
  if (region === '' && edge === '') return 'https://api.twilio.com';
  if (region === '' || edge === '') {
    const [given, missing] = region === '' ? ['edge', 'region'] : ['region', 'edge'];
    throw new MediaError(
      'invalid-argument',
      `${given} was given without ${missing}, and Twilio has no host for that. Give both, such as region ie1 with edge dublin, or neither.`,
    );
  }
  for (const [name, value] of Object.entries({ region, edge })) {
    if (!/^[a-z0-9-]+$/.test(value)) {
      throw new MediaError(
        'invalid-argument',
        `${name} must be lower-case letters, digits and hyphens, such as ie1 or dublin.`,
      );
    }
  }
  return `https://api.${edge}.${region}.twilio.com`;
}

/** Where an account's resources begin. */
function accountPath(accountSid: string): string {
  return `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
}

function checkedBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new MediaError(
      'invalid-argument',
      'baseUrl must be an https URL, or http on this machine, since credentials are sent there.',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new MediaError(
      'invalid-argument',
      'baseUrl must be an origin and a path at most: no credentials, query or fragment.',
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function readCredentials(credentials: TwilioCredentials): { accountSid: string; authorization: string } {
  const { accountSid, authToken, apiKey, apiSecret } = credentials as Record<string, string | undefined>;
  const byKey = Boolean(apiKey || apiSecret);
  const missing = [
    ...(accountSid ? [] : ['accountSid']),
    ...(byKey && !apiKey ? ['apiKey'] : []),
    ...(byKey && !apiSecret ? ['apiSecret'] : []),
    ...(byKey || authToken ? [] : ['authToken (or apiKey with apiSecret)']),
  ];
  if (!accountSid || missing.length > 0) {
    throw new MediaError(
      'invalid-argument',
      `twilioCalls needs ${missing.join(' and ')}. Pass what is missing.`,
    );
  }
  if (!/^[\w-]+$/.test(accountSid)) {
    throw new MediaError(
      'invalid-argument',
      'accountSid must be letters and digits, such as AC and 32 more. Check what was passed.',
    );
  }
  const [user = '', secret = ''] = byKey ? [apiKey, apiSecret] : [accountSid, authToken];
  // HTTP Basic ends the user at the first colon, and its bytes are Latin-1 where nothing else was agreed.
  if (user.includes(':') || !/^[\u0020-\u007e\u00a0-\u00ff]+$/.test(user + secret)) {
    const [userName, secretName] = byKey ? ['apiKey', 'apiSecret'] : ['accountSid', 'authToken'];
    throw new MediaError(
      'invalid-argument',
      `${userName} or ${secretName} holds a character that HTTP Basic cannot carry. Check what was copied.`,
    );
  }
  return { accountSid, authorization: `Basic ${btoa(`${user}:${secret}`)}` };
}

/** Milliseconds that the answer asks to wait; undefined when it asks nothing, or nothing readable. */
function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** Lets the connection go, whatever state the body is in. */
function discardBody(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/**
 * The body as text, as far as it is wanted and comes in time. The signal is followed here too: once its headers
 * are there, a fetched response may no longer be.
 */
async function readText(response: Response, signal: AbortSignal): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    while (bytes < MAX_BODY_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // A body that breaks off tells no more than the status already has.
  }
  signal.removeEventListener('abort', cancel);
  cancel();
  return text;
}

/** The code of Twilio's error body, whatever its content type; undefined where there is none. */
function errorCode(body: string): number | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('code' in parsed)) return undefined;
    const { code } = parsed;
    return typeof code === 'number' || (typeof code === 'string' && /^\d+$/.test(code))
      ? Number(code)
      : undefined;
  } catch {
    return undefined;
  }
}

function answered(status: number, code?: number): string {
  const answer = `it answered ${status}${code === undefined ? '' : ` with code ${code}`}`;
  if (status === 401 || status === 403) {
    return `${answer}. Check the credentials, and that they belong to the region that is asked`;
  }
  if (status === 404) return `${answer}. Check the account, the region and the base URL`;
  if (status === 429) return `${answer}: too many requests at once. Try again later`;
  if (status >= 300 && status < 400)
    return `${answer}, a redirect, which is not followed with credentials. Check the base URL`;
  if (status >= 500 || status === 0) return `${answer}. Try again later`;
  return `${answer}. Look the code up in Twilio's error dictionary`;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof HTTPError) return answered(error.response.status);
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError' || name === 'AbortError') {
    return `no answer came within ${timeoutMs} ms. Check the network, and try again`;
  }
  const networkError = networkCode(error);
  const code = typeof networkError === 'string' ? ` (${networkError})` : '';
  return `it could not be reached, or its answer could not be read${code}. Check the network, and try again`;
}

/** The code that the runtime gave the failure of a connection. */
function networkCode(error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return undefined;
}

function failed({ failure }: RestPost, reason: string): MediaError {
  return new MediaError('control-failed', `${failure}: ${reason}.`);
}
