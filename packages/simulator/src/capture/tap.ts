import { MediaError, systemClock } from '@patchcord/core';
import { WebSocket, WebSocketServer } from 'ws';
import { connectionFailed } from '../phone/connection.ts';
import { MAX_MESSAGE_BYTES } from '../phone/habits.ts';
import { type CaptureOptions, type CaptureSide, createCapture } from './capture.ts';

/** A place between a phone company and an app, where one call is listened in on. */
export interface Tap {
  /** Where the phone company is to connect. */
  readonly url: string;
  /**
   * Waits for a call, passes on what both ends say until one of them closes, and writes it down.
   *
   * @returns when the call is over, or when the tap was closed.
   * @throws {MediaError} `transport-closed` or `refused` when the app cannot be reached.
   */
  capture(options: CaptureOptions & { write(line: string): void }): Promise<void>;
  /** Ends the call, and stops listening. */
  close(): void;
}

/** Bytes that may wait until the app has answered. */
const MAX_WAITING_BYTES = 1024 * 1024;

const NO_STATUS = 1005;
const ABNORMAL_CLOSURE = 1006;
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

/** Opens a tap in front of an app. @throws {MediaError} `invalid-argument` where the port cannot be listened on. */
export async function openTap(
  appUrl: string,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<Tap> {
  const server = new WebSocketServer({
    ...{ port, host, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', ({ message }) => {
      reject(
        new MediaError('invalid-argument', `Port ${port} of ${host} cannot be listened on: ${message}.`),
      );
    });
  });
  const address = server.address();
  const listens = typeof address === 'object' && address !== null ? address.port : port;
  const path = new URL(appUrl).pathname;
  let closeCall = (): void => {};

  return {
    url: `ws://${host}:${listens}${path}`,
    capture: ({ write, ...options }) =>
      new Promise((resolve, reject) => {
        server.once('close', resolve);
        let taken = false;
        server.on('connection', (phone, request) => {
          if (taken) {
            phone.close(TRY_AGAIN_LATER, 'another call is being captured');
            return;
          }
          taken = true;
          const signature = request.headers['x-twilio-signature'];
          const app = new WebSocket(appUrl, {
            ...{ perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES },
            headers: typeof signature === 'string' ? { 'X-Twilio-Signature': signature } : {},
          });
          closeCall = () => {
            phone.close(GOING_AWAY);
            app.close(GOING_AWAY);
          };
          const capture = createCapture(options, systemClock.now());
          const ended = passOn({
            ...{ phone, app },
            onMessage: (from, data) => write(capture.message(from, data, systemClock.now())),
            onClose: (from, code) => write(capture.closed(from, code, systemClock.now())),
          });
          write(capture.head);
          app.once('error', (error) => {
            if (app.readyState === WebSocket.OPEN) return;
            phone.close(GOING_AWAY);
            reject(connectionFailed(appUrl, { message: error.message, error }));
          });
          void ended.then(resolve);
        });
      }),
    close: () => {
      closeCall();
      server.close();
    },
  };
}

interface PassingOn {
  readonly phone: WebSocket;
  readonly app: WebSocket;
  onMessage(from: CaptureSide, data: string | Uint8Array): void;
  onClose(from: CaptureSide, code: number): void;
}

/** Passes messages on both ways. Resolves when either end has closed. */
function passOn({ phone, app, onMessage, onClose }: PassingOn): Promise<void> {
  /** For the app, which has not answered yet. */
  let waiting: (string | Uint8Array)[] = [];
  let waitingBytes = 0;
  app.once('open', () => {
    for (const message of waiting) app.send(message);
    waiting = [];
  });
  phone.on('message', (data, isBinary) => {
    const message = isBinary ? (data as Buffer) : String(data);
    onMessage('phone', message);
    if (app.readyState !== WebSocket.CONNECTING) {
      app.send(message, () => {}); // a message to an end that has gone is told by its close
      return;
    }
    waitingBytes += message.length;
    if (waitingBytes > MAX_WAITING_BYTES) phone.close(GOING_AWAY, 'the app does not answer');
    else waiting.push(message);
  });
  app.on('message', (data, isBinary) => {
    const message = isBinary ? (data as Buffer) : String(data);
    onMessage('app', message);
    phone.send(message, () => {});
  });
  return new Promise((resolve) => {
    let closed = false;
    const pass = (from: CaptureSide, other: WebSocket): void => {
      const end = from === 'phone' ? phone : app;
      end.on('error', () => {}); // `close` follows
      end.once('close', (code) => {
        if (!closed) onClose(from, code);
        closed = true;
        if (code === ABNORMAL_CLOSURE) other.terminate();
        else if (code === NO_STATUS) other.close();
        else other.close(code);
        resolve();
      });
    };
    pass('phone', app);
    pass('app', phone);
  });
}
