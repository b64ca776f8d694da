import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PhoneMessage } from './app.ts';

/** A webhook request as it came. */
export interface AppRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
}

/** What a webhook answers: verbs, or a whole answer. */
export type AppAnswer =
  | string
  | { readonly status?: number; readonly type?: string; readonly body?: string; readonly hangs?: boolean };

/** An app with webhooks and media streams on one port. */
export interface NumberApp {
  /** Such as `http://127.0.0.1:1234`. */
  readonly origin: string;
  /** The same for streams: `ws://127.0.0.1:1234`. */
  readonly streams: string;
  readonly requests: AppRequest[];
  /** Upgrades, and what came on their sockets. */
  readonly upgrades: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  readonly messages: PhoneMessage[];
  readonly sockets: Set<WebSocket>;
  close(): Promise<void>;
}

/** Starts an app; each path of `answers` is a webhook, everything else takes streams. */
export async function startNumberApp(
  answers: (app: NumberApp) => Readonly<Record<string, AppAnswer | ((request: AppRequest) => AppAnswer)>>,
  onMessage: (socket: WebSocket, message: PhoneMessage) => void = () => {},
): Promise<NumberApp> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').split('?');
      const received: AppRequest = {
        method: request.method ?? '',
        path,
        headers: request.headers,
        form: Object.fromEntries(new URLSearchParams(body === '' ? query : body)),
      };
      app.requests.push(received);
      const given = answers(app)[path];
      const answer = typeof given === 'function' ? given(received) : given;
      if (answer === undefined) {
        response.writeHead(404).end();
        return;
      }
      const whole = typeof answer === 'string' ? { body: `<Response>${answer}</Response>` } : answer;
      const {
        status = 200,
        type = 'text/xml',
        body: text = '',
        hangs = false,
      } = whole as Exclude<AppAnswer, string>;
      if (!hangs) response.writeHead(status, { 'content-type': type }).end(text);
    });
  });
  const upgrader = new WebSocketServer({ noServer: true });
  const app: NumberApp = {
    origin: '',
    streams: '',
    requests: [],
    upgrades: [],
    messages: [],
    sockets: new Set(),
    close: () =>
      new Promise((resolve) => {
        for (const socket of app.sockets) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  server.on('upgrade', (request, socket, head) => {
    app.upgrades.push({ path: request.url ?? '', headers: request.headers });
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      app.sockets.add(webSocket);
      webSocket.on('close', () => app.sockets.delete(webSocket));
      webSocket.on('message', (data) => {
        const message = JSON.parse(String(data)) as PhoneMessage;
        app.messages.push(message);
        onMessage(webSocket, message);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(app, { origin: `http://127.0.0.1:${port}`, streams: `ws://127.0.0.1:${port}` });
}
