import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { MediaError } from '@patchcord/core';

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? url;
}

/** Answers an upgrade with words, and lets the connection go. */
export function refuse(socket: Duplex, status: number, words: string): void {
  const body = `${words}\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}

/** Why an upgrade is refused, and with which HTTP status. */
export class Refusal extends MediaError {
  readonly status: number;

  constructor(status: number, code: MediaError['code'], message: string) {
    super(code, message);
    this.status = status;
  }
}
