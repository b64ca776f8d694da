import type { ResamplerQuality } from '../dsp/resampler.ts';
import type { AudioFrame, Frame, FrameFromCall, StartFrame } from '../frames/frame.ts';
import type { Clock } from '../streams/clock.ts';

/** The part of the standard WebSocket that a call needs: Node's `ws`, Deno's, Bun's, Cloudflare's and a browser's have it. */
export interface CallSocket {
  readonly readyState: number;
  /** Bytes that wait to be sent. Counted as 0 where a runtime does not have it. */
  readonly bufferedAmount?: number;
  binaryType?: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}

/** What ends a call that only its provider can end, such as Twilio's REST interface. */
export interface CallControl {
  /** Ends the call. "Already ended" is success. */
  hangUp(callId: string): Promise<void>;
  /** True once a transfer or an update has begun: the call is then no longer ours to hang up. */
  released?(callId: string): boolean;
}

/** Where an observed frame is on its way. */
export type Phase = 'received' | 'sent' | 'played' | 'cleared';

/**
 * Is told each frame as it passes: `received` from the provider, `sent` to it, then `played` to the caller's
 * ear or `cleared` before it got there. In `played` and `cleared`, `timestampMs` is the time at the ear, on
 * the timeline of the inbound track. Called synchronously; samples must not be changed; exceptions are
 * caught and counted.
 */
export type CallObserver = (frame: Frame, phase: Phase) => void;

/** What a warning is about. Each has a cause and a cure, in its message. */
export type CallWarningCode =
  | 'malformed-message'
  | 'one-way-stream'
  | 'lost-audio'
  | 'unread-audio'
  | 'inactive'
  | 'queue-full'
  | 'playback-waits'
  | 'marks-missing'
  | 'not-pcm'
  | 'not-sent'
  | 'hang-up-failed'
  | 'source-failed'
  | 'handler-failed'
  | 'handler-returned-early'
  | 'observer-failed';

/** Something that would otherwise fail silently. */
export interface CallWarning {
  readonly code: CallWarningCode;
  /** Cause, then cure, in words. */
  readonly message: string;
  /** On the timeline of the inbound track, in milliseconds. */
  readonly timestampMs: number;
}

/** The event that `call.addEventListener('warning', ...)` hears. */
export interface CallWarningEvent extends Event {
  readonly warning: CallWarning;
}

/** Why a call is over. */
export type CallEndReason =
  /** We ended it: `end()`, or the handler was done. */
  | 'ended'
  /** The provider's `stop`: the caller hung up, or the stream was stopped. */
  | 'stopped'
  /** The socket closed without `stop`. */
  | 'socket-closed'
  /** Nothing came for `idleTimeoutMs`. */
  | 'idle'
  /** `maxCallMs` was reached. */
  | 'too-long'
  /** The peer stopped reading. */
  | 'peer-stalled'
  /** `signal` fired. */
  | 'aborted'
  /** The handler threw or rejected. */
  | 'handler-failed'
  /** The call never opened: see `error`. */
  | 'not-opened';

/** What is known about a call that is over. */
export interface CallEnd {
  readonly reason: CallEndReason;
  /** The same in words. */
  readonly message: string;
  /** How long the stream was up, in milliseconds. */
  readonly durationMs: number;
  /** What went wrong, where something did. */
  readonly error?: unknown;
}

/** What became of a playback. */
export interface PlaybackEnd {
  readonly outcome: 'played' | 'cleared' | 'call-ended';
  /** Whole milliseconds of the playback's own source that the caller heard. */
  readonly heardMs: number;
  /** Whole milliseconds of the playback's own source that were sent. */
  readonly sentMs: number;
  /** Bound on the error of `heardMs`, in milliseconds. */
  readonly errorMs: number;
}

