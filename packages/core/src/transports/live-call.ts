import { MediaError } from '../errors.ts';
import {
  durationMs,
  type Frame,
  type FrameFromCall,
  type FrameToCall,
  type StartFrame,
} from '../frames/frame.ts';
import type { FrameSerializer, Provider, WireMessage } from '../serializers/serializer.ts';
import { type Clock, systemClock } from '../streams/clock.ts';
import type {
  Call,
  CallEnd,
  CallEndReason,
  CallObserver,
  CallOptions,
  CallSocket,
  CallStats,
  CallWarning,
  CallWarningCode,
  CallWarningEvent,
  EndOptions,
  Interruption,
  OpenPlayback,
  PlayOptions,
  PlaySource,
} from './call.ts';
import { Deadlines } from './deadlines.ts';
import { InboundAudio } from './inbound-audio.ts';
import { InboundQueue } from './inbound-queue.ts';
import { Observers } from './observers.ts';
import { Outbound, type OutboundDeadline, type OutboundHost } from './outbound.ts';
import { CLOSE_NORMAL, CLOSED, closeSocket, isOpen, wireMessage } from './socket.ts';

type CallDeadline = OutboundDeadline | 'inactive' | 'idle' | 'too-long' | 'untouched' | 'end' | 'closing';

const DEFAULT_QUALITY = 'balanced';
const DEFAULT_IDLE_MS = 30_000;
const DEFAULT_LONGEST_CALL_MS = 4 * 60 * 60_000;
const DEFAULT_GAP_CAP_MS = 10_000;
const DEFAULT_SEND_AHEAD_MS = 1000;
const DEFAULT_QUEUED_MS = 10 * 60_000;
const DEFAULT_MARK_EVERY_MS = 100;

/** Without a message for this long, a call that is up is reported: providers send 50 a second. */
const INACTIVE_MS = 750;

/** A readable that was not asked for within this time will not be. */
const UNTOUCHED_MS = 2000;

/** Allowed on top of what is unheard when a call ends after playback. */
const END_MARGIN_MS = 10_000;

/** Longest wait for call control when a call ends. Call control has deadlines of its own; this one is the last. */
const HANG_UP_MS = 30_000;

/** Audio that may be written after the end before the writer is told: what `readable` can hold, and a little. */
const LATE_MS = 3000;

/** Longest wait for the socket's close. */
const CLOSE_MS = 2000;

/** Said of a call that the provider ended. */
const STOPPED = 'The provider stopped the stream: the caller hung up, or the call went on elsewhere.';

/** WAV files begin with these letters, read as samples. */
const RIFF: readonly [number, number] = [0x4952, 0x4646];

type MutableStats = { -readonly [K in keyof CallStats]: CallStats[K] };

class WarningEvent extends Event implements CallWarningEvent {
  readonly warning: CallWarning;

  constructor(warning: CallWarning) {
    super('warning');
    this.warning = warning;
  }
}

/** A call that is up: one engine for its three ways in and out, and the one owner of how it ends. */
export class LiveCall implements Call {
  readonly info: StartFrame;
  readonly sampleRate: number;
  readonly closed: Promise<CallEnd>;

