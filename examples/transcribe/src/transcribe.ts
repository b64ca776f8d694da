/**
 * Writes down what a caller says, by a recogniser behind a WebSocket. Its wire is the usual one: 16-bit linear samples at
 * 16 kHz as binary messages, an end in JSON, and `{ "text", "final" }` in return.
 */

import { bytesFromSamples, type Call } from '@patchcord/core';
import { connect } from '@patchcord/node';

/** Something that was recognised. */
export interface Words {
  readonly text: string;
  /** Whether the recogniser will not change its mind any more. */
  readonly final: boolean;
  /** When it came, on the call's timeline, in milliseconds. */
  readonly atMs: number;
}

/** Where the recogniser is, and who asks. */
export interface RecogniserOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest wait for the last words once the caller has hung up, in milliseconds. */
const LAST_WORDS_MS = 3000;

/** Resolves when the call is over and the last words came. Rejects when the recogniser cannot be reached, or leaves. */
export async function transcribe(
  call: Call,
  recogniser: RecogniserOptions,
  onWords: (words: Words) => void,
): Promise<void> {
  const socket = await connect(recogniser.url, { headers: recogniser.headers ?? {} });
  const left = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  socket.addEventListener('message', ({ data }) => {
    const words = parseWords(String(data));
    if (words) onWords({ ...words, atMs: call.timestampMs });
  });
  call.observe((frame, phase) => {
    if (phase !== 'received' || frame.kind !== 'audio' || frame.track !== 'inbound') return;
    socket.send(bytesFromSamples(frame.samples)); // resampled already: the call was opened at 16 kHz
  });

  const first = await Promise.race([
    call.closed.then(() => 'call' as const),
    left.then(() => 'recogniser' as const),
  ]);
  if (first === 'recogniser') throw new Error('The recogniser closed its socket. Look at its log.');
  socket.send(JSON.stringify({ type: 'end' }));
  const timer = setTimeout(() => socket.close(), LAST_WORDS_MS);
  await left;
  clearTimeout(timer);
}

/** What a message of the recogniser says; undefined where it says no words. */
function parseWords(message: string): { text: string; final: boolean } | undefined {
  try {
    const { text, final } = JSON.parse(message) ?? {};
    return typeof text === 'string' ? { text, final: final === true } : undefined;
  } catch {
    return undefined;
  }
}
