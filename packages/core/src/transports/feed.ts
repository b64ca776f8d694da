import { MediaError } from '../errors.ts';
import type { AudioFrame } from '../frames/frame.ts';
import type { Clock } from '../streams/clock.ts';
import type { PlaySource } from './call.ts';
import type { Utterance } from './utterance.ts';

type Sound = AudioFrame | Int16Array<ArrayBuffer>;

/** How often a full utterance is looked at again. */
const POLL_MS = 50;

/** What `feed` needs to know. */
export interface FeedOptions {
  /** Sound that may wait in the utterance before the source is asked for more, in milliseconds. */
  readonly aheadMs: number;
  readonly clock: Clock;
  /** The source failed: what it gave so far is played. */
  failed(message: string): void;
}

/** Writes a source to an utterance, no faster than it is sent, and ends it. Lets go of the source when it is interrupted. */
export function feed(utterance: Utterance, source: PlaySource, options: FeedOptions): void {
  if (source instanceof Int16Array || 'kind' in source) {
    if (utterance.write(source)) utterance.end();
    else utterance.interrupt();
    return;
  }
  utterance.sourced = true;
  void drain(utterance, iterate(source), options);
}

async function drain(
  utterance: Utterance,
  sounds: AsyncIterator<Sound> | Iterator<Sound>,
  { aheadMs, clock, failed }: FeedOptions,
): Promise<void> {
  // Whoever is waiting for the source when the playback is interrupted lets go of it at once.
  const over = utterance.done.then((): IteratorResult<Sound> => ({ done: true, value: undefined }));
  try {
    while (!utterance.settled) {
      if (utterance.queuedMs > aheadMs) {
        await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
        continue;
      }
      const next = sounds.next();
      const { done, value } = await Promise.race([next, over]);
      if (done || !utterance.write(value)) break;
    }
  } catch (error) {
    failed(
      `A source that was being played failed, so the caller heard only its beginning: ${describe(error)}. See to the source.`,
    );
  }
  utterance.end();
  try {
    await sounds.return?.();
  } catch {
    // A source that fails while it is let go has nothing more to say.
  }
}

/** The kind of an error. Its text may hold what must not be logged, except where it is ours. */
function describe(error: unknown): string {
  if (error instanceof MediaError) return error.message;
  return error instanceof Error ? error.name : typeof error;
}

function iterate(source: Exclude<PlaySource, Sound>): AsyncIterator<Sound> | Iterator<Sound> {
  if (source instanceof ReadableStream) return read(source);
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/** A stream as an iterator: not every browser has one of its own. */
function read(stream: ReadableStream<Sound>): AsyncIterator<Sound> {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done: false, value };
    },
    async return() {
      await reader.cancel();
      reader.releaseLock();
      return { done: true, value: undefined };
    },
  };
}
