/**
 * `X-Twilio-Signature`: proof that a request comes from the holder of an account's Auth Token. Pure, and the
 * same in Node, Deno and Bun.
 *
 * The rule: base64 of HMAC-SHA1 with the Auth Token as key, over the URL as Twilio requested it, followed by
 * the name and value of each form parameter, sorted by name.
 *
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 * @module
 */

import { MediaError } from '@patchcord/core';

/** What `signTwilio` signs. */
export interface SignOptions {
  /** The account's primary Auth Token. API key secrets never sign. */
  readonly authToken: string;
  /** The whole URL as Twilio requests it: scheme, host, port where it is written, path and query. */
  readonly url: string;
  /** The form parameters of a POST. A WebSocket upgrade has none. */
  readonly parameters?: Readonly<Record<string, string | readonly string[]>>;
}

/** The parts of a request that a signature is checked by: a Node `IncomingMessage` and a WHATWG `Request` have them. */
export interface SignedRequest {
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Path and query, or a whole URL, of which only path and query count. */
  readonly url?: string | undefined;
}

/** What a signature is checked against. */
export interface VerifyOptions {
  /** The account's primary Auth Token, of the region that the calls run in. */
  readonly authToken: string;
  /**
   * The origin that Twilio requests, such as `https://voice.example.com` or `wss://voice.example.com:8443`:
   * with no path. It is configured and not taken from the request, whose headers anybody can write.
   */
  readonly publicUrl: string;
}

/** What a webhook's signature is checked against. */
export interface VerifyWebhookOptions extends VerifyOptions {
  /** The body as it came, before any parsing. Default: none, as in a GET. */
  readonly body?: string;
}

const HEADER = 'x-twilio-signature';

/** A scheme and what stands after it, up to the port. */
const ORIGIN = /^(?:https?|wss?):\/\/(?<host>[^/?#@\s\\]+?)(?::(?<port>\d{1,5}))?\/?$/i;

/**
 * The signature that Twilio puts into `X-Twilio-Signature`.
 *
 * @throws {MediaError} `invalid-argument` for an empty Auth Token.
 */
export async function signTwilio({ authToken, url, parameters = {} }: SignOptions): Promise<string> {
  const signature = await crypto.subtle.sign(
    'HMAC',
    await signingKey(authToken),
    signedBytes(url, parameters),
  );
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}

/**
 * Whether a WebSocket upgrade was signed by Twilio for this server. Signatures for `https` URLs do not count:
 * an upgrade is signed over its `wss` URL alone.
 *
 * @throws {MediaError} `invalid-argument` for an empty Auth Token, or a `publicUrl` that is not an origin.
 */
export function verifyUpgrade(request: SignedRequest, options: VerifyOptions): Promise<boolean> {
  return verify(request, options, 'ws', {});
}

/**
 * Whether a webhook request (TwiML, status callback) was signed by Twilio for this server. The body is taken
 * as a form, or, where the URL holds its `bodySHA256`, as text with that hash.
 *
 * @throws {MediaError} `invalid-argument` for an empty Auth Token, or a `publicUrl` that is not an origin.
 */
export async function verifyWebhook(request: SignedRequest, options: VerifyWebhookOptions): Promise<boolean> {
  const { body = '' } = options;
  const hash = new URLSearchParams(pathOf(request).split('?')[1] ?? '').get('bodySHA256');
  if (hash === null) return verify(request, options, 'http', formParameters(body));
  // The hash stands in the URL, which the signature covers; so it need not be compared in constant time.
  return (await sha256(body)) === hash.toLowerCase() && verify(request, options, 'http', {});
}

/**
 * The URLs that Twilio may have signed for one request: as configured, and with the scheme's own port both
 * written and left out, for both are seen.
 *
 * @throws {MediaError} `invalid-argument` when `publicUrl` is not an origin.
 */
export function signedUrls(publicUrl: string, path: string, scheme: 'ws' | 'http'): string[] {
  const { host, port } = ORIGIN.exec(publicUrl)?.groups ?? {};
  if (host === undefined) {
    throw new MediaError(
      'invalid-argument',
      'publicUrl must be the origin that Twilio requests, such as https://voice.example.com, with no path behind it. Give scheme and host, and the port where it is not the usual one.',
    );
  }
  const secure = /^(?:https|wss):/i.test(publicUrl);
  const usualPort = secure ? '443' : '80';
  const start = `${scheme}${secure ? 's' : ''}://${host}`;
  const asConfigured = port === undefined ? start : `${start}:${port}`;
  const starts = [
    asConfigured,
    start,
    ...((port ?? usualPort) === usualPort ? [`${start}:${usualPort}`] : []),
  ];
  // On this machine servers are http, and phones for tests sign as Twilio does, which dials wss alone.
  const dialled = secure || scheme === 'http' ? starts : [...starts, asConfigured.replace('ws:', 'wss:')];
  return [...new Set(dialled)].map((origin) => origin + path);
}

async function verify(
  request: SignedRequest,
  { authToken, publicUrl }: VerifyOptions,
  scheme: 'ws' | 'http',
  parameters: Readonly<Record<string, readonly string[]>>,
): Promise<boolean> {
  const urls = signedUrls(publicUrl, pathOf(request), scheme);
  const key = await signingKey(authToken);
  const signature = decodeSignature(headerOf(request));
  if (signature === undefined) return false;
  // WebCrypto's `verify` compares in constant time.
  const verdicts = await Promise.all(
    urls.map((url) => crypto.subtle.verify('HMAC', key, signature, signedBytes(url, parameters))),
  );
  return verdicts.includes(true);
}

function signingKey(authToken: string): ReturnType<typeof crypto.subtle.importKey> {
  if (authToken === '') {
    throw new MediaError(
      'invalid-argument',
      'authToken is empty. Give the Auth Token of the Twilio account that the calls belong to.',
    );
  }
  const bytes = new TextEncoder().encode(authToken);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign', 'verify']);
}

function signedBytes(
  url: string,
  parameters: Readonly<Record<string, string | readonly string[]>>,
): Uint8Array<ArrayBuffer> {
  // Sorted by UTF-16 code unit, as Twilio's own "Unix-style case-sensitive" order; a repeated parameter has
  // each of its values once.
  const pairs = Object.keys(parameters)
    .sort()
    .flatMap((name) => {
      const value = parameters[name] ?? [];
      const values = typeof value === 'string' ? [value] : [...new Set(value)].sort();
      return values.map((each) => name + each);
    });
  return new TextEncoder().encode(url + pairs.join(''));
}

function pathOf({ url = '/' }: SignedRequest): string {
  if (url.startsWith('/') || !URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function headerOf({ headers }: SignedRequest): string {
  const { get } = headers;
  const value = typeof get === 'function' ? get.call(headers, HEADER) : (headers as NodeHeaders)[HEADER];
  return typeof value === 'string' ? value : '';
}

type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

function decodeSignature(text: string): Uint8Array<ArrayBuffer> | undefined {
  // 20 bytes of SHA-1 in base64; anything else is no signature.
  if (!/^[A-Za-z0-9+/]{27}=$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function formParameters(body: string): Record<string, string[]> {
  const parameters: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(body)) {
    parameters[name] = [...(parameters[name] ?? []), value];
  }
  return parameters;
}

async function sha256(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
