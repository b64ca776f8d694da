import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  type Call,
  type CallHandler,
  type CallOptions,
  type CallWarning,
  type EndOptions,
  handleCall,
  MediaError,
  type Provider,
  twilio,
} from '@patchcord/core';
import WebSocket from 'isomorphic-ws';
import { pathOf, Refusal, refuse } from './refusal.ts';
import { guarded, logEarlyReturn, logMisuse, stackOf } from './reports.ts';
import { signedUrls, verifyUpgrade } from './signature.ts';
import { WaitingRoom } from './waiting-room.ts';

/** How calls are accepted. */
export interface AcceptOptions extends CallOptions {
  /** Where media streams are served. Upgrades of other paths are left to others. Default: `/media`. */
  readonly path?: string;
  /** Whose protocol the callers speak; with a list, whichever fits the first message. Default: Twilio's. */
  readonly provider?: Provider | readonly Provider[];
  /** The Auth Token that upgrades must be signed with. Without it nothing is checked, and a loud line says so. */
  readonly authToken?: string | undefined;
  /** The origin that Twilio requests, such as `https://voice.example.com`. Needed with `authToken`. */
  readonly publicUrl?: string | undefined;
  /** Says that unsigned calls are meant, as in tests and private networks: no loud line. */
  readonly allowUnsigned?: boolean;
  /** Longest message that is taken, in bytes; a longer one closes its socket with 1009. Default: 65 536. */
  readonly maxMessageBytes?: number;
  /** Most sockets that may be open without a `start`. Default: 1000. */
  readonly maxWaiting?: number;
  /** The same for one address. All calls through one proxy count as one address. Default: 100. */
  readonly maxWaitingPerAddress?: number;
  /** Is told each warning of each call. Default: a handler that fails or returns early is told to `log`. */
  readonly onWarning?: (warning: CallWarning, call: Call) => void;
  /**
   * Is told of each socket that did not become a call: an upgrade that was refused, or no `start` in time.
   * Default: what strangers can cause is passed over, an option that cannot be used is told to `log`.
   */
  readonly onRefused?: (error: unknown) => void;
  /** Takes the few lines that must not go unseen. Default: `console.warn`. */
  readonly log?: (line: string) => void;
}

/** Accepts calls on an HTTP server. */
export interface CallAcceptor {
  /** The calls that are open. */
  readonly calls: ReadonlySet<Call>;
  /**
   * Takes no more calls, ends those that are open, and lets go of the HTTP server, which stays as it is.
   * Default: what was said is heard first, for 10 s at most. Never rejects.
   */
  close(options?: EndOptions): Promise<void>;
}

/** Longest wait for calls to be heard out when a server closes, in milliseconds. */
const DRAIN_MS = 10_000;

/**
 * Accepts calls beside whatever else an HTTP server does. It answers upgrades of its own path only, and
 * installs no signal handler.
 *
 * @throws {MediaError} `invalid-argument` for options that do not fit together.
 */
export function acceptCalls(
  httpServer: Server | SecureServer,
  options: AcceptOptions,
  handler: CallHandler,
): CallAcceptor {
  const {
    path = '/media',
    provider = twilio,
    authToken,
    publicUrl,
    allowUnsigned = false,
    maxMessageBytes = 65_536,
    maxWaiting = 1000,
    maxWaitingPerAddress = 100,
    log = console.warn,
    onWarning,
    onRefused = logMisuse(log),
    ...callOptions
  } = options;
  if (callOptions.autoHangUp === true && callOptions.control === undefined) {
    throw new MediaError(
      'invalid-argument',
      'autoHangUp asks for a hang-up, but there is no control to do it. Give control, such as twilioCalls(...).',
    );
  }
  const isSigned = upgradeCheck(path, { authToken, publicUrl, allowUnsigned, log });
  const waitingRoom = new WaitingRoom({ max: maxWaiting, maxPerAddress: maxWaitingPerAddress });
  const upgrader = new WebSocket.WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  const reportWarning = guarded(onWarning ?? logEarlyReturn(log), 'onWarning', log);
  const reportRefused = guarded(onRefused, 'onRefused', log);
  const sockets = new Set<WebSocket>();
  const calls = new Set<Call>();
  const waiting = new Set<WebSocket>();
  let closing = false;

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (pathOf(request) !== path) return;
    // Until the upgrade is done nobody else listens for a connection that breaks.
    const destroy = () => socket.destroy();
    socket.on('error', destroy);
    answer(request, socket, head).then(
      () => socket.off('error', destroy),
      (error: unknown) => {
        if (error instanceof Refusal) refuse(socket, error.status, error.message);
        else destroy();
        reportRefused(error);
      },
    );
  }

  async function answer(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!(await isSigned(request))) {
      throw new Refusal(
        403,
        'refused',
        `The X-Twilio-Signature of this upgrade does not fit ${path}. Check the server's authToken and publicUrl, and the URL in the TwiML.`,
      );
    }
    // Browsers always say where a page comes from, and providers never do: a page that somebody happens to open must not
    // be able to call a server of this machine.
    if (authToken === undefined && request.headers.origin !== undefined) {
      throw new Refusal(
        403,
        'refused',
        'Web pages cannot call a server that checks no signatures. Dial it with a phone, such as patchcord-phone.',
      );
    }
    // A connection that is gone will tell no more that it closed.
    if (socket.destroyed) return;
    if (closing)
      throw new Refusal(503, 'transport-closed', 'This server is closing and takes no more calls.');
    const leave = waitingRoom.enter(request.socket.remoteAddress ?? '');
    if (leave === undefined) {
      throw new Refusal(
        503,
        'limit-exceeded',
        'Too many sockets are open here without a start message. Try again later, or raise maxWaiting or maxWaitingPerAddress.',
      );
    }
    // Where the upgrade itself is malformed, `ws` answers it and calls nobody back.
    socket.once('close', leave);
    upgrader.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, leave));
  }

  function accept(socket: WebSocket, leave: () => void): void {
    // `ws` throws errors that nobody listens to. Each one is followed by `close`, which the call hears.
    socket.on('error', () => {});
    sockets.add(socket);
    waiting.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      waiting.delete(socket);
    });
    let opened = false;
    handleCall(socket, provider, callOptions, (call) => {
      opened = true;
      leave();
      waiting.delete(socket);
      calls.add(call);
      call.closed.then(() => calls.delete(call));
      call.addEventListener('warning', ({ warning }) => reportWarning(warning, call));
      return handler(call);
    }).then(({ reason, error, message }) => {
      if (!opened) reportRefused(error ?? new MediaError('transport-closed', message));
      if (reason === 'handler-failed' && onWarning === undefined)
        log(`Patchcord: ${message} ${stackOf(error)}`);
    });
  }

  httpServer.on('upgrade', onUpgrade);
  return {
    calls,
    async close({ when = 'played', timeoutMs = DRAIN_MS } = {}) {
      closing = true;
      for (const socket of waiting) socket.close(1001, 'The server is closing.');
      await Promise.all([...calls].map((call) => call.end({ when, timeoutMs })));
      for (const socket of sockets) socket.terminate();
      httpServer.off('upgrade', onUpgrade);
    },
  };
}

function upgradeCheck(
  path: string,
  {
    authToken,
    publicUrl,
    allowUnsigned,
    log,
  }: {
    authToken: string | undefined;
    publicUrl: string | undefined;
    allowUnsigned: boolean;
    log: (line: string) => void;
  },
): (request: IncomingMessage) => Promise<boolean> {
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
    return () => Promise.resolve(true);
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
  return (request) => verifyUpgrade(request, { authToken, publicUrl });
}
