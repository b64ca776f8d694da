/**
 * Twilio's REST interface as a stand-in: the calls and streams of simulated phones, over HTTP.
 *
 * @see https://www.twilio.com/docs/voice/api/call-resource
 * @see https://www.twilio.com/docs/voice/api/stream-resource
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { MediaError } from '@patchcord/core';
import type { NumberOptions } from '../number/call.ts';
import { placeCall } from '../number/number.ts';
import type { Phone } from '../phone/phone.ts';
import { createSecret, createSid } from '../phone/sid.ts';
import { problem, type Reply, type RestAnswer, scriptedReply, sendReply } from './answer.ts';
import { phoneAsCall, type RestCall } from './call.ts';
import { type CallRequest, carryOut } from './calls.ts';
import { basicCredentials, placeOf, type RestRequest, readBody } from './request.ts';

/** The account that a stand-in serves, and where. */
export interface RestOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** The interface to listen on. Default: `127.0.0.1`. */
  readonly host?: string;
  /** Default: random, and as Twilio's look. */
  readonly accountSid?: string;
  /** Default: random. */
  readonly authToken?: string;
  /** Secrets of API keys, by the key's id. Default: none. */
  readonly apiKeys?: Readonly<Record<string, string>>;
  /** The region that the credentials belong to: requests to another get 401. Default: `us1`. */
  readonly region?: string;
  /** The edge that requests without a Twilio host name are taken to use. Default: `ashburn`. */
  readonly edge?: string;
  /**
   * How a call that has ended answers a change: 404 with code 20404, or 400 with 21220. Both are seen; which one when
   * is not documented. Default: `not-found`.
   */
  readonly endedCalls?: 'not-found' | 'not-in-progress';
  /** How the calls behave that apps create: they are answered at once and carry their TwiML out. */
  readonly number?: Omit<NumberOptions, 'from' | 'to' | 'callSid' | 'accountSid' | 'authToken' | 'rest'>;
  /** Places the calls that apps create in a way of its own. */
  readonly onCreate?: (request: CallRequest, rest: RestStandIn) => RestCall;
  /** The first answers: see `answerNext`. */
  readonly answers?: readonly RestAnswer[];
}

/** A REST interface for simulated calls. */
export interface RestStandIn {
  /** What takes the place of `https://api.twilio.com`. */
  readonly baseUrl: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** What came, oldest first, whatever was answered. Beyond 10 000 the oldest are forgotten. */
  readonly requests: readonly RestRequest[];
  /** The calls that can be controlled, by their id. Those that ended are forgotten beyond 10 000. */
  readonly calls: ReadonlyMap<string, RestCall>;
  /** Lets the interface control a call: a phone that was dialled, or any other. */
  control(call: Phone | RestCall): void;
  /** Answers the next requests so, one each, in place of the usual; further ones are answered as usual. */
  answerNext(...answers: readonly RestAnswer[]): void;
  /** Resolves when this many requests have come; rejects with a `MediaError` (`timeout`, default 5 s). */
  waitForRequests(count: number, options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Lets the port and every connection go. The calls stay as they are. */
  close(): Promise<void>;
}

const MAX_KEPT = 10_000;

/** Longest time that a request may take to come in, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Starts a stand-in for Twilio's REST interface.
 *
 * @throws {MediaError} `invalid-argument` when the port cannot be had.
 */
export async function startRest(options: RestOptions = {}): Promise<RestStandIn> {
  const interfaceOfCalls = new RestServer(options);
  await interfaceOfCalls.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  return interfaceOfCalls;
}

class RestServer implements RestStandIn {
  readonly accountSid: string;
  readonly authToken: string;
  readonly requests: RestRequest[] = [];
  readonly calls: Map<string, RestCall> = new Map();
  baseUrl = '';
  readonly #options: RestOptions;
  readonly #script: RestAnswer[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #waits = new Set<(over?: MediaError) => void>();
  /** Requests that came, forgotten ones too. */
  #count = 0;

