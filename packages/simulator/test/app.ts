import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A message of the phone's, as far as tests look at it. */
export interface PhoneMessage {
  readonly event: string;
  readonly streamSid: string;
  readonly media: { readonly payload: string };
}

/** An app on a real socket. */
export interface App {
  /** Where to dial. */
  readonly url: string;
  /** The upgrade requests that came. */
  readonly requests: readonly IncomingMessage[];
  /** What the phones sent. */
  readonly messages: readonly PhoneMessage[];
  close(): Promise<void>;
}

/** Starts an app that answers each message. */
export async function startApp(
  answer: (socket: WebSocket, message: PhoneMessage) => void = () => {},
): Promise<App> {
  const requests: IncomingMessage[] = [];
  const messages: PhoneMessage[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, request) => {
    requests.push(request);
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as PhoneMessage;
      messages.push(message);
      answer(socket, message);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/media`,
    requests,
    messages,
    close: () =>
      new Promise((resolve) => {
        for (const socket of server.clients) socket.terminate();
        server.close(() => resolve());
      }),
  };
}

/** Says back what it hears. */
export function echo(socket: WebSocket, { event, streamSid, media }: PhoneMessage): void {
  if (event !== 'media') return;
  socket.send(JSON.stringify({ event, streamSid, media: { payload: media.payload } }));
}
