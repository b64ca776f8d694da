import type { Clock, Track } from '@patchcord/core';
import type { CaptureOptions } from '../capture/capture.ts';
import type { Faults } from '../faults/faults.ts';
import type { PhoneEnd, PhoneEvent, PhoneEventMap } from './events.ts';
import type { ProviderHabits } from './habits.ts';
import type { Sound } from './sound.ts';
import type { PhoneWarning } from './warnings.ts';

/** Who calls, and how the line behaves. */
export interface PhoneOptions extends ProviderHabits {
  /** The caller's number: the custom parameter `from`. Twilio's `start` has no field for it. */
  readonly from?: string | undefined;
  /** The called number: the custom parameter `to`. */
  readonly to?: string | undefined;
  /** More custom parameters, as `<Parameter>` gives them. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Default: random, and as Twilio's look. */
  readonly callSid?: string | undefined;
  readonly streamSid?: string | undefined;
  readonly accountSid?: string | undefined;
  /** Whether the app may only listen, as with `<Start><Stream>`. Default: false, as with `<Connect><Stream>`. */
  readonly unidirectional?: boolean | undefined;
  /** What the app gets. Other than `['inbound']`, the default, only on a unidirectional stream. */
  readonly tracks?: readonly Track[] | undefined;
  /** RMS of the noise on the caller's line, in dB below full scale, such as -65. Default: digital silence. */
  readonly lineNoiseDb?: number | undefined;
  /**
   * How long audio waits on its way to the ear after silence, in milliseconds. Default: 0. Some 60 keep what a busy
   * machine sends frame by frame free of gaps.
   */
  readonly jitterBufferMs?: number | undefined;
  /** How much of what is heard is kept, in milliseconds from the start. Default: one hour. */
  readonly keepHeardMs?: number | undefined;
  /** Writes down what passes on the socket, both ways: a line of NDJSON for each message. */
  readonly capture?: (CaptureOptions & { write(line: string): void }) | undefined;
  /** What goes wrong on this line, on purpose. Default: nothing. Each fault is told among the events. */
  readonly faults?: Faults | undefined;
  /** Default: the system's. A virtual clock needs a link within the process. */
  readonly clock?: Clock | undefined;
  /** Longest wait for the connection, in milliseconds. Default: 10 000. */
  readonly connectTimeoutMs?: number | undefined;
}

/** How long to wait for something to be heard. */
export interface WaitOptions {
  /** Longest wait, in milliseconds. */
  readonly timeoutMs?: number;
}

/** A phone with a call on the line. */
export interface Phone {
  readonly callSid: string;
  readonly streamSid: string;
  /** Milliseconds since the start of the stream; stands still once the call is over. */
  readonly timestampMs: number;
  /**
   * Says a sound, after those that are still being said.
   *
   * @param options.track The track that carries it. Default: `inbound`, the caller's.
   * @returns when its last sample is on the line. Rejects with a `MediaError`: `transport-closed` when the call is
   * over before; `invalid-argument` for what is no sound; `unsupported-frame` for a track that this stream has not;
   * `limit-exceeded` when an hour of sound waits. Need not be awaited.
   */
  say(sound: Sound, options?: { readonly track?: Track }): Promise<void>;
  /**
   * Presses keys, one every 200 ms: `0`-`9`, `*`, `#`, `A`-`D`.
   *
   * @returns when the last key was sent. Rejects with a `MediaError`: `invalid-argument` for what is no key,
   * `unsupported-frame` on a unidirectional stream, `transport-closed` when the call is over. Need not be awaited.
   */
  press(keys: string): Promise<void>;
  /**
   * Hangs up: `stop`, then the socket closes. Resolves when it has; harmless when the call is over.
   *
   * @param options.by `app` where the app had the call ended some other way, such as over REST. Default: `caller`.
   */
  hangUp(options?: { readonly by?: 'caller' | 'app' }): Promise<PhoneEnd>;
  /** Breaks the line: the socket closes without `stop`. */
  drop(): Promise<PhoneEnd>;
  /** What the caller's ear got so far, at 8 kHz, from the start of the stream: silence where nothing played. A view. */
  readonly heard: Int16Array<ArrayBuffer>;
  /** What happened, oldest first. Beyond 100 000 the oldest are forgotten. */
  readonly events: readonly PhoneEvent[];
  /** What the app did wrong: each of Twilio's codes once. */
  readonly warnings: readonly PhoneWarning[];
  /** Messages of the app that were ignored because something was wrong with them. */
  readonly rejectedMessages: number;
  /** Settles when the call is over. Never rejects. */
  readonly closed: Promise<PhoneEnd>;
  /** Waits, by the phone's clock, or until the call is over. Never rejects. */
  wait(milliseconds: number): Promise<void>;
  /**
   * Waits until the caller hears something from now on.
   *
   * @returns when the sound began, on the stream's timeline. Rejects with a `MediaError`: `timeout` (default 10 s),
   * `transport-closed`. Need not be awaited.
   */
  waitForSpeech(options?: WaitOptions): Promise<number>;
  /**
   * Waits until the caller has heard nothing for a while: at once where that is so already.
   *
   * @param options.ms How long the silence has to be. Default: 600.
   * @returns when the silence began, on the stream's timeline. Rejects as `waitForSpeech` does (default 60 s).
   */
  waitForSilence(options?: WaitOptions & { readonly ms?: number }): Promise<number>;
  /**
   * Waits until a condition holds; it is looked at every 20 ms.
   *
   * @param options.what What is waited for, for the error: 'the second prompt'.
   * @returns when it holds. Rejects as `waitForSpeech` does, and with what the condition throws. Need not be awaited.
   */
  waitUntil(condition: () => boolean, options?: WaitOptions & { readonly what?: string }): Promise<void>;
  addEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void;
  removeEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void;
}

/** The part of the standard WebSocket that a phone needs. It may be connecting or open. */
export interface PhoneSocket {
  readonly readyState: number;
  readonly bufferedAmount?: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Breaks the connection, with no closing handshake. Without it, a fault that breaks it closes it. */
  terminate?(): void;
  /** Stops reading, and reads again. */
  pause?(): void;
  resume?(): void;
  /** Sends a ping. */
  ping?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}