/** Something being played to the caller. */
export interface Playback {
  /** Whole milliseconds of the playback's own source heard so far, rounded down, without padding. */
  readonly heardMs: number;
  /** Whole milliseconds of the playback's own source sent so far. */
  readonly sentMs: number;
  /** Settles when all was heard, or it was interrupted, or the call ended. Never rejects. */
  readonly done: Promise<PlaybackEnd>;
  /** Ends this playback. Later ones are heard whole. */
  interrupt(): PlaybackEnd;
}

/** A playback that the app writes piece by piece. */
export interface OpenPlayback extends Playback {
  /** Adds sound. False after an interruption or the end; never a throw for that. The samples are given away. */
  write(sound: AudioFrame | Int16Array<ArrayBuffer>): boolean;
  /** No more sound will come. */
  end(): void;
}

/** One piece of sound, or many. */
export type PlaySource =
  | AudioFrame
  | Int16Array<ArrayBuffer>
  | Iterable<AudioFrame | Int16Array<ArrayBuffer>>
  | AsyncIterable<AudioFrame | Int16Array<ArrayBuffer>>
  | ReadableStream<AudioFrame | Int16Array<ArrayBuffer>>;

/** Options of `play`. */
export interface PlayOptions {
  /** Rate of raw samples, in Hz. Default: the call's. */
  readonly sampleRate?: number;
}

/** What `interrupt` cut off: empty when the caller had heard everything. */
export interface Interruption {
  readonly playbacks: readonly {
    readonly playback: Playback;
    readonly heardMs: number;
    readonly sentMs: number;
  }[];
}

/** Somebody else's way to the caller's ear, in the app's place. */
export interface Takeover {
  /** Lets the caller hear sound. Takes the samples. False once it is over, and where `send` would be. */
  write(sound: AudioFrame): boolean;
  /** Gives the call back to the app. What was written is heard. Idempotent. */
  release(): void;
}

/** Options of `end`. */
export interface EndOptions {
  /** `played`: after all that was written has been heard. `now`: at once. Default: `played`. */
  readonly when?: 'played' | 'now';
  /** Longest wait for `played`, in milliseconds. Default: what is unheard, and 10 s. */
  readonly timeoutMs?: number;
}

/** Counters of a call. Audio is counted in milliseconds. */
export interface CallStats {
  /** Messages that came, of any kind. */
  readonly messagesReceived: number;
  /** Messages to the provider: audio, marks, clears and those of the app. */
  readonly messagesSent: number;
  /** Audio that came, both tracks. */
  readonly receivedMs: number;
  /** Audio that never came, by the wire's timestamps. */
  readonly lostMs: number;
  /** Audio messages that came after their time, and were dropped. */
  readonly late: number;
  /** Audio messages that came twice. */
  readonly duplicate: number;
  /** Messages that could not be read. */
  readonly malformed: number;
  /** Audio messages whose time lies far ahead of the clock. They are heard; the time of the call does not follow them. */
  readonly stray: number;
  /** Audio that was read too late by the app, and dropped. */
  readonly unreadMs: number;
  readonly sentMs: number;
  /** Audio sent, and cleared before it was heard. */
  readonly clearedMs: number;
  /** Audio of the app that was not sent because somebody spoke in its place. Of a playback with a stream: nothing. */
  readonly discardedMs: number;
  /** Frames written that this wire has no message for. */
  readonly passedOver: number;
  /** Exceptions thrown by observers. */
  readonly observerErrors: number;
}

