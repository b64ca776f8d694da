/**
 * Listening to one call at a time: from the gateway through the tap that draws it into the player.
 *
 * @module
 */

import type { Frame } from '@patchcord/core';
import { LiveEdge } from './live-edge.ts';
import { Loudness } from './loudness.ts';
import type { CallSource, SoundOutput } from './sources.ts';

/** How far listening has come. */
export type ListeningState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'listening' }
  /** No more sound will come: the call is over. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'error'; readonly message: string };

/** Hears calls. Tells `onChange` when its state changes. */
export class Listening {
  readonly #onChange: () => void;
  #state: ListeningState = { kind: 'idle' };
  #callId: string | undefined;
  #abort: AbortController | undefined;
  #loudness = new Loudness();
  #edge = new LiveEdge();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get state(): ListeningState {
    return this.#state;
  }

  /** The call that is, or was last, listened to. */
  get callId(): string | undefined {
    return this.#callId;
  }

  /** Whether this call is on its way to the ear. */
  isOn(callId: string | undefined): boolean {
    return (
      callId !== undefined &&
      callId === this.#callId &&
      (this.#state.kind === 'connecting' || this.#state.kind === 'listening')
    );
  }

  /** What was received of this call since listening began. */
  loudnessOf(callId: string): Loudness | undefined {
    return callId === this.#callId ? this.#loudness : undefined;
  }

  /** The live edge by the frames of this call, while they come. */
  edgeOf(callId: string): LiveEdge | undefined {
    return this.isOn(callId) ? this.#edge : undefined;
  }

  /** Begins to listen. Call it inside a click: the browser lets the player start only there. */
  start(client: CallSource, player: SoundOutput, callId: string): void {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#callId = callId;
    this.#loudness = new Loudness();
    this.#edge = new LiveEdge();
    this.#become({ kind: 'connecting', sinceMs: performance.now() });
    const fail = (error: unknown): void =>
      this.#fail(abort, error instanceof Error ? error.message : String(error));
    player.start().catch(fail);
    const tap = new TransformStream<Frame, Frame>({
      transform: (frame, controller) => {
        this.#hear(abort, frame);
        controller.enqueue(frame);
      },
    });
    client
      .listen(callId)
      .pipeThrough(tap)
      .pipeTo(player.writable, { signal: abort.signal })
      .then(() => this.#end(abort), fail);
  }

  /** Stops listening. What was received stays to be seen. */
  stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    if (this.#state.kind !== 'idle') this.#become({ kind: 'idle' });
  }

  #hear(abort: AbortController, frame: Frame): void {
    if (abort !== this.#abort) return;
    this.#loudness.push(frame);
    if (frame.kind === 'audio') {
      this.#edge.push(this.#loudness.endMs, performance.now());
      if (this.#state.kind === 'connecting') this.#become({ kind: 'listening' });
    }
  }

  #end(abort: AbortController): void {
    if (abort !== this.#abort) return;
    this.#abort = undefined;
    this.#become({ kind: 'ended' });
  }

  #fail(abort: AbortController, message: string): void {
    if (abort !== this.#abort) return;
    this.#abort = undefined;
    abort.abort();
    this.#become({ kind: 'error', message });
  }

  #become(state: ListeningState): void {
    this.#state = state;
    this.#onChange();
  }
}
