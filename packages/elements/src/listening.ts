/**
 * Listening to one call at a time: live, or behind from what was received; all of it kept to be seen and saved.
 *
 * @module
 */

import type { Frame } from '@patchcord/core';
import { LiveEdge } from './live-edge.ts';
import { Loudness } from './loudness.ts';
import { Recording } from './recording.ts';
import { Replay } from './replay.ts';
import type { CallSource, SoundOutput } from './sources.ts';

/** Sound that is played again is handed on this often, in milliseconds. */
const PUMP_MS = 40;
/** Closer to the live edge than this, in milliseconds, is live. */
const LIVE_MS = 400;

/** How far listening has come. */
export type ListeningState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'listening' }
  /** No more sound will come: the call is over. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'error'; readonly message: string };

/** What was received of a call. */
export interface Heard {
  readonly recording: Recording;
  readonly loudness: Loudness;
}

/** A way back in the sound: what it plays from, and to. */
interface Behind {
  readonly replay: Replay;
  readonly timer: ReturnType<typeof setInterval>;
  readonly writer: WritableStreamDefaultWriter<Frame>;
}

/** Hears calls. Tells `onChange` when its state changes. */
export class Listening {
  readonly #onChange: () => void;
  #state: ListeningState = { kind: 'idle' };
  #callId: string | undefined;
  #abort: AbortController | undefined;
  #heard: Heard = { recording: new Recording(), loudness: new Loudness() };
  #edge = new LiveEdge();
  #behind: Behind | undefined;
  #restart: (() => void) | undefined;
  #player: SoundOutput | undefined;

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

  /** What was received of this call. Stays when listening stops, until another call is listened to. */
  heardOf(callId: string): Heard | undefined {
    return callId === this.#callId ? this.#heard : undefined;
  }

  /** The live edge by the frames of this call, while they come. */
  edgeOf(callId: string): LiveEdge | undefined {
    return this.isOn(callId) ? this.#edge : undefined;
  }

  /** Where in the call the ear is, while it is behind. In milliseconds. */
  behindAt(callId: string, nowMs: number): number | undefined {
    return callId === this.#callId ? this.#behind?.replay.at(nowMs) : undefined;
  }

  /** Begins to listen. Call it inside a click: the browser lets the player start only there. */
  start(client: Pick<CallSource, 'listen'>, player: SoundOutput, callId: string): void {
    this.#leaveReplay();
    this.#abort?.abort();
    if (this.#callId !== callId) this.#heard = { recording: new Recording(), loudness: new Loudness() };
    this.#callId = callId;
    this.#edge = new LiveEdge();
    this.#player = player;
    this.#restart = () => this.#listen(client, player, callId);
    this.#become({ kind: 'connecting', sinceMs: performance.now() });
    this.#listen(client, player, callId);
  }

  /**
   * Plays from a time of the call, as far as it was received; closer to the live edge than a moment, the call as it is
   * now. Returns whether there is sound to play there.
   */
  seek(callId: string, toMs: number, nowMs: number): boolean {
    const player = this.#player;
    const { recording } = this.#heard;
    const { fromMs, endMs } = recording;
    if (callId !== this.#callId || !player || fromMs === undefined || toMs < fromMs - LIVE_MS) return false;
    if (toMs > endMs - LIVE_MS) {
      this.goLive();
      return true;
    }
    this.#leaveReplay();
    const writer = player.writable.getWriter();
    writer.closed.catch(() => undefined);
    const write = (frame: Frame): void => void writer.write(frame).catch(() => undefined);
    const replay = new Replay(recording, write, toMs, nowMs);
    const timer = setInterval(() => this.#pump(), PUMP_MS);
    this.#behind = { replay, timer, writer };
    void player.start().catch(() => undefined);
    this.#pump();
    this.#onChange();
    return true;
  }

  /** Back to the call as it is now. */
  goLive(): void {
    if (!this.#behind) return;
    this.#leaveReplay();
    if (this.isOn(this.#callId)) this.#restart?.();
    this.#onChange();
  }

  /** Stops listening. What was received stays to be seen. */
  stop(): void {
    this.#leaveReplay();
    this.#abort?.abort();
    this.#abort = undefined;
    if (this.#state.kind !== 'idle') this.#become({ kind: 'idle' });
  }

  #listen(client: Pick<CallSource, 'listen'>, player: SoundOutput, callId: string): void {
    const before = this.#abort;
    const abort = new AbortController();
    this.#abort = abort;
    const fail = (error: unknown): void =>
      this.#fail(abort, error instanceof Error ? error.message : String(error));
    player.start().catch(fail);
    const { signal } = abort;
    player
      .listen(client, callId, { signal, onFrame: (frame) => this.#hear(abort, frame) })
      .then(() => this.#end(abort), fail);
    before?.abort();
  }

  #hear(abort: AbortController, frame: Frame): void {
    if (abort !== this.#abort) return;
    const { loudness, recording } = this.#heard;
    loudness.push(frame);
    recording.push(frame);
    if (frame.kind === 'audio') {
      this.#edge.push(loudness.endMs, performance.now());
      if (this.#state.kind === 'connecting') this.#become({ kind: 'listening' });
    }
  }

  #pump(): void {
    const goesOn = this.#behind?.replay.pump(performance.now()) ?? true;
    if (goesOn) return;
    if (this.isOn(this.#callId)) this.goLive();
    else {
      this.#leaveReplay();
      this.#onChange();
    }
  }

  #leaveReplay(): void {
    if (!this.#behind) return;
    clearInterval(this.#behind.timer);
    this.#behind.writer.abort().catch(() => undefined);
    this.#behind = undefined;
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
    this.#leaveReplay();
    this.#become({ kind: 'error', message });
  }

  #become(state: ListeningState): void {
    this.#state = state;
    this.#onChange();
  }
}