  constructor(options: RestOptions) {
    this.#options = options;
    this.accountSid = options.accountSid ?? createSid('AC');
    this.authToken = options.authToken ?? createSecret();
    this.#script = [...(options.answers ?? [])];
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new MediaError(
            'invalid-argument',
            `The stand-in cannot listen on port ${port} of ${host} (${cause.code ?? 'no code'}). Give another, or port 0 for any.`,
            { cause },
          ),
        ),
      );
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        const bound = typeof address === 'object' && address !== null ? address.port : port;
        this.baseUrl = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
        resolve();
      });
    });
  }

  control(call: Phone | RestCall): void {
    const controlled = 'complete' in call ? call : phoneAsCall(call);
    this.calls.set(controlled.callSid, controlled);
    if (this.calls.size <= MAX_KEPT) return;
    for (const [callSid, { status }] of this.calls) {
      if (status !== 'completed' && status !== 'failed') continue;
      this.calls.delete(callSid);
      return;
    }
  }

  answerNext(...answers: readonly RestAnswer[]): void {
    this.#script.push(...answers);
  }

  waitForRequests(count: number, { timeoutMs = 5000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#clear(timer);
        this.#waits.delete(look);
      };
      const look = (over?: MediaError): void => {
        if (this.#count < count && over === undefined) return;
        settle();
        if (over === undefined) resolve();
        else reject(over);
      };
      const came = (): string => `Waited for ${count} requests; ${this.#count} came`;
      const timer = this.#after(timeoutMs, () =>
        look(new MediaError('timeout', `${came()} in ${timeoutMs} ms.`)),
      );
      this.#waits.add(look);
      look();
    });
  }

  close(): Promise<void> {
    const closed = new MediaError(
      'transport-closed',
      'The stand-in was closed while requests were waited for.',
    );
    for (const look of [...this.#waits]) look(closed);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {}); // a connection that breaks needs no answer
    const { method = '', url: path = '/', headers } = request;
    const host = headers.host ?? '';
    const body = await readBody(request);
    if (body === undefined) {
      sendReply(response, { ...problem(413, 20001), headers: { Connection: 'close' } });
      return;
    }
    const credentials = basicCredentials(headers.authorization);
    const place = placeOf(host);
    const { region = 'us1', edge = 'ashburn' } = this.#options;
    const received: RestRequest = {
      method,
      path,
      host,
      ...(place === undefined || place === 'elsewhere' ? { region, edge } : place),
      user: credentials?.user ?? '',
      form: Object.fromEntries(new URLSearchParams(body)),
      body,
    };
    this.#note(received);
    const answer = this.#script.shift() ?? 'usual';
    if (answer === 'hung') return;
    if (answer === 'dropped' || place === undefined) {
      request.socket.destroy();
      return;
    }
    const usual = (): Reply => this.#reply(received, credentials);
    if (answer === 'usual') sendReply(response, usual());
    else if (answer.delayMs === undefined) sendReply(response, scriptedReply(answer, usual));
    else this.#after(answer.delayMs, () => sendReply(response, scriptedReply(answer, usual)));
  }

  #reply(request: RestRequest, credentials: { user: string; secret: string } | undefined): Reply {
    const { apiKeys = {}, region = 'us1', endedCalls = 'not-found', onCreate, number } = this.#options;
    const secrets: Readonly<Record<string, string>> = { ...apiKeys, [this.accountSid]: this.authToken };
    const expected = credentials === undefined ? undefined : secrets[credentials.user];
    if (expected === undefined || expected !== credentials?.secret || request.region !== region)
      return problem(401);
    return carryOut(request, {
      accountSid: this.accountSid,
      calls: this.calls,
      endedCalls,
      create: (wanted) => {
        const { accountSid, authToken } = this;
        const { instructions, ...asked } = wanted;
        const call =
          onCreate?.(wanted, this) ?? placeCall(instructions, { ...number, ...asked, accountSid, authToken });
        this.control(call);
        return call;
      },
    });
  }

  #note(request: RestRequest): void {
    if (this.requests.length >= MAX_KEPT) this.requests.splice(0, MAX_KEPT / 10);
    this.requests.push(request);
    this.#count++;
    for (const look of [...this.#waits]) look();
  }

  #after(milliseconds: number, callback: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }

  #clear(timer: ReturnType<typeof setTimeout>): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}
