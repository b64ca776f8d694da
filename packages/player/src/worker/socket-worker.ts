/**
 * The worker: holds the page's sockets to its hub, so that sound is on its way to the audio thread whatever the page does.
 *
 * @module
 */

import type { FromWorker, ToWorker } from '../worker-messages.ts';
import { SoundRoutes } from './sound-routes.ts';

/** Longest wait for the hub's goodbye before the worker ends, in milliseconds. */
const QUIT_MS = 1000;

/** Sound that is spoken to a call is dropped while this much waits to be sent, in bytes: two seconds of it. */
const MAX_BUFFERED = 16 * 1024;

declare const self: DedicatedWorkerGlobalScope;

const sockets = new Map<number, WebSocket>();
const routes = new SoundRoutes();
let quitting = false;

function tell(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

function open(id: number, url: string, protocols: readonly string[]): void {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, [...protocols]);
  } catch {
    tell({ kind: 'refused', socket: id });
    return;
  }
  sockets.set(id, socket);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => tell({ kind: 'opened', socket: id });
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string') {
      tell({ kind: 'message', socket: id, data });
      return;
    }
    routes.received(id, new Uint8Array(data));
    tell({ kind: 'message', socket: id, data }, [data]);
  };
  socket.onclose = ({ code, reason, wasClean }) => {
    sockets.delete(id);
    routes.closed(id);
    tell({ kind: 'closed', socket: id, code, reason, wasClean });
    if (quitting && sockets.size === 0) self.close();
  };
}

function quit(): void {
  quitting = true;
  if (sockets.size === 0) self.close();
  for (const socket of sockets.values()) socket.close();
  setTimeout(() => self.close(), QUIT_MS);
}

self.onmessage = ({ data: message }: MessageEvent<ToWorker>) => {
  switch (message.kind) {
    case 'open':
      open(message.socket, message.url, message.protocols);
      return;
    case 'send': {
      const { socket, data } = message;
      const open = sockets.get(socket);
      if (typeof data === 'string') routes.asked(socket, data);
      else if ((open?.bufferedAmount ?? 0) > MAX_BUFFERED) return;
      open?.send(data);
      return;
    }
    case 'close':
      sockets.get(message.socket)?.close(message.code, message.reason);
      return;
    case 'route':
      routes.add(message.route, message.callId, message.port);
      return;
    case 'unroute':
      routes.remove(message.route, message.ended);
      return;
    case 'quit':
      quit();
      return;
    default:
      message satisfies never;
  }
};

tell({ kind: 'ready' });
