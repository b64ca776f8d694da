import type { CallSocket } from '@patchcord/core';
import { type ConnectOptions, connect } from '../src/connect.ts';

/** A bare caller that says exactly what a test wants, also what no provider would. */
export interface Caller {
  send(message: unknown): void;
  /** Sends text or bytes as they are. */
  sendRaw(data: string | Uint8Array<ArrayBuffer>): void;
  /** `connected` and `start`. */
  start(parameters?: Record<string, string>): void;
  /** 20 ms of sound, the nth of the stream. */
  media(index: number, code?: number): void;
  stop(): void;
  close(): void;
  /** The payloads heard so far, one byte of each. */
  readonly heard: readonly number[];
  /** Resolves with the next message of an event. */
  next(event: string): Promise<{ readonly [key: string]: unknown }>;
  readonly closed: Promise<{ code?: number; reason?: string }>;
}

export interface CallerOptions extends ConnectOptions {
  /** Whether marks come back, at once, as if everything had been heard. Default: true. */
  readonly echoesMarks?: boolean;
}

export async function call(
  url: string,
  { echoesMarks = true, ...options }: CallerOptions = {},
): Promise<Caller> {
  return callOn(await connect(url, options), echoesMarks);
}

function callOn(socket: CallSocket, echoesMarks: boolean): Caller {
  const streamSid = `MZ${'1'.repeat(32)}`;
  const callSid = `CA${'2'.repeat(32)}`;
  const accountSid = `AC${'3'.repeat(32)}`;
  const heard: number[] = [];
  const waits: { event: string; resolve: (message: { [key: string]: unknown }) => void }[] = [];
  let sequence = 0;

  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { event: string; media?: { payload: string } };
    if (message.media) heard.push(Buffer.from(message.media.payload, 'base64')[0] ?? -1);
    if (echoesMarks && message.event === 'mark') sendInStream(message);
    for (const wait of waits.splice(0)) {
      if (wait.event === message.event) wait.resolve({ ...message });
      else waits.push(wait);
    }
  });
  const closed = new Promise<{ code?: number; reason?: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) =>
      resolve({ ...(code !== undefined && { code }), ...(reason !== undefined && { reason }) }),
    );
  });

  const send = (message: unknown) => socket.send(JSON.stringify(message));
  const sendInStream = (message: object) => {
    sequence += 1;
    send({ ...message, sequenceNumber: String(sequence), streamSid });
  };
  return {
    send,
    sendRaw: (data) => socket.send(data),
    start(customParameters = {}) {
      send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
      const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
      const start = { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters };
      sendInStream({ event: 'start', start });
    },
    media(index, code = 0x80) {
      const payload = Buffer.alloc(160, code).toString('base64');
      sendInStream({
        event: 'media',
        media: { track: 'inbound', chunk: String(index + 1), timestamp: String(index * 20), payload },
      });
    },
    stop: () => sendInStream({ event: 'stop', stop: { accountSid, callSid } }),
    close: () => socket.close(1000),
    heard,
    next: (event) => new Promise((resolve) => waits.push({ event, resolve })),
    closed,
  };
}