/** A phone call, open. */
export interface Call {
  /** The start frame. */
  readonly info: StartFrame;
  /** Rate of the audio frames that the app reads, and of raw samples that it plays, in Hz. */
  readonly sampleRate: number;
  /**
   * What the call tells, from the first message on. Unread audio beyond 2 s is dropped, oldest first, and
   * counted. Cancelling only stops listening.
   */
  readonly readable: ReadableStream<FrameFromCall>;
  /**
   * Where to write what the caller shall hear. A getter: one stream per utterance, a fresh one once it was
   * closed or aborted, so await `close()` or `pipeTo()` before asking for the next. Closing it flushes the tail, aborting
   * it interrupts; neither ends the call.
   */
  readonly writable: WritableStream<Frame>;
  /**
   * Tells an observer each frame as it passes.
   *
   * @param options.at `app` (default): at the app's rate. `wire`: at the wire's.
   * @returns a function that ends the observation.
   */
  observe(observer: CallObserver, options?: { readonly at?: 'app' | 'wire' }): () => void;
  /**
   * Writes one frame, synchronously. Takes the frame's samples.
   *
   * @returns false when the frame is queued beyond `sendAheadMs`, yet kept; beyond `maxQueuedMs` it is refused, with
   * a warning.
   * @throws {MediaError} `wrong-format` for audio that no conversion can carry, such as stereo.
   */
  send(frame: Frame): boolean;
  /** Plays a source after all that was written before. */
  play(source: PlaySource, options?: PlayOptions): Playback;
  /** Opens a playback to write to, after all that was written before. */
  play(source?: undefined, options?: PlayOptions): OpenPlayback;
  /**
   * Drops all that the caller has not heard, in the same tick. What is written afterwards is heard. Marks that were dropped
   * come back as cleared: those that were not sent yet at once, the others when the provider says so.
   */
  interrupt(): Interruption;
  /**
   * Lets somebody else speak in the app's place: interrupts, and until `release` the app's sound is discarded and counted
   * (`discardedMs`), its playbacks are settled as cleared, and its interruptions do nothing. Its marks and messages go on.
   *
   * @throws {MediaError} `refused` while somebody speaks in its place already.
   */
  takeOver(): Takeover;
  /** Ends the call. Idempotent: the first call's options hold, but `when: 'now'` hastens. Never rejects. */
  end(options?: EndOptions): Promise<CallEnd>;
  /** Settles when the call is over and its socket let go. Never rejects. */
  readonly closed: Promise<CallEnd>;
  readonly stats: CallStats;
  /** Milliseconds since `start`, on the timeline of the inbound track. */
  readonly timestampMs: number;
  addEventListener(type: 'warning', listener: (event: CallWarningEvent) => void): void;
  removeEventListener(type: 'warning', listener: (event: CallWarningEvent) => void): void;
}

/** Options of `openCall` and of all that calls it. */
export interface CallOptions {
  /** Rate of audio frames on the app's side, in Hz. Default: the wire's. */
  readonly sampleRate?: number;
  /** How rates are converted. Default: `balanced`. */
  readonly quality?: ResamplerQuality;
  /** What hangs up. Without it `end()` closes the stream, and the provider goes on with what it was told. */
  readonly control?: CallControl;
  /** Whether `end()` hangs up. Default: true where `control` is given. */
  readonly autoHangUp?: boolean;
  /** Decides at `start` whether the call is welcome. False, a throw or a rejection closes the socket. */
  readonly authorize?: (start: StartFrame) => boolean | Promise<boolean>;
  /** Ends the call, or the wait for its `start`. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Longest wait for `start`, in milliseconds, an hour at most. Default: 10 000. */
  readonly startTimeoutMs?: number;
  /** Longest silence of the socket once the app has its call, in milliseconds; Infinity for any. Default: 30 000. */
  readonly idleTimeoutMs?: number;
  /** Longest call, in milliseconds; Infinity for any. Default: 4 hours. */
  readonly maxCallMs?: number;
  /** Longest gap that is filled with silence, in milliseconds. Default: 10 000. */
  readonly gapCapMs?: number;
  /** How far ahead of the caller's ear audio is sent, in milliseconds. Default: 1000. */
  readonly sendAheadMs?: number;
  /** Most audio that may wait to be sent, in milliseconds. Default: 10 minutes. */
  readonly maxQueuedMs?: number;
  /** Audio between two marks of our own, in milliseconds; 0 for none. Default: 100. */
  readonly markEveryMs?: number;
}

/** Owns a call: the call ends when its promise settles. */
export type CallHandler = (call: Call) => Promise<unknown>;
