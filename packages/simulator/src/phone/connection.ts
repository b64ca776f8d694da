import { MediaError } from '@patchcord/core';
import WebSocket from 'isomorphic-ws';
import { MAX_MESSAGE_BYTES } from './habits.ts';
import type { PhoneSocket } from './phone.ts';
import { signUpgrade } from './signature.ts';

/** How to reach an app. */
export interface ConnectionOptions {
  /** Signs the upgrade as Twilio does, with this account's auth token. Default: no signature is sent. */
  readonly authToken?: string | undefined;
  /**
   * The URL to sign: what the app believes to be its public address. Default: the dialled one with `wss:`, for
   * Twilio signs no other.
   */
  readonly signedUrl?: string | undefined;
  /** More headers of the upgrade request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificate authorities to trust in place of the public ones, as PEM text. Not in Bun. */
  readonly ca?: string | undefined;
  /** Largest message of the app's, in bytes. Default: 16 MiB. */
  readonly maxMessageBytes?: number | undefined;
}

/** How long a closing handshake may take before the socket is torn down. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * Starts to connect to an app, as Twilio would: no subprotocol, no compression, no redirects.
 *
 * @throws {MediaError} `invalid-argument` for a URL that no WebSocket can have.
 */
export async function startConnection(
  url: string,
  { authToken, signedUrl, headers, ca, maxMessageBytes = MAX_MESSAGE_BYTES }: ConnectionOptions,
): Promise<PhoneSocket> {
  checkUrl(url);
  const signature =
    authToken === undefined
      ? undefined
      : await signUpgrade(signedUrl ?? url.replace(/^ws:/i, 'wss:'), authToken);
  const options = {
    headers: { ...(signature !== undefined && { 'X-Twilio-Signature': signature }), ...headers },
    ...(ca !== undefined && { ca }),
    perMessageDeflate: false,
    maxPayload: Math.max(MAX_MESSAGE_BYTES, maxMessageBytes), // the phone itself tells what is too large
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const socket = new WebSocket(url, [], options);
  socket.binaryType = 'arraybuffer';
  return socket;
}

/** @throws {MediaError} `invalid-argument` */
export function checkUrl(url: string): void {
  if (!URL.canParse(url)) {
    throw new MediaError(
      'invalid-argument',
      'The address to dial is not a URL. Write it whole, such as ws://localhost:8080/media.',
    );
  }
  const { protocol, hash } = new URL(url);
  if (protocol !== 'ws:' && protocol !== 'wss:') {
    throw new MediaError(
      'invalid-argument',
      `The address to dial begins with ws:// or wss://; this one begins with ${protocol} Twilio's error for it is 31922.`,
    );
  }
  if (hash !== '') {
    throw new MediaError(
      'invalid-argument',
      'The address to dial has a part behind #, which no WebSocket carries. Leave it out.',
    );
  }
}

/** A URL as it may stand in an error: no password, no query. */
export function addressInWords(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** What a failed connection is called, by the socket's own words. Each row: their pattern, our code, our words. */
const FAILURES: readonly (readonly [RegExp, MediaError['code'], string])[] = [
  [
    /ECONNREFUSED|refused/i,
    'transport-closed',
    'has nobody listening (Twilio would log 31902). Start the app first, and check the port.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|getaddrinfo|dns/i,
    'transport-closed',
    'has a host name that cannot be found (Twilio would log 31901). Check the spelling.',
  ],
  [
    /certificate|self.signed|TLS|SSL|EPROTO|wrong version/i,
    'transport-closed',
    'does not speak TLS as it should (Twilio would log 31910). Use ws:// for an app without a certificate.',
  ],
  [
    /\b40[13]\b/,
    'refused',
    'refused the call (HTTP 401 or 403; Twilio would log 31920). If it checks signatures, give the auth token that it checks with, and the public URL that it believes to have (signedUrl).',
  ],
  [
    /\b404\b/,
    'refused',
    'has nothing at this path (HTTP 404; Twilio would log 31920). Check the path: apps built on Patchcord answer at /media.',
  ],
  [
    /\b(200|400|426|501)\b/,
    'refused',
    'answered, but not as a WebSocket server (Twilio would log 31920). Check the path, and that the upgrade gets through to the app.',
  ],
  [
    /\b[345]\d\d\b/,
    'refused',
    'answered with an error in place of the upgrade (Twilio would log 31920). The app log should say more.',
  ],
  [
    /Parse Error|Expected HTTP|Sec-WebSocket|upgrade|socket hang up|ECONNRESET|101/i,
    'transport-closed',
    'did not answer as a WebSocket server does (Twilio would log 31920). Check host and port: something else seems to listen there.',
  ],
];

/** An error that says why a connection did not come about. */
export function connectionFailed(url: string | undefined, event: unknown): MediaError {
  const { message = '', error } = event as { message?: string; error?: unknown };
  const where = url === undefined ? 'The app' : addressInWords(url);
  // Where a name has several addresses, Node's error for all of them has a code, and no message.
  const details = `${message} ${(error as { code?: string } | undefined)?.code ?? ''}`;
  const [, code, words] = FAILURES.find(([pattern]) => pattern.test(details)) ?? [
    undefined,
    'transport-closed' as const,
    'cannot be reached (Twilio would log 31901).',
  ];
  return new MediaError(code, `${where} ${words}`, error === undefined ? {} : { cause: error });
}

/** The error of a connection that takes too long. */
export function connectionTimedOut(url: string | undefined, timeoutMs: number): MediaError {
  const where = url === undefined ? 'The app' : addressInWords(url);
  return new MediaError(
    'timeout',
    `${where} did not answer within ${timeoutMs} ms (Twilio would log 31901). Check that it runs and that nothing on the way blocks it.`,
  );
}
