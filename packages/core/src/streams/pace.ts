import { MediaError } from '../errors.ts';
import { durationMs, type Frame, type Track } from '../frames/frame.ts';
import { type Clock, systemClock } from './clock.ts';

/** Options of `PaceStream`. */
export interface PaceStreamOptions {
  /** Audio allowed ahead of real time, in milliseconds: 0 to 60 000. Default: 100. */
  readonly leadMs?: number;
  /** Default: the runtime's timers. */
  readonly clock?: Clock;
  /** Ends the wait in progress and errors the stream with the signal's reason. */
  readonly signal?: AbortSignal;
}

const MOST_LEAD_MS = 60_000;

/**
 * Holds audio frames back so that they leave no faster than they play, each track by itself. A frame that comes late
 * leaves at once, and time is counted from there.
 *
 * Other frames leave at once, yet never overtake audio. `clear` ends what was to be played: audio behind it is
 * counted from there.
 *
 * A call needs none of this: it paces what it sends, and `clear` does not wait behind audio there.
 */
export class PaceStream<F extends Frame = Frame> extends TransformStream<F, F> {
  /** @throws {MediaError} `invalid-argument` */
  constructor({ leadMs = 100, clock = systemClock, signal }: PaceStreamOptions = {}) {
    const engine = createPacer({ leadMs });
    super({
      async transform(frame, controller) {
        const ms = engine.push(frame, clock.now());
        if (ms > 0) await wait(ms, clock, signal);
        signal?.throwIfAborted();
        controller.enqueue(frame);
      },
    });
  }
}

/** The engine of `PaceStream`: tells how long each frame is to wait. */
export interface Pacer {
  /** Takes the next frame, at the clock's time. Returns milliseconds. */
  push(frame: Frame, nowMs: number): number;
}

export function createPacer({ leadMs }: { readonly leadMs: number }): Pacer {
  if (!(leadMs >= 0 && leadMs <= MOST_LEAD_MS)) {
    throw new MediaError(
      'invalid-argument',
      `leadMs is ${String(leadMs)}, expected 0 to ${MOST_LEAD_MS} milliseconds`,
    );
  }
  /** When all of a track that has left will have been played. Absolute, so that late timers do not add up. */
  const playedMs = new Map<Track, number>();

  return {
    push(frame, nowMs) {
      if (frame.kind === 'clear') playedMs.clear();
      if (frame.kind !== 'audio') return 0;
      const startMs = Math.max(playedMs.get(frame.track) ?? nowMs, nowMs);
      playedMs.set(frame.track, startMs + durationMs(frame));
      return Math.max(0, startMs - leadMs - nowMs);
    },
  };
}

function wait(milliseconds: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done, { once: true });
  });
}
