import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { type CallHandler, type EndOptions, MediaError } from '@patchcord/core';
import { type AcceptOptions, acceptCalls } from './accept.ts';
import { refuse } from './refusal.ts';
import { pathOf } from './upgrade-check.ts';

/** How calls are served on a port of their own. */
export interface ServeOptions extends AcceptOptions {
  /** 0: any free port. Default: 8080. */
  readonly port?: number;
  /** The interface to listen on. Default: every one with `authToken`, only this machine (`127.0.0.1`) without. */
  readonly host?: string;
  /**
   * Answers HTTP requests, such as a `voiceWebhook`. Default: `/` says in words what this is, everything else
   * is 404.
   */
  readonly onRequest?: RequestListener;
  /**
   * Whether SIGTERM ends the calls in good order before the process. Once they are over the process ends as the signal
   * would have ended it, unless the program listens for SIGTERM itself. Default: true.
   */
  readonly drainOnSigterm?: boolean;
}

/** A port that answers calls. */
export interface CallServer {
  /** The port, also where 0 was asked for. */
  readonly port: number;
  /** Where a phone on this machine dials, such as `ws://127.0.0.1:8080/media`. */
  readonly url: string;
  /** For what else shall live on this port. */
  readonly httpServer: Server;
  /**
   * Takes no more connections and ends the calls. Default: what was said is heard first, for 10 s at most.
   * Never rejects.
   */
  close(options?: EndOptions): Promise<void>;
}

/**
 * Answers calls on a port: each one is handed to the handler, which owns it until its promise settles.
 *
 * ```ts
 * await serveCalls({ port: 8080 }, (call) => call.readable.pipeTo(call.writable)); // an echo
 * ```
 *
 * @throws {MediaError} `invalid-argument` when the port is in use or cannot be had, or for options that do not
 * fit together.
 */
export async function serveCalls(options: ServeOptions, handler: CallHandler): Promise<CallServer> {
  const { port = 8080, host, onRequest, drainOnSigterm = true, ...acceptOptions } = options;
  const { path = '/media', authToken } = acceptOptions;
  const bindTo = host ?? (authToken === undefined ? '127.0.0.1' : undefined);

  const httpServer = createServer(onRequest ?? inWords(path));
  const acceptor = acceptCalls(httpServer, acceptOptions, handler);
  httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    if (pathOf(request) !== path) refuseUnclaimed(httpServer, request, socket, path);
  });

  await listen(httpServer, port, bindTo);
  const address = httpServer.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;

  async function close(end?: EndOptions): Promise<void> {
    process.off('SIGTERM', onSigterm);
    httpServer.close();
    await acceptor.close(end);
    httpServer.closeAllConnections();
  }

  async function onSigterm(): Promise<void> {
    await close();
    // Others that listen decide themselves when the process ends.
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  }

  if (drainOnSigterm) process.on('SIGTERM', onSigterm);
  return { port: boundPort, url: `ws://${hostInUrl(bindTo)}:${boundPort}${path}`, httpServer, close };
}

/** The acceptor's, and the one that answers 404. */
const OWN_UPGRADE_LISTENERS = 2;

/** How long others that listen for upgrades may take to answer one, in milliseconds. */
const CLAIM_MS = 10_000;

/** Answers 404 to an upgrade of another path: at once where nobody else listens, else if nobody has answered in time. */
function refuseUnclaimed(
  server: Server,
  { socket: connection }: IncomingMessage,
  socket: Duplex,
  path: string,
): void {
  const refuseNow = () => {
    socket.on('error', () => socket.destroy());
    refuse(socket, 404, `Nothing is served at this path. Media streams go to ${path}.`);
  };
  if (server.listenerCount('upgrade') <= OWN_UPGRADE_LISTENERS) {
    refuseNow();
    return;
  }
  const { bytesWritten } = connection;
  const timer = setTimeout(() => {
    if (connection.bytesWritten === bytesWritten) refuseNow();
  }, CLAIM_MS);
  socket.once('close', () => clearTimeout(timer));
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return Promise.reject(
      new MediaError('invalid-argument', `port is ${port}; it must be a whole number from 0 to 65535.`),
    );
  }
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(cannotListen(error, port, host));
    server.once('error', onError);
    server.listen({ port, host }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

function cannotListen(cause: NodeJS.ErrnoException, port: number, host = 'every interface'): MediaError {
  const message =
    cause.code === 'EADDRINUSE'
      ? `Port ${port} is in use. Stop the other program or set PORT to another.`
      : cause.code === 'EACCES'
        ? `Port ${port} is not allowed to this process. Set PORT to one above 1023.`
        : cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND'
          ? `This machine has no interface ${host}. Set the host to one that it has, such as 127.0.0.1.`
          : `Cannot listen on port ${port} of ${host} (${cause.code ?? cause.message}). Try another port or host.`;
  return new MediaError('invalid-argument', message, { cause });
}

function hostInUrl(host = 'localhost'): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function inWords(path: string): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const [status, words] =
      pathOf(request) === '/'
        ? [200, `Phone calls are answered here. Point a media stream at ${path}.`]
        : pathOf(request) === path
          ? [426, 'Media streams are served here, over WebSocket only.']
          : [404, 'Nothing is served at this path.'];
    response.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      ...(status === 426 ? { Connection: 'Upgrade', Upgrade: 'websocket' } : {}),
    });
    response.end(`${words}\n`);
  };
}
