import type { IncomingMessage, ServerResponse } from 'node:http';
import { MediaError } from '@patchcord/core';
import { type SignedRequest, signedUrls, verifyWebhook } from './signature.ts';
import type { StreamTokens } from './stream-tokens.ts';
import { type ConnectStreamOptions, connectStream } from './twiml.ts';

/** What a voice webhook answers, and to whom. */
export interface VoiceWebhookOptions extends Omit<ConnectStreamOptions, 'url'> {
  /** Where Twilio shall stream the call: a `wss` URL. */
  readonly streamUrl: string | URL;
  /** Whether the webhook's `From` and `To` are passed on as the parameters `from` and `to`. Default: true. */
  readonly passNumbers?: boolean;
  /** Gives each stream a one-time token as a parameter, bound to the request's `CallSid`. Default: none. */
  readonly tokens?: StreamTokens;
  /** The Auth Token that requests must be signed with. Default: nothing is checked. */
  readonly authToken?: string | undefined;
  /** The origin that Twilio requests, such as `https://voice.example.com`. Needed with `authToken`. */
  readonly publicUrl?: string | undefined;
}

/** Twilio's voice webhooks have some 2 kB. */
const MAX_BODY_BYTES = 65_536;

/** Longest wait for a request's body, in milliseconds. */
const BODY_TIMEOUT_MS = 10_000;

/**
 * Answers Twilio's question what to do with a call (its voice webhook) with TwiML that connects it to a media
 * stream. It reads the body itself, so it stands before any body parser. The promise never rejects.
 *
 * @throws {MediaError} `invalid-argument` for options that Twilio would refuse, or that do not fit together.
 */
export function voiceWebhook({
  streamUrl,
  parameters = {},
  passNumbers = true,
  tokens,
  authToken,
  publicUrl,
  ...stream
}: VoiceWebhookOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const twiml = (asked: Record<string, string>) =>
    connectStream({ ...stream, url: streamUrl, parameters: { ...asked, ...parameters } });
  twiml({}); // throws now rather than at the first call
  if (authToken !== undefined) {
    if (authToken === '' || publicUrl === undefined) {
      throw new MediaError(
        'invalid-argument',
        'authToken needs a value, and publicUrl beside it. Give both, or neither.',
      );
    }
    signedUrls(publicUrl, '/', 'http');
  }

  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'POST') {
      reply(response, 405, 'Voice webhooks are GET or POST requests.', { Allow: 'GET, POST' });
      return;
    }
    const body = await readBody(request);
    if (typeof body === 'number') {
      reply(
        response,
        body,
        body === 413
          ? 'This body is longer than any voice webhook.'
          : 'The body of this request did not come whole.',
        {
          Connection: 'close',
        },
      );
      return;
    }
    if (authToken !== undefined && publicUrl !== undefined) {
      if (!(await verifyWebhook(asRequested(request), { authToken, publicUrl, body }))) {
        reply(
          response,
          403,
          "The X-Twilio-Signature of this request does not fit. Check the server's authToken and publicUrl.",
        );
        return;
      }
    }
    try {
      const form = formOf(request, body);
      const text = twiml({
        ...(passNumbers && numbersOf(form)),
        ...tokens?.mint(form.get('CallSid') ?? undefined),
      });
      response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' }).end(text);
    } catch {
      reply(response, 400, 'From or To of this request is nothing that a call can have.');
    }
  };
}

/** Routers such as Express's cut the path that they are mounted at from `url`, and keep the whole. */
function asRequested(request: IncomingMessage & { readonly originalUrl?: string }): SignedRequest {
  return { headers: request.headers, url: request.originalUrl ?? request.url };
}

function formOf(request: IncomingMessage, body: string): URLSearchParams {
  return new URLSearchParams(request.method === 'GET' ? (request.url ?? '').split('?')[1] : body);
}

function numbersOf(form: URLSearchParams): Record<string, string> {
  const numbers = { from: form.get('From'), to: form.get('To') };
  return Object.fromEntries(
    Object.entries(numbers).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** The body as text, or the status that answers a body which is too long, or too slow. */
function readBody(request: IncomingMessage): Promise<string | 408 | 413> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => settle(408), BODY_TIMEOUT_MS);
    const settle = (result: string | 408 | 413) => {
      clearTimeout(timer);
      request.off('data', onData);
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) settle(413);
      else chunks.push(chunk);
    };
    request.on('data', onData);
    request.once('end', () => settle(Buffer.concat(chunks).toString('utf8')));
    request.once('error', () => settle(408));
    request.once('close', () => settle(408));
  });
}

function reply(
  response: ServerResponse,
  status: number,
  words: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(`${words}\n`);
}
