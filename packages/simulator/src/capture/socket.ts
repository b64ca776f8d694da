import type { Clock } from '@patchcord/core';
import type { PhoneSocket } from '../phone/phone.ts';
import { type CaptureOptions, createCapture } from './capture.ts';

/** Options of a captured socket. */
export interface CaptureSocketOptions extends CaptureOptions {
  readonly clock: Clock;
  /** Takes the next line, without its line feed. What it throws is thrown on to whoever sends. */
  write(line: string): void;
}

const ABNORMAL_CLOSURE = 1006;

/** A phone's socket of which all that passes is written down. */
export function captureSocket(
  socket: PhoneSocket,
  { clock, write, ...options }: CaptureSocketOptions,
): PhoneSocket {
  const capture = createCapture(options, clock.now());
  write(capture.head);
  let closed = false;
  const end = (from: 'phone' | 'app', code: number): void => {
    if (closed) return;
    closed = true;
    write(capture.closed(from, code, clock.now()));
  };
  socket.addEventListener('message', ({ data }) => {
    if (!closed) write(capture.message('app', data, clock.now()));
  });
  socket.addEventListener('close', ({ code }) => end('app', code ?? ABNORMAL_CLOSURE));

  const { terminate, pause, resume, ping } = socket;
  return {
    get readyState() {
      return socket.readyState;
    },
    get bufferedAmount() {
      return socket.bufferedAmount ?? 0;
    },
    send(data) {
      write(capture.message('phone', data, clock.now()));
      socket.send(data);
    },
    close(code, reason) {
      socket.close(code, reason); // first: it may refuse the code
      end('phone', code ?? ABNORMAL_CLOSURE);
    },
    ...(terminate && {
      terminate: () => {
        end('phone', ABNORMAL_CLOSURE);
        terminate.call(socket);
      },
    }),
    ...(pause && { pause: () => pause.call(socket) }),
    ...(resume && { resume: () => resume.call(socket) }),
    ...(ping && { ping: () => ping.call(socket) }),
    addEventListener: socket.addEventListener.bind(socket) as PhoneSocket['addEventListener'],
  };
}
