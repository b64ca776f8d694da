import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Call, CallHandler, EndOptions } from '@patchcord/core';
import WebSocket from 'isomorphic-ws';
import { type AnswerOptions, createAnswer, createWaitingRoom, tooMany } from './answer.ts';
import { refuse } from './refusal.ts';
import { createRefusals, pathOf, Refusal, type UpgradeCheckOptions } from './upgrade-check.ts';

/** How calls are accepted. */
export interface AcceptOptions extends AnswerOptions, UpgradeCheckOptions {
  /** Where media streams are served. Upgrades of other paths are left to others. Default: `/media`. */
  readonly path?: string;
  /** Longest message that is taken, in bytes; a longer one closes its socket with 1009. Default: 65 536. */
  readonly maxMessageBytes?: number;
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
  const { path = '/media', maxMessageBytes = 65_536, maxWaiting, maxWaitingPerAddress } = options;
  const { answer: answerSocket, refused: reportRefused } = createAnswer(options, handler);
  const refusalOf = createRefusals(options);
  const waitingRoom = createWaitingRoom({ maxWaiting, maxWaitingPerAddress });
  const upgrader = new WebSocket.WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
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
    const refusal = await refusalOf(request);
    if (refusal) throw refusal;
    // A connection that is gone will tell no more that it closed.
    if (socket.destroyed) return;
    if (closing)
      throw new Refusal(503, 'transport-closed', 'This server is closing and takes no more calls.');
    const leave = waitingRoom.enter(request.socket.remoteAddress ?? '');
    if (leave === undefined) {
      const { code, message } = tooMany();
      throw new Refusal(503, code, message);
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
    void answerSocket(socket, (call) => {
      leave();
      waiting.delete(socket);
      calls.add(call);
      call.closed.then(() => calls.delete(call));
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
