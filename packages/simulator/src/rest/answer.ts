import type { ServerResponse } from 'node:http';

/** What one request gets in place of the usual answer. */
export type RestAnswer =
  /** The request is carried out and answered as usual. */
  | 'usual'
  /** Nothing is ever answered; the connection stays. */
  | 'hung'
  /** The connection is closed without an answer. */
  | 'dropped'
  | ScriptedAnswer;

/** An answer in parts. */
export interface ScriptedAnswer {
  /** HTTP status. Default: the usual answer, carried out. */
  readonly status?: number;
  /** Twilio's code in the JSON body. Default: the usual one of the status. */
  readonly code?: number;
  /** The body in place of JSON, such as the page of a gateway. */
  readonly html?: string;
  /** Seconds, or any other text, in `Retry-After`. */
  readonly retryAfter?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer takes, in milliseconds. Default: 0. */
  readonly delayMs?: number;
  /** Whether the request is carried out all the same, as when a gateway loses the answer. Default: false. */
  readonly carriedOut?: boolean;
}

/** What is sent back. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Twilio's usual codes, by HTTP status. */
const CODES: Readonly<Record<number, number>> = {
  400: 20001,
  401: 20003,
  404: 20404,
  429: 20429,
  500: 20500,
};

const WORDS: Readonly<Record<number, string>> = {
  20001: 'A parameter cannot be used.',
  20003: 'Authentication error: the credentials do not fit this account and region.',
  20004: 'This method is not allowed here.',
  20404: 'The requested resource was not found.',
  20429: 'Too many requests.',
  20500: 'Internal server error.',
  21201: 'No `To` number was given.',
  21205: 'Neither `Url` nor `Twiml` was given, or `Url` cannot be requested.',
  21213: 'No `From` number was given.',
  21220: 'The call is not in progress, so it cannot be changed.',
};

/** A resource. */
export function resource(status: number, fields: Readonly<Record<string, unknown>>): Reply {
  return { status, body: JSON.stringify(fields), contentType: 'application/json' };
}

/** An error as Twilio words it: code, message, where to read more, status. */
export function problem(status: number, code: number = CODES[status] ?? 0, message?: string): Reply {
  return resource(status, {
    code,
    message: message ?? WORDS[code] ?? 'The stand-in was asked to answer so.',
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  });
}

/** The reply of a script's line; `usual` is asked only where the request shall be carried out. */
export function scriptedReply(answer: ScriptedAnswer, usual: () => Reply): Reply {
  const { status, code, html, retryAfter, headers, carriedOut = status === undefined } = answer;
  const done = carriedOut ? usual() : undefined;
  const reply =
    status === undefined ? (done ?? usual()) : status < 300 ? resource(status, {}) : problem(status, code);
  return {
    ...reply,
    ...(html !== undefined && { body: html, contentType: 'text/html; charset=utf-8' }),
    headers: {
      ...reply.headers,
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
      ...headers,
    },
  };
}

/** Sends a reply whole. A connection that is gone takes none. */
export function sendReply(response: ServerResponse, { status, body, contentType, headers }: Reply): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': String(new TextEncoder().encode(body).length),
    ...(status === 401 && { 'WWW-Authenticate': 'Basic realm="Twilio API"' }),
    ...headers,
  });
  response.end(body);
}
