import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as it came. */
export interface StandInRequest {
  readonly requestLine: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is answered: bytes, or how the connection ends without any. */
export type StandInAnswer = { readonly wire: Buffer; readonly delayMs?: number } | 'close';

export interface RestStandIn {
  readonly baseUrl: string;
  readonly requests: readonly StandInRequest[];
  close(): Promise<void>;
}

/**
 * Stands in for a REST interface, byte for byte: the nth request gets the nth answer, further ones the last.
 * Over bare TCP, since some answers are no HTTP at all.
 */
export async function startRestStandIn(answers: readonly StandInAnswer[]): Promise<RestStandIn> {
  const requests: StandInRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      const request = parse(received);
      if (request === undefined) return;
      received = '';
      requests.push(request);
      void answer(socket, answers[requests.length - 1] ?? answers.at(-1) ?? 'close');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(socket: Socket, reply: StandInAnswer): Promise<void> {
  if (reply === 'close') {
    socket.destroy();
    return;
  }
  if (reply.delayMs !== undefined) await sleep(reply.delayMs);
  socket.write(reply.wire);
}

function parse(text: string): StandInRequest | undefined {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  if (rest.length === 0) return undefined;
  const body = rest.join('\r\n\r\n');
  const [requestLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return body.length < Number(headers['content-length'] ?? 0) ? undefined : { requestLine, headers, body };
}
