/**
 * A supervisor's own voice on its way to the caller: on air only while it is held, and not for long.
 *
 * @module
 */

import type { AudioFrame } from '@patchcord/core';
import type { Barge, TrackLevel } from '@patchcord/monitor/client';

/** Speaking ends by itself after this long, in milliseconds. */
const LONGEST_MS = 60_000;
const FULL_SCALE = 32_768;
const FLOOR_DB = -60;

/** A microphone that is open. */
export interface OpenMicrophone {
  /** What it hears, mono. */
  readonly readable: ReadableStream<AudioFrame>;
  /** Ends it. Idempotent. */
  close(): unknown;
}

/** How far speaking has come. */
export type VoiceState =
  | { readonly kind: 'closed' }
  /** The browser is asked for the microphone. */
  | { readonly kind: 'asking' }
  /** The microphone is open; nothing is sent. */
  | { readonly kind: 'armed'; readonly problem?: string }
  /** Asked for the caller's ear. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'on-air'; readonly sinceMs: number };

const REFUSED = 'The browser did not give the microphone. Allow it in the address bar, then try again.';

/** Arms a microphone, and lets it be heard while it is held. Tells `onChange` when its state changes. */
export class Voice {
  readonly #openMicrophone: () => Promise<OpenMicrophone>;
  readonly #openBarge: () => Barge;
  readonly #onChange: () => void;
  #state: VoiceState = { kind: 'closed' };
  #microphone: OpenMicrophone | undefined;
  #barge: Barge | undefined;
  #writer: WritableStreamDefaultWriter<AudioFrame> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #peak = 0;

  constructor(openMicrophone: () => Promise<OpenMicrophone>, openBarge: () => Barge, onChange: () => void) {
    this.#openMicrophone = openMicrophone;
    this.#openBarge = openBarge;
    this.#onChange = onChange;
  }

  get state(): VoiceState {
    return this.#state;
  }

  /** The loudest since this was last read, in dBFS. */
  readLevel(): TrackLevel | undefined {
    if (!this.#microphone) return undefined;
    const peakDb = Math.max(FLOOR_DB - 1, 20 * Math.log10(this.#peak));
    this.#peak = 0;
    return { peakDb, rmsDb: peakDb };
  }

  /** Asks for the microphone. Nothing is sent. */
  async arm(): Promise<void> {
    if (this.#state.kind !== 'closed') return;
    this.#become({ kind: 'asking' });
    try {
      const microphone = await this.#openMicrophone();
      if (this.#is('asking')) {
        this.#microphone = microphone;
        this.#become({ kind: 'armed' });
        void this.#read(microphone);
      } else microphone.close();
    } catch (error) {
      if (!this.#is('asking')) return;
      const isOurs = error instanceof Error && 'code' in error && typeof error.code === 'string';
      this.#become({ kind: 'armed', problem: isOurs ? error.message : REFUSED });
    }
  }

  /** Goes on air, until `letGo`, 60 s, or the end of connection or call. */
  async hold(): Promise<void> {
    if (this.#state.kind !== 'armed' || !this.#microphone) return;
    const barge = this.#openBarge();
    this.#barge = barge;
    this.#become({ kind: 'opening' });
    const end = (error?: unknown): void => {
      if (barge === this.#barge) this.#off(error instanceof Error ? error.message : undefined);
    };
    barge.closed.then(() => end(), end);
    try {
      await barge.opened;
    } catch (error) {
      end(error);
      return;
    }
    if (barge !== this.#barge) return;
    this.#writer = barge.writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    this.#timer = setTimeout(() => end(), LONGEST_MS);
    this.#become({ kind: 'on-air', sinceMs: performance.now() });
  }

  /** Gives the caller back to the agent at once. */
  letGo(): void {
    if (this.#barge) this.#off();
  }

  /** Lets go, and closes the microphone. */
  close(): void {
    this.letGo();
    this.#microphone?.close();
    this.#microphone = undefined;
    if (this.#state.kind !== 'closed') this.#become({ kind: 'closed' });
  }

  #off(problem?: string): void {
    const barge = this.#barge;
    clearTimeout(this.#timer);
    this.#writer = undefined;
    this.#barge = undefined;
    barge?.close();
    this.#become({ kind: 'armed', ...(problem !== undefined && { problem }) });
  }

  async #read({ readable }: OpenMicrophone): Promise<void> {
    const reader = readable.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const sample of value.samples) this.#peak = Math.max(this.#peak, Math.abs(sample) / FULL_SCALE);
        this.#writer?.write(value).catch(() => undefined);
      }
    } catch {
      // Said below: a microphone that is pulled out ends like one that is closed.
    }
    if (this.#state.kind !== 'closed') {
      this.close();
    }
  }

  #is(kind: VoiceState['kind']): boolean {
    return this.#state.kind === kind;
  }

  #become(state: VoiceState): void {
    this.#state = state;
    this.#onChange();
  }
}