  readonly #clock: Clock;
  readonly #deadlines: Deadlines<CallDeadline>;
  readonly #socket: CallSocket;
  readonly #serializer: FrameSerializer<FrameFromCall, FrameToCall>;
  readonly #options: CallOptions;
  readonly #startedAtMs: number;
  readonly #outbound: Outbound;
  readonly #inbound: InboundQueue;
  readonly #inboundAudio: InboundAudio;
  readonly #observers = new Observers((error) => this.#observerFailed(error));
  readonly #events = new EventTarget();
  readonly #warned = new Set<CallWarningCode>();
  readonly #stats: MutableStats = {
    messagesReceived: 0,
    messagesSent: 0,
    receivedMs: 0,
    lostMs: 0,
    late: 0,
    duplicate: 0,
    malformed: 0,
    unreadMs: 0,
    sentMs: 0,
    clearedMs: 0,
    passedOver: 0,
    observerErrors: 0,
  };
  #writable: WritableStream<Frame> | undefined;
  #lateMs = 0;
  #lastMessageMs: number;
  #inactive = false;
  /** The clock's time of the inbound timeline's zero, by the earliest message. */
  #originMs: number;
  #settleClosed!: (end: CallEnd) => void;
  /** Set once: the call is over, its socket maybe not yet let go. */
  #end: CallEnd | undefined;
  #ending = false;
  /** Ends the wait for what is unheard. */
  #hasten: (() => void) | undefined;
  /** Ends whatever wait the `end` deadline bounds. */
  #outOfTime: (() => void) | undefined;
  #stopped = false;
  #unfollowSignal: (() => void) | undefined;

  constructor(
    socket: CallSocket,
    provider: Provider,
    serializer: FrameSerializer<FrameFromCall, FrameToCall>,
    info: StartFrame,
    options: CallOptions,
  ) {
    this.info = info;
    this.sampleRate = options.sampleRate ?? info.format.sampleRate;
    this.#socket = socket;
    this.#serializer = serializer;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    const now = this.#clock.now();
    this.#startedAtMs = now;
    this.#lastMessageMs = now;
    this.#originMs = now;
    this.#deadlines = new Deadlines(this.#clock, (name) => this.#due(name));
    this.#inbound = new InboundQueue((audioMs) => {
      this.#stats.unreadMs += audioMs;
    });
    this.#outbound = new Outbound(this.#outboundHost(provider));
    this.#inboundAudio = this.#openInboundAudio();
    this.#inbound.push(info);
    this.#deadlines.set('inactive', now + INACTIVE_MS);
    this.#deadlines.set('idle', now + this.#idleTimeoutMs);
    this.#deadlines.set('too-long', now + (options.maxCallMs ?? DEFAULT_LONGEST_CALL_MS));
    this.#followSignal(options.signal);
  }

  // --- the app's side ---

  get readable(): ReadableStream<FrameFromCall> {
    return this.#inbound.readable;
  }

  get writable(): WritableStream<Frame> {
    this.#writable ??= this.#openWritable();
    return this.#writable;
  }

  get timestampMs(): number {
    return this.#timelineMs(this.#clock.now());
  }

  observe(observer: CallObserver, { at = 'app' }: { readonly at?: 'app' | 'wire' } = {}): () => void {
    return this.#observers.add(observer, at);
  }

  send(frame: Frame): boolean {
    if (this.#ending || this.#end) return false;
    return this.#outbound.write(frame);
  }

  play(source: PlaySource, options?: PlayOptions): OpenPlayback;
  play(source?: undefined, options?: PlayOptions): OpenPlayback;
  play(source?: PlaySource, options?: PlayOptions): OpenPlayback {
    // After the end it settles at once, as a call that ended.
    return this.#outbound.play(source, options, this.#ending || this.#end !== undefined);
  }

  interrupt(): Interruption {
    return this.#outbound.interrupt();
  }

  end(options: EndOptions = {}): Promise<CallEnd> {
    return this.#endBy(options, 'ended', 'We ended the call.');
  }

  get stats(): CallStats {
    return this.#stats;
  }

  /** Ends the call at once, for another reason than the app's wish. */
  endBecause(reason: CallEndReason, message: string, error?: unknown): Promise<CallEnd> {
    return this.#endBy({ when: 'now' }, reason, message, error);
  }

  addEventListener(type: 'warning', listener: (event: CallWarningEvent) => void): void {
    this.#events.addEventListener(type, listener as (event: Event) => void);
  }

  removeEventListener(type: 'warning', listener: (event: CallWarningEvent) => void): void {
    this.#events.removeEventListener(type, listener as (event: Event) => void);
  }

  // --- the socket's side ---

  /** Whether the call is over or about to be. */
  get over(): boolean {
    return this.#ending || this.#end !== undefined;
  }

  /** The app has the call from now on. */
  handedOut(): void {
    if (!this.#end) this.#deadlines.set('untouched', this.#clock.now() + UNTOUCHED_MS);
  }

  /** Handles a message of the socket. Never throws. */
  received(data: unknown): void {
    if (this.#end) return;
    const now = this.#clock.now();
    this.#lastMessageMs = now;
    this.#stats.messagesReceived++;
    let frames: FrameFromCall[];
    try {
      frames = this.#serializer.deserialize(wireMessage(data));
    } catch (error) {
      this.#malformed(error);
      return;
    }
    for (const frame of frames) this.#frame(frame, now);
    this.#outbound.advance(now);
  }

  /** Handles the close of the socket. */
  socketClosed(code: number | undefined): void {
    if (this.#end === undefined && this.#ending) {
      this.#hasten?.();
      return;
    }
    this.#finish(
      'socket-closed',
      `The socket closed without a stop${code === undefined ? '' : ` (code ${code})`}: the provider closed it, or the network was lost.`,
    );
    this.#settle();
  }

  /** Lets go of a call that was never handed out: closes the socket and hangs nothing up. */
  abandon(message: string, error: unknown): void {
    this.#ending = true;
    this.#finish('not-opened', message, error);
  }

  /** Tells the app of something that would otherwise fail silently. */
  warn(code: CallWarningCode, message: string): void {
    this.#events.dispatchEvent(
      new WarningEvent({ code, message, timestampMs: this.#timelineMs(this.#clock.now()) }),
    );
  }

  // --- inbound ---

  #frame(frame: FrameFromCall, now: number): void {
    switch (frame.kind) {
      case 'audio':
        this.#originMs = Math.min(this.#originMs, now - frame.timestampMs - durationMs(frame));
        this.#inboundAudio.received(frame);
        return;
      case 'mark': {
        const outcome = this.#outbound.markEchoed(frame.name, now);
        if (outcome === undefined) return;
        this.#pass(frame);
        if (outcome !== 'unknown') this.#observers.tellBoth(frame, outcome);
        return;
      }
      case 'clear':
        // An answer to our own clear, which an echo must not take for one to send: observers see it, `readable` does not.
        this.#observers.tellBoth(frame, 'received');
        for (const name of this.#outbound.clearConfirmed()) this.#frame({ kind: 'mark', name }, now);
        return;
      case 'start':
        this.#warnOnce('malformed-message', 'A second start came; a stream has one. It was passed over.');
        return;
      case 'stop':
        this.#stopped = true;
        this.#pass(frame);
        if (this.#ending) this.#hasten?.();
        else this.#finish('stopped', STOPPED);
        return;
      default:
        this.#pass(frame);
    }
  }

  #pass(frame: FrameFromCall): void {
    if (frame.kind === 'mark') this.#outbound.passOver(frame);
    this.#observers.tellBoth(frame, 'received');
    this.#inbound.push(frame);
  }

  #openInboundAudio(): InboundAudio {
    const { quality = DEFAULT_QUALITY, gapCapMs = DEFAULT_GAP_CAP_MS } = this.#options;
    return new InboundAudio({
      wireRate: this.info.format.sampleRate,
      appRate: this.sampleRate,
      quality,
      gapCapMs,
      counted: this.#stats,
      heardAtWire: (frame) => this.#observers.tell('wire', frame, 'received'),
      heardAtApp: (frame) => {
        this.#observers.tell('app', frame, 'received');
        this.#inbound.push(frame);
      },
      lost: (track, ms) =>
        this.warn(
          'lost-audio',
          `${Math.round(ms)} ms of the ${track} track never came. Silence stands in its place. If it happens again, check the network between the provider and this server.`,
        ),
    });
  }

  #malformed(error: unknown): void {
    this.#stats.malformed++;
    const why = error instanceof MediaError ? error.message : 'The message could not be read.';
    this.#warnOnce('malformed-message', `${why} It was passed over and the call goes on.`);
  }

  #observerFailed(error: unknown): void {
    this.#stats.observerErrors++;
    const name = error instanceof Error ? error.name : typeof error;
    this.#warnOnce(
      'observer-failed',
      `An observer of the call threw (${name}); it is asked again with the next frame. Mend the observer.`,
    );
  }

  #warnOnce(code: CallWarningCode, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.warn(code, message);
  }

  // --- outbound ---

  #openWritable(): WritableStream<Frame> {
    const abort = (): void => {
      if (this.#writable !== stream) return;
      this.#writable = undefined;
      this.#outbound.interrupt();
    };
    const stream: WritableStream<Frame> = new WritableStream<Frame>({
      start: (controller) => {
        // `abort` below waits for the write under way, which waits for the caller's ear: too late to interrupt.
        controller.signal.addEventListener('abort', abort);
      },
      write: (frame) => {
        if (this.#end || this.#ending) return this.#writtenTooLate(frame);
        try {
          this.#outbound.write(frame);
        } catch (error) {
          // The stream errors with it; the next utterance has a fresh one.
          this.#writable = undefined;
          throw error;
        }
        return this.#outbound.drained();
      },
      close: () => {
        this.#writable = undefined;
        this.#outbound.endUtterance();
      },
      abort,
    });
    return stream;
  }

  /**
   * After the end, a pipe from `readable` still empties what was received, so a little is passed over in silence; whoever
   * goes on writing is told.
   */
  #writtenTooLate(frame: Frame): void {
    this.#stats.passedOver++;
    this.#lateMs += durationMs(frame);
    if (this.#lateMs > LATE_MS) {
      throw new MediaError(
        'transport-closed',
        'The call is over, so nothing more can be written to it. Stop when `call.closed` settles.',
      );
    }
  }

  #inspect(samples: Int16Array): void {
    if (samples[0] === RIFF[0] && samples[1] === RIFF[1]) {
      this.#warnOnce(
        'not-pcm',
        'The audio begins with a WAV header, which the caller would hear as noise. Decode the file (decodeWav) and write its samples.',
      );
    }
    if (this.info.tracks.includes('outbound')) {
      this.#warnOnce(
        'one-way-stream',
        'This stream is one-way (<Start><Stream>), so nothing that is written to it is heard. Answer with <Connect><Stream>.',
      );
    }
  }

  #timelineMs(clockMs: number): number {
    return Math.max(0, clockMs - this.#originMs);
  }

  #transmit(frame: FrameToCall): void {
    if (!isOpen(this.#socket)) return;
    let messages: WireMessage[];
    try {
      messages = this.#serializer.serialize(frame);
    } catch (error) {
      // Nobody is there to catch it: what cannot be said was written some time ago.
      this.#stats.passedOver++;
      const why = error instanceof MediaError ? error.message : 'A frame could not be serialized.';
      this.#warnOnce('not-sent', `${why} It was passed over and the call goes on.`);
      return;
    }
    for (const message of messages) {
      this.#stats.messagesSent++;
      try {
        this.#socket.send(message);
      } catch {
        // The socket is closing: its close event says the rest.
        return;
      }
    }
  }

  #outboundHost(provider: Provider): OutboundHost {
    const {
      quality = DEFAULT_QUALITY,
      sendAheadMs = DEFAULT_SEND_AHEAD_MS,
      maxQueuedMs = DEFAULT_QUEUED_MS,
      markEveryMs = DEFAULT_MARK_EVERY_MS,
    } = this.#options;
    return {
      clock: this.#clock,
      deadlines: this.#deadlines,
      wireRate: this.info.format.sampleRate,
      appRate: this.sampleRate,
      quality,
      sendAheadMs,
      maxQueuedMs,
      markEveryMs,
      sendsDtmf: provider.capabilities.sendsDtmf,
      clearedMarks: provider.capabilities.clearedMarks,
      counted: this.#stats,
      bufferedAmount: () => this.#socket.bufferedAmount ?? 0,
      transmit: (frame) => this.#transmit(frame),
      timelineMs: (clockMs) => this.#timelineMs(clockMs),
      observers: this.#observers,
      warn: (code, message) => this.#warnOnce(code, message),
      inspect: (samples) => this.#inspect(samples),
      stalled: () => {
        void this.endBecause(
          'peer-stalled',
          'The provider read nothing for 10 s, so the call was given up. Check the network on the way to it.',
        );
      },
    };
  }

  // --- ending ---

  get #idleTimeoutMs(): number {
    return this.#options.idleTimeoutMs ?? DEFAULT_IDLE_MS;
  }

  #due(name: CallDeadline): void {
    const now = this.#clock.now();
    const quietMs = now - this.#lastMessageMs;
    switch (name) {
      case 'inactive':
        this.#watchActivity(now, quietMs);
        return;
      case 'idle':
        if (quietMs < this.#idleTimeoutMs) {
          this.#deadlines.set('idle', this.#lastMessageMs + this.#idleTimeoutMs);
          return;
        }
        void this.endBecause(
          'idle',
          `Nothing came from the provider for ${Math.round(quietMs / 1000)} s, so the line is taken for dead. Check the network, or raise idleTimeoutMs.`,
        );
        return;
      case 'too-long':
        void this.endBecause(
          'too-long',
          'The call reached its longest length. Raise maxCallMs for longer calls.',
        );
        return;
      case 'untouched':
        this.#inbound.forget();
        return;
      case 'end':
        this.#outOfTime?.();
        return;
      case 'closing':
        this.#settle();
        return;
      default:
        this.#outbound.due(name);
    }
  }

  #watchActivity(now: number, quietMs: number): void {
    if (quietMs < INACTIVE_MS) {
      this.#inactive = false;
      this.#deadlines.set('inactive', this.#lastMessageMs + INACTIVE_MS);
      return;
    }
    if (!this.#inactive) {
      this.warn(
        'inactive',
        `Nothing came from the provider for ${Math.round(quietMs)} ms; 50 messages a second are usual. The network may be at fault, or the provider sends no audio of a silent line.`,
      );
    }
    this.#inactive = true;
    this.#deadlines.set('inactive', now + INACTIVE_MS);
  }

  #followSignal(signal: AbortSignal | undefined): void {
    if (!signal) return;
    const abort = (): void => {
      void this.endBecause('aborted', 'The signal that was given with the call fired.', signal.reason);
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    this.#unfollowSignal = () => signal.removeEventListener('abort', abort);
  }

  #endBy(options: EndOptions, reason: CallEndReason, message: string, error?: unknown): Promise<CallEnd> {
    if (options.when === 'now') this.#hasten?.();
    if (!this.#ending && this.#end === undefined) {
      this.#ending = true;
      void this.#endOnce(options, reason, message, error);
    }
    return this.closed;
  }

  async #endOnce(options: EndOptions, reason: CallEndReason, message: string, error: unknown): Promise<void> {
    if (options.when !== 'now') {
      // First, for what is told while the rest is sent may hasten already.
      const hastened = new Promise<void>((resolve) => {
        this.#hasten = resolve;
      });
      const heard = this.#outbound.finish();
      const timeoutMs = options.timeoutMs ?? this.#outbound.unheardMs + END_MARGIN_MS;
      const over = Promise.race([heard, hastened]);
      let sentMs = this.#stats.sentMs;
      // A source that is still being read goes on for longer than could be known.
      const moreMs = (): number => {
        const stuck = options.timeoutMs !== undefined || this.#stats.sentMs === sentMs;
        sentMs = this.#stats.sentMs;
        return stuck ? 0 : this.#outbound.unheardMs;
      };
      await this.#atMost(timeoutMs, over, moreMs);
      this.#hasten = undefined;
    }
    // A stop that comes from here on is the answer to our own hang-up.
    const stopped = this.#stopped;
    await this.#hangUp();
    const closed = this.#socket.readyState === CLOSED;
    if (stopped) this.#finish('stopped', STOPPED);
    else this.#finish(reason, message, error);
    if (closed) this.#settle();
  }

  /** Hangs up where that is ours to do: never after the provider's stop, nor once the call was handed on. */
  async #hangUp(): Promise<void> {
    const { control, autoHangUp = control !== undefined } = this.#options;
    const { callId } = this.info;
    if (!control || !autoHangUp || this.#stopped) return;
    try {
      if (control.released?.(callId)) return;
      this.#outbound.close();
      const done = await this.#atMost(
        HANG_UP_MS,
        control.hangUp(callId).then(() => true),
      );
      if (!done) throw new MediaError('timeout', `Call control did not answer in ${HANG_UP_MS / 1000} s.`);
    } catch (error) {
      const why = error instanceof MediaError ? error.message : 'Call control failed.';
      this.warn(
        'hang-up-failed',
        `Could not hang up: ${why} The stream is closed; the call may still be up.`,
      );
    }
  }

  /** What a promise gives, or undefined when it takes longer. While `moreMs` is more than 0, it is waited for anew. */
  async #atMost<T>(milliseconds: number, promise: Promise<T>, moreMs = () => 0): Promise<T | undefined> {
    const outOfTime = new Promise<undefined>((resolve) => {
      this.#outOfTime = () => {
        const more = moreMs();
        if (more > 0) this.#deadlines.set('end', this.#clock.now() + more + END_MARGIN_MS);
        else resolve(undefined);
      };
    });
    this.#deadlines.set('end', this.#clock.now() + milliseconds);
    try {
      return await Promise.race([promise, outOfTime]);
    } finally {
      // Before whoever waits goes on, and may set it anew.
      this.#deadlines.clear('end');
    }
  }

  /** The call is over. The first reason holds. */
  #finish(reason: CallEndReason, message: string, error?: unknown): void {
    if (this.#end) return;
    const now = this.#clock.now();
    const end = { reason, message, durationMs: now - this.#startedAtMs };
    this.#end = error === undefined ? end : { ...end, error };
    this.#outbound.close();
    this.#inbound.close();
    this.#deadlines.stop();
    this.#deadlines.set('closing', now + CLOSE_MS);
    closeSocket(this.#socket, CLOSE_NORMAL, reason);
  }

  /** The socket is let go: nothing of the call is left. */
  #settle(): void {
    if (!this.#end) return;
    this.#deadlines.stop();
    this.#unfollowSignal?.();
    this.#observers.clear();
    this.#settleClosed(this.#end);
  }
}
