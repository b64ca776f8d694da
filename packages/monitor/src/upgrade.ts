/**
 * The monitor's socket on an HTTP server of Node's kind.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { MonitorSocket } from './listener.ts';
import type { UpgradeHeaders } from './origin.ts';
import { MONITOR_PROTOCOL, TICKET_PREFIX } from './wire/messages.ts';
import { MAX_CLIENT_MESSAGE } from './wire/parse.ts';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The part of an HTTP or HTTPS server that a hub needs. */
export interface UpgradeSource {
  on(event: 'upgrade', listener: UpgradeListener): unknown;
  off(event: 'upgrade', listener: UpgradeListener): unknown;
}

/** Takes an open socket, the ticket that it came with, and the headers of its request. */
type Accept = (socket: MonitorSocket, ticket: string | undefined, headers: UpgradeHeaders) => Promise<void>;

const NO_PROTOCOL =
  `This address serves WebSockets of the subprotocol ${MONITOR_PROTOCOL}, with a ticket beside it. ` +
  'MonitorClient from @patchcord/monitor/client speaks it.\n';

/**
 * The ticket among the subprotocols that a client offers.
 *
 * @param offered The request's `Sec-WebSocket-Protocol`.
 * @returns undefined when there is none, or when `patchcord.v1` is not offered too.
 */
export function ticketOf(offered: string | undefined): string | undefined {
  const protocols = protocolsOf(offered);
  if (!protocols.includes(MONITOR_PROTOCOL)) return undefined;
  return protocols.find((protocol) => protocol.startsWith(TICKET_PREFIX))?.slice(TICKET_PREFIX.length);
}

/**
 * Answers upgrades of one path.
 *
 * A browser cannot read an HTTP answer to an upgrade, so whoever speaks the subprotocol is let in and then told by a
 * close frame why it has to go; nobody else is let in.
 *
 * @returns a function that stops answering.
 */
export function attachUpgrades(server: UpgradeSource, path: string, accept: Accept): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_CLIENT_MESSAGE,
    perMessageDeflate: false, // costs memory per listener, and µ-law does not shrink
    handleProtocols: () => MONITOR_PROTOCOL,
  });

  const onUpgrade: UpgradeListener = (request, socket, head) => {
    if (pathOf(request.url) !== path) return;
    const offered = request.headers['sec-websocket-protocol'];
    if (!protocolsOf(offered).includes(MONITOR_PROTOCOL)) return refuse(socket);
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      const { origin, host } = request.headers;
      void accept(accepted as MonitorSocket, ticketOf(offered), { origin, host });
    });
  };

  server.on('upgrade', onUpgrade);
  return () => {
    server.off('upgrade', onUpgrade);
    sockets.close();
  };
}

function protocolsOf(offered: string | undefined): string[] {
  return offered?.split(',').map((protocol) => protocol.trim()) ?? [];
}

function pathOf(url: string | undefined): string | undefined {
  return url?.split('?', 1)[0];
}

function refuse(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    'HTTP/1.1 401 Unauthorized\r\n' +
      'Connection: close\r\n' +
      'Content-Type: text/plain; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(NO_PROTOCOL)}\r\n\r\n${NO_PROTOCOL}`,
  );
}
