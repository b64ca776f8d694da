import { type CallSocket, MediaError } from '@patchcord/core';
import WebSocket from 'isomorphic-ws';

/** Options of `connect`. */
export interface ConnectOptions {
  /** Headers of the upgrade, such as `X-Twilio-Signature`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  /** Longest wait for the socket to open, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Longest message that is taken, in bytes; a longer one closes the socket. Default: 65 536. */
  readonly maxMessageBytes?: number;
  /** Ends the wait. An open socket is no longer concerned. */
  readonly signal?: AbortSignal;
}

/**
 * Dials out: opens a WebSocket to a media stream's server, or to anything else, and resolves when it is open.
 * The caller owns the socket and closes it.
 *
 * @throws {MediaError} `invalid-argument` for a URL that is not `ws` or `wss`; `refused` when the server answers
 * the upgrade with 401 or 403; `timeout`; `aborted`; `transport-closed` for all else that keeps it from opening.
 */
export function connect(
  url: string | URL,
  { headers = {}, protocols = [], timeoutMs = 10_000, maxMessageBytes = 65_536, signal }: ConnectOptions = {},
): Promise<CallSocket> {
  return new Promise((resolve, reject) => {
    const target = URL.canParse(String(url)) ? new URL(url) : undefined;
    if (target?.protocol !== 'ws:' && target?.protocol !== 'wss:') {
      throw new MediaError(
        'invalid-argument',
        'connect needs a ws or wss URL, such as ws://localhost:8080/media.',
      );
    }
    if (signal?.aborted) throw aborted(target);

    const socket = new WebSocket(target, [...protocols], {
      headers: { ...headers },
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    socket.binaryType = 'arraybuffer';

    const timer = setTimeout(
      () =>
        fail(
          new MediaError(
            'timeout',
            `${nameOf(target)} did not open within ${timeoutMs} ms. Check that the server is reachable and not overloaded.`,
          ),
        ),
      timeoutMs,
    );
    const onAbort = () => fail(aborted(target));
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: MediaError) => {
      settle();
      reject(error);
      socket.terminate();
    };

    // `ws` throws errors that nobody listens to; this listener stays for the socket's whole life.
    socket.on('error', (error) => fail(unreachable(target, error)));
    socket.once('unexpected-response', (_request, response) =>
      fail(notUpgraded(target, response.statusCode ?? 0)),
    );
    socket.once('open', () => {
      settle();
      resolve(socket);
    });
  });
}

/** Without query and credentials: those may be secrets. */
function nameOf({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

function aborted(target: URL): MediaError {
  return new MediaError('aborted', `Connecting to ${nameOf(target)} was given up by its AbortSignal.`);
}

function notUpgraded(target: URL, status: number): MediaError {
  const answer = `${nameOf(target)} answered the WebSocket upgrade with ${status}`;
  if (status === 401 || status === 403) {
    return new MediaError(
      'refused',
      `${answer}: it refuses this caller. Check the signature or the credentials.`,
    );
  }
  if (status === 404)
    return new MediaError('transport-closed', `${answer}: nothing is served there. Check the path.`);
  if (status >= 500)
    return new MediaError('transport-closed', `${answer}: it takes no calls now. Try again later.`);
  return new MediaError(
    'transport-closed',
    `${answer}, so it is no WebSocket server. Check host, port and path.`,
  );
}

function unreachable(target: URL, cause: Error & { readonly code?: unknown }): MediaError {
  const code = typeof cause.code === 'string' ? cause.code : '';
  const name = nameOf(target);
  const message =
    code === 'ECONNREFUSED'
      ? `Nothing listens at ${name}. Start the server, or check host and port.`
      : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
        ? `The host of ${name} is not known. Check its name, and the network.`
        : code.startsWith('HPE_') || code === ''
          ? `What answers at ${name} does not speak WebSocket. Check host, port and path.`
          : `The connection to ${name} failed (${code}). Check the network, the port and, for wss, the certificate.`;
  return new MediaError('transport-closed', message, { cause });
}
