/**
 * Acting on a call that this gateway has: ending it, sending its app a text, speaking in the app's place.
 *
 * @module
 */

import { type Call, type Clock, MediaError, mulaw, type Takeover } from '@patchcord/core';
import type { Actor, BargeEvents, Barging, SpokenAudio } from './followed-call.ts';

/** Longest wait for a call to end, or an app to take a text, in milliseconds: clients wait 10 s for the answer. */
export const CONTROL_MS = 9000;

/** Of a voice that comes faster than it is spoken, as after a stall, this much is kept: the caller hears it late. In milliseconds. */
const MAX_AHEAD_MS = 500;

/** What an app does with a text for one of its calls. Rejecting or throwing says that it could not. */
export type SayHandler = (text: string, by: Pick<Actor, 'subject'>) => unknown;

/** Ends a call. Resolves to what went wrong, in words, if something did. */
export function hangUp(call: Call, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (failure?: string): void => {
      cancel();
      call.removeEventListener('warning', onWarning);
      resolve(failure);
    };
    const onWarning: Parameters<typeof call.addEventListener>[1] = ({ warning }) => {
      if (warning.code === 'hang-up-failed') settle(warning.message);
    };
    const cancel = clock.after(CONTROL_MS, () =>
      settle(`Could not hang up. The call did not end in ${CONTROL_MS / 1000} s. It may still be up.`),
    );
    call.addEventListener('warning', onWarning);
    call.end({ when: 'now' }).then(
      () => settle(),
      () => settle('Could not hang up. The call is still up.'),
    );
  });
}

/** Hands a text to the app. Resolves to what went wrong, in words, if something did. */
export function say(
  handler: SayHandler | undefined,
  text: string,
  { subject }: Actor,
  clock: Clock,
): Promise<string | undefined> {
  if (!handler) return Promise.resolve('The app of this call takes no texts. Give hub.watch an onSay.');
  return new Promise((resolve) => {
    const settle = (failure?: string): void => {
      cancel();
      resolve(failure);
    };
    const cancel = clock.after(CONTROL_MS, () =>
      settle(`The app did not take the text in ${CONTROL_MS / 1000} s. It may still do.`),
    );
    new Promise((taken) => taken(handler(text, { ...(subject !== undefined && { subject }) }))).then(
      () => settle(),
      () => settle('The app could not take the text.'),
    );
  });
}

/** Speaks in the app's place, from the first sound on. */
export class CallBarge implements Barging {
  readonly #call: Call;
  readonly #clock: Clock;
  readonly #events: BargeEvents;
  #takeover: Takeover | undefined;
  #stopped = false;
  #playedUntilMs = 0;
  #droppedMs = 0;
  readonly #onStop: () => void;

  /** @param onStop is told once, when it is over for any reason. */
  constructor(call: Call, clock: Clock, events: BargeEvents, onStop: () => void) {
    this.#call = call;
    this.#clock = clock;
    this.#events = events;
    this.#onStop = onStop;
  }

  /** Sound that was not played because it came faster than it was spoken, in milliseconds. */
  get droppedMs(): number {
    return this.#droppedMs;
  }

  write({ sampleRate, codes }: SpokenAudio): void {
    if (this.#stopped) return;
    const durationMs = (1000 * codes.length) / sampleRate;
    const now = this.#clock.now();
    if (this.#playedUntilMs + durationMs - now > MAX_AHEAD_MS) {
      this.#droppedMs += durationMs;
      return;
    }
    try {
      this.#takeover ??= this.#call.takeOver();
      const samples = mulaw.decode(codes);
      this.#takeover.write({
        kind: 'audio',
        samples,
        sampleRate,
        channels: 1,
        timestampMs: 0,
        track: 'outbound',
      });
      this.#playedUntilMs = Math.max(this.#playedUntilMs, now) + durationMs;
    } catch (error) {
      this.stop();
      this.#events.failed(error instanceof MediaError ? error.message : 'The call does not take your voice.');
    }
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#takeover?.release();
    this.#onStop();
  }

  /** The call is over. */
  over(): void {
    if (this.#stopped) return;
    this.stop();
    this.#events.over();
  }
}
