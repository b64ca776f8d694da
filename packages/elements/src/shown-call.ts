/**
 * The call that the page shows: what happened in it, and who speaks.
 *
 * @module
 */

import type { Track } from '@patchcord/core';
import type { CallEvent, CallSummary } from '@patchcord/monitor/client';
import { readAll } from './read-all.ts';
import type { CallSource } from './sources.ts';
import { Timeline } from './timeline/timeline.ts';

/** Follows the events of one call at a time. Tells `onChange` when something came. */
export class ShownCall {
  readonly #onChange: () => void;
  #call: CallSummary | undefined;
  #timeline = new Timeline();
  #following: AbortController | undefined;
  #speaking: Partial<Record<Track, number>> = {};
  #version = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get call(): CallSummary | undefined {
    return this.#call;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** Changes whenever the timeline does. */
  get version(): number {
    return this.#version;
  }

  /** Since when somebody speaks who has not finished, in milliseconds of the call. */
  get speaking(): Readonly<Partial<Record<Track, number>>> {
    return this.#speaking;
  }

  /** Shows a call, and what happened in it so far. */
  show(call: CallSummary, source: CallSource | undefined): void {
    if (call.callId === this.#call?.callId) return;
    this.clear();
    this.#call = call;
    const following = new AbortController();
    const timeline = this.#timeline;
    this.#following = following;
    if (!source) return;
    void readAll(source.events(call.callId), following.signal, (event: CallEvent) => {
      if (timeline.push(event)) this.changed();
    });
  }

  /** Takes over what is known of the call by now. `nowMs` is the call's time. */
  update(call: CallSummary, nowMs: number): void {
    this.#call = call;
    const speaking: Partial<Record<Track, number>> = {};
    for (const track of call.speaking) {
      const saidMs = this.#timeline.wordsSinceMs(track) ?? nowMs;
      speaking[track] = Math.min(saidMs, this.#speaking[track] ?? nowMs);
    }
    this.#speaking = speaking;
  }

  /** Something was written into the timeline. */
  changed(): void {
    this.#version++;
    this.#onChange();
  }

  /** Shows nothing. */
  clear(): void {
    this.#following?.abort();
    this.#call = undefined;
    this.#timeline = new Timeline();
    this.#speaking = {};
    this.#version++;
  }
}
