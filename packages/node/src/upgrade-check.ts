/**
 * Which upgrades may become calls: the one check of every server, from Node's to Cloudflare's. It knows no socket and
 * imports nothing of a runtime.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import { type SignedRequest, signedUrls, verifyUpgrade } from './signature.ts';

/** What upgrades are checked against. */
export interface UpgradeCheckOptions {
  /** Where media streams are served. Default: `/media`. */
  readonly path?: string;
  /** The Auth Token that upgrades must be signed with. Without it nothing is checked, and a loud line says so. */
  readonly authToken?: string | undefined;
  /** The origin that Twilio requests, such as `https://voice.example.com`. Needed with `authToken`. */
  readonly publicUrl?: string | undefined;
  /** Says that unsigned calls are meant, as in tests and private networks: no loud line. */
  readonly allowUnsigned?: boolean;
  /** Takes the few lines that must not go unseen. Default: `console.warn`. */
  readonly log?: (line: string) => void;
}

/** Why an upgrade is refused, and with which HTTP status. */
export class Refusal extends MediaError {
  readonly status: number;

  constructor(status: number, code: MediaError['code'], message: string) {
    super(code, message);
    this.status = status;
  }
}

/**
 * Checks upgrades for servers that upgrade by themselves: Deno, Bun, Cloudflare, Hono, Fastify. `serveCalls` and
 * `acceptCalls` have it built in.
 *
 * The check gives the refusal to answer with, or undefined where the upgrade may go on: 404 for another path, 426 for
 * a request that is no upgrade, 403 for one that Twilio did not sign. Without `authToken` it still gives 403 to web
 * pages, which always say where they come from: a page that somebody happens to open must not be able to call a
 * server of their machine.
 *
 * ```ts
 * const check = createUpgradeCheck({ authToken, publicUrl });
 * // for each request:
 * const refusal = await check(request);
 * if (refusal) return refusal;
 * ```
 *
 * @returns a check that takes a WHATWG `Request` or a Node `IncomingMessage`, and never rejects.
 * @throws {MediaError} `invalid-argument` for options that do not fit together.
 */
export function createUpgradeCheck(
  options: UpgradeCheckOptions = {},
): (request: SignedRequest) => Promise<Response | undefined> {
  const { path = '/media' } = options;
  const refusalOf = createRefusals(options);
  const logFirst = createFirstLog(options.log);
  return async (request) => {
    const refusal =
      pathOf(request) !== path
        ? new Refusal(404, 'refused', `Nothing is served at this path. Media streams go to ${path}.`)
        : headerOf(request, 'upgrade')?.toLowerCase() !== 'websocket'
          ? new Refusal(426, 'refused', 'Media streams are served here, over WebSocket only.')
          : await refusalOf(request);
    if (refusal === undefined) return undefined;
    if (refusal.status === 403) logFirst(refusal);
    const headers = refusal.status === 426 ? { Connection: 'Upgrade', Upgrade: 'websocket' } : {};
    return new Response(`${refusal.message}\n`, {
      status: refusal.status,
      headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
    });
  };
}

/** Says of an upgrade to the path why it is refused, or undefined. */
export function createRefusals({
  path = '/media',
  authToken,
  publicUrl,
  allowUnsigned = false,
  log = console.warn,
}: UpgradeCheckOptions): (request: SignedRequest) => Promise<Refusal | undefined> {
  if (!/^\/[^?#\s]*$/.test(path)) {
    throw new MediaError(
      'invalid-argument',
      `path must begin with / and have no query, such as /media; it is ${path}.`,
    );
  }
  if (authToken === undefined) {
    if (!allowUnsigned) {
      log(
        `Patchcord: calls at ${path} are NOT CHECKED: whoever finds this port can call. Give authToken and publicUrl, or allowUnsigned: true where that is meant.`,
      );
    }
    return async (request) => (headerOf(request, 'origin') === undefined ? undefined : fromAPage());
  }
  if (allowUnsigned) {
    throw new MediaError(
      'invalid-argument',
      'authToken and allowUnsigned contradict each other. Give one of them.',
    );
  }
  if (authToken === '' || publicUrl === undefined) {
    throw new MediaError(
      'invalid-argument',
      `${authToken === '' ? 'authToken is empty' : 'authToken needs publicUrl'}: signatures are checked with the account's Auth Token over the URL that Twilio requests. Give both, such as publicUrl: 'https://voice.example.com'.`,
    );
  }
  signedUrls(publicUrl, path, 'ws'); // throws now rather than at the first call
  return async (request) =>
    (await verifyUpgrade(request, { authToken, publicUrl })) ? undefined : notSigned(path);
}

/** Tells the first refusal: a wrong secret or origin must not be silence, and strangers must not fill the log. */
function createFirstLog(log: (line: string) => void = console.warn): (refusal: Refusal) => void {
  let told = false;
  return ({ message }) => {
    if (!told) log(`Patchcord: an upgrade was refused. ${message} (Told once.)`);
    told = true;
  };
}

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: SignedRequest): string {
  if (!url.startsWith('/') && URL.canParse(url)) return new URL(url).pathname;
  return url.split('?', 1)[0] ?? url;
}

function notSigned(path: string): Refusal {
  return new Refusal(
    403,
    'refused',
    `The X-Twilio-Signature of this upgrade does not fit ${path}. Check the server's authToken and publicUrl, and the URL in the TwiML.`,
  );
}

function fromAPage(): Refusal {
  return new Refusal(
    403,
    'refused',
    'Web pages cannot call a server that checks no signatures. Dial it with a phone, such as patchcord-phone.',
  );
}

function headerOf({ headers }: SignedRequest, name: string): string | undefined {
  const { get } = headers;
  const value: unknown =
    typeof get === 'function'
      ? get.call(headers, name)
      : (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return typeof value === 'string' ? value : undefined;
}
