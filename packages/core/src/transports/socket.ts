import { MediaError } from '../errors.ts';
import type { WireMessage } from '../serializers/serializer.ts';
import type { CallSocket } from './call.ts';

/** `WebSocket.OPEN`, by number: not every runtime has the global. */
const OPEN = 1;

/** `WebSocket.CLOSED`. */
export const CLOSED = 3;

/** Close codes of RFC 6455 §7.4.1. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_POLICY = 1008;

const LONGEST_REASON = 123;

export function isOpen(socket: CallSocket): boolean {
  return socket.readyState === OPEN;
}

/** Closes a socket whatever its state. */
export function closeSocket(socket: CallSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Closed already, or a runtime that refuses the code: nothing is left to do.
  }
}

/** The reason of a close in at most 123 bytes, which is all that RFC 6455 has room for. */
export function closeReason(words: string): string {
  const ascii = words.replace(/[^\x20-\x7e]/g, '?');
  return ascii.length <= LONGEST_REASON ? ascii : `${ascii.slice(0, LONGEST_REASON - 3)}...`;
}

/** The data of a message event as text or bytes, whatever the runtime hands over. */
export function wireMessage(data: unknown): WireMessage {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) return new Uint8Array(data);
  throw new MediaError(
    'malformed-message',
    'A message came that is neither text nor bytes. Set `binaryType` of the socket to "arraybuffer".',
  );
}
