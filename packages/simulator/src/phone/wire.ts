import type { Clock, FrameFromCall, Track, WireMessage } from '@patchcord/core';
import { captureSocket } from '../capture/socket.ts';
import type { FaultListener } from '../faults/faults.ts';
import { FaultySocket } from '../faults/faulty-socket.ts';
import type { PhoneOptions, PhoneSocket } from './phone.ts';

/** The socket with what the options put in front of it. What faults do is captured, for it is what the app gets. */
export function wireOf(
  socket: PhoneSocket,
  clock: Clock,
  { capture, faults }: PhoneOptions,
  onFault: FaultListener,
): PhoneSocket {
  const captured =
    capture === undefined
      ? socket
      : captureSocket(socket, { ...capture, clock, write: (line) => capture.write(line) });
  return faults === undefined ? captured : new FaultySocket(captured, { faults, clock, onFault });
}

/** Gives a frame's message with its chunk counted as the options want it. */
export type CountChunks = (frame: FrameFromCall, message: WireMessage) => WireMessage;

/** Counts chunks: all tracks together, as the serializer has done, or each track for itself. */
export function countChunks({ chunksPer }: PhoneOptions): CountChunks {
  const chunks: Record<Track, number> = { inbound: 0, outbound: 0 };
  return (frame, message) => {
    if (frame.kind !== 'audio' || chunksPer !== 'track' || typeof message !== 'string') return message;
    return message.replace(/"chunk":"\d+"/, `"chunk":"${++chunks[frame.track]}"`);
  };
}

/** Bytes of a message, at least: text outside ASCII has more. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return (data as { byteLength?: number } | undefined)?.byteLength ?? 0;
}
