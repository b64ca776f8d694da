import { reuseSamples, type SampleAllocator } from '../dsp/samples.ts';
import { MediaError } from '../errors.ts';
import {
  durationMs,
  type Frame,
  type FrameFromCall,
  type FrameToCall,
  type MarkFrame,
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
  Takeover,
} from './call.ts';
import { type CallLimits, callLimits } from './call-limits.ts';
import { Deadlines } from './deadlines.ts';
import { Ending, type EndingDeadline } from './ending.ts';
import { InboundAudio } from './inbound-audio.ts';
import { InboundQueue } from './inbound-queue.ts';
import { whyNotPcm } from './not-pcm.ts';
import { Observers } from './observers.ts';
import { Outbound } from './outbound.ts';
import type { OutboundDeadline, OutboundHost } from './outbound-host.ts';
import { isOpen, wireMessage } from './socket.ts';
import { TimelineOrigin } from './timeline-origin.ts';

type CallDeadline = OutboundDeadline | EndingDeadline | 'inactive' | 'idle' | 'too-long' | 'untouched';

const DEFAULT_QUALITY = 'balanced';

/** Without a message for this long, a call that is up is reported: providers send 50 a second. */
const INACTIVE_MS = 750;

/** A readable that was not asked for within this time will not be. */
const UNTOUCHED_MS = 2000;

/** Audio that may be written after the end before the writer is told: what `readable` can hold, and a little. */
const LATE_MS = 3000;

/** Shared by all calls: what is read into it is converted before the next message. */
const lentSamples = reuseSamples();

type MutableStats = { -readonly [K in keyof CallStats]: CallStats[K] };

class WarningEvent extends Event implements CallWarningEvent {
  readonly warning: CallWarning;

  constructor(warning: CallWarning) {
    super('warning');
    this.warning = warning;
  }
}

/** A call that is up: one engine for its three ways in and out. */
export class LiveCall implements Call {
  readonly info: StartFrame;
  readonly sampleRate: number;
  readonly closed: Promise<CallEnd>;

  readonly #clock: Clock;
  readonly #deadlines: Deadlines<CallDeadline>;
  readonly #socket: CallSocket;
  readonly #serializer: FrameSerializer<FrameFromCall, FrameToCall>;
  readonly #options: CallOptions;
  readonly #limits: CallLimits;
  readonly #ending: Ending;
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
    stray: 0,
    unreadMs: 0,
    sentMs: 0,
    clearedMs: 0,
    discardedMs: 0,
    passedOver: 0,
    observerErrors: 0,
  };
  /** Who speaks in the app's place, if somebody does. */
  #takeover: Takeover | undefined;
  #writable: WritableStream<Frame> | undefined;
  #lateMs = 0;
  #lastMessageMs: number;
  /** The clock's time while a message is handled. */
  #nowMs: number | undefined;
  #inactive = false;
  #lent = false;
  readonly #origin: TimelineOrigin;
  /** A mark came back: the stream goes both ways. */
  #markSeen = false;
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
    this.#limits = callLimits(options);
    this.#clock = options.clock ?? systemClock;
    const now = this.#clock.now();
    this.#lastMessageMs = now;
    this.#origin = new TimelineOrigin(now);
    this.#deadlines = new Deadlines(this.#clock, (name) => this.#due(name));
    this.#inbound = new InboundQueue((audioMs) => {
      this.#stats.unreadMs += audioMs;
      if (this.#inbound.asked) this.#unreadDropped();
    });
    this.#outbound = new Outbound(this.#outboundHost(provider));
    this.#ending = this.#openEnding();
    this.closed = this.#ending.closed;
    this.#inboundAudio = this.#openInboundAudio();
    this.#inbound.push(info);
    this.#deadlines.set('too-long', now + this.#limits.maxCallMs);
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
    if (this.#ending.begun) return false;
    return this.#discards(frame) || this.#outbound.write(frame);
  }

  play(source: PlaySource, options?: PlayOptions): OpenPlayback;
  play(source?: undefined, options?: PlayOptions): OpenPlayback;
  play(source?: PlaySource, options?: PlayOptions): OpenPlayback {
    // After the end it settles at once, as a call that ended.
    if (this.#ending.begun) return this.#outbound.play(source, options, 'call-ended');
    if (!this.#takeover) return this.#outbound.play(source, options);
    if (source instanceof Int16Array) {
      this.#stats.discardedMs += (1000 * source.length) / (options?.sampleRate ?? this.sampleRate);
    } else if (source && 'kind' in source) this.#stats.discardedMs += durationMs(source);
    return this.#outbound.play(source, options, 'cleared');
  }

  interrupt(): Interruption {
    return this.#takeover ? { playbacks: [] } : this.#outbound.interrupt();
  }

  takeOver(): Takeover {
    if (this.#takeover) {
      throw new MediaError('refused', 'Somebody speaks in this call already. Wait for its release.');
    }
    this.#outbound.interrupt();
    const takeover: Takeover = {
      write: (sound) => this.#takeover === takeover && !this.#ending.begun && this.#outbound.write(sound),
      release: () => {
        if (this.#takeover !== takeover) return;
        this.#takeover = undefined;
        this.#outbound.endUtterance();
      },
    };
    this.#takeover = takeover;
    return takeover;
  }

  end(options: EndOptions = {}): Promise<CallEnd> {
    return this.#ending.begin(options, 'ended', 'We ended the call.');
  }

  get stats(): CallStats {
    return this.#stats;
  }

  /** Ends the call at once, for another reason than the app's wish. */
  endBecause(reason: CallEndReason, message: string, error?: unknown): Promise<CallEnd> {
    return this.#ending.begin({ when: 'now' }, reason, message, error);
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
    return this.#ending.begun;
  }

  /** The app has the call from now on. */
  handedOut(): void {
    if (this.#ending.over) return;
    const now = this.#clock.now();
    // What came while it was being authorized is still held, so silence is counted from here.
    this.#lastMessageMs = now;
    this.#deadlines.set('inactive', now + INACTIVE_MS);
    this.#deadlines.set('idle', now + this.#limits.idleTimeoutMs);
    this.#deadlines.set('untouched', now + UNTOUCHED_MS);
  }

  /** Handles a message of the socket. Never throws. */
  received(data: unknown): void {
    if (this.#ending.over) return;
    const now = this.#clock.now();
    this.#lastMessageMs = now;
    this.#stats.messagesReceived++;
    let frames: FrameFromCall[];
    try {
      frames = this.#serializer.deserialize(wireMessage(data), this.#samplesToLend());
    } catch (error) {
      this.#malformed(error);
      return;
    }
    this.#nowMs = now;
    try {
      for (const frame of frames) this.#frame(frame, now);
      this.#outbound.advance(now);
    } finally {
      this.#nowMs = undefined;
    }
  }

  /**
   * Sound that is only converted to the app's rate is read into one array again and again: a fresh one is most of what reading
   * costs. Only the first of a message: the next must not overwrite it.
   */
  #samplesToLend(): SampleAllocator | undefined {
    if (this.sampleRate === this.info.format.sampleRate || this.#observers.any('wire')) return undefined;
    this.#lent = false;
    return this.#lend;
  }

  readonly #lend: SampleAllocator = (length) => {
    if (this.#lent) return new Int16Array(length);
    this.#lent = true;
    return lentSamples(length);
  };

  /** Handles the close of the socket. */
  socketClosed(code: number | undefined): void {
    if (!this.#ending.begun) this.#suspectOneWay();
    this.#ending.socketClosed(code);
  }

  /** Some providers answer what is written to a one-way stream by closing it, and then no mark has ever come back. */
  #suspectOneWay(): void {
    const { markEveryMs } = this.#limits;
    if (this.#markSeen || markEveryMs === 0 || this.#stats.sentMs === 0) return;
    this.#warnOnce(
      'one-way-stream',
      'The provider closed the socket after audio was written to it, and no mark had come back: the stream may be one-way (<Start><Stream>). Answer with <Connect><Stream>.',
    );
  }

  /** Lets go of a call that was never handed out: closes the socket and hangs nothing up. */
  abandon(message: string, error: unknown): void {
    this.#ending.abandon(message, error);
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
        if (!this.#origin.heard(frame.timestampMs + durationMs(frame), now)) this.#strayTime();
        this.#inboundAudio.received(frame);
        return;
      case 'mark': {
        this.#markSeen = true;
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
        this.#warnOnce(
          'malformed-message',
          'A second start came; a stream has one. It was passed over. Check that each stream has a socket of its own.',
        );
        return;
      case 'stop':
        this.#ending.stopped(() => this.#pass(frame));
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
    const { quality = DEFAULT_QUALITY } = this.#options;
    const { gapCapMs } = this.#limits;
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

  #unreadDropped(): void {
    this.#warnOnce(
      'unread-audio',
      'Audio waited to be read for more than 2 s, so the oldest was dropped. Read `call.readable` faster, or cancel it where only `observe` is wanted.',
    );
  }

  #malformed(error: unknown): void {
    this.#stats.malformed++;
    const why = error instanceof MediaError ? error.message : 'The message could not be read.';
    this.#warnOnce(
      'malformed-message',
      `${why} It was passed over and the call goes on. Check what stands between the provider and this server.`,
    );
  }

  #strayTime(): void {
    this.#stats.stray++;
    this.#warnOnce(
      'malformed-message',
      'The time of an audio message lies far ahead of the clock. The call goes by its own clock. Check what stands between the provider and this server.',
    );
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

  /** Whether the app's frame is not to be heard, because somebody speaks in its place. */
  #discards(frame: Frame): boolean {
    if (!this.#takeover || (frame.kind !== 'audio' && frame.kind !== 'clear')) return false;
    this.#stats.discardedMs += durationMs(frame);
    return true;
  }

  #openWritable(): WritableStream<Frame> {
    const abort = (): void => {
      if (this.#writable !== stream) return;
      this.#writable = undefined;
      this.interrupt();
    };
    const stream: WritableStream<Frame> = new WritableStream<Frame>({
      start: (controller) => {
        // `abort` below waits for the write under way, which waits for the caller's ear: too late to interrupt.
        controller.signal.addEventListener('abort', abort);
      },
      write: (frame) => {
        if (this.#ending.begun) return this.#writtenTooLate(frame);
        if (this.#discards(frame)) return;
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
        if (!this.#takeover) this.#outbound.endUtterance();
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
    const why = whyNotPcm(samples);
    if (why) this.#warnOnce('not-pcm', why);
    if (this.info.tracks.includes('outbound')) {
      this.#warnOnce(
        'one-way-stream',
        'This stream is one-way (<Start><Stream>), so nothing that is written to it is heard. Answer with <Connect><Stream>.',
      );
    }
  }

  #timelineMs(clockMs: number): number {
    return this.#origin.timestampMs(clockMs);
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
    const { quality = DEFAULT_QUALITY } = this.#options;
    return {
      ...this.#limits,
      ...provider.capabilities,
      clock: this.#clock,
      now: () => this.#nowMs ?? this.#clock.now(),
      deadlines: this.#deadlines,
      wireRate: this.info.format.sampleRate,
      appRate: this.sampleRate,
      quality,
      counted: this.#stats,
      bufferedAmount: () => this.#socket.bufferedAmount ?? 0,
      transmit: (frame) => this.#transmit(frame),
      timelineMs: (clockMs) => this.#timelineMs(clockMs),
      observers: this.#observers,
      warn: (code, message) => this.#warnOnce(code, message),
      inspect: (samples) => this.#inspect(samples),
      markCleared: (name) => {
        const mark: MarkFrame = { kind: 'mark', name };
        this.#pass(mark);
        this.#observers.tellBoth(mark, 'cleared');
      },
      stalled: () => {
        void this.endBecause(
          'peer-stalled',
          'The provider read nothing for 10 s, so the call was given up. Check the network on the way to it.',
        );
      },
    };
  }

  // --- time ---

  #due(name: CallDeadline): void {
    const now = this.#clock.now();
    const quietMs = now - this.#lastMessageMs;
    switch (name) {
      case 'inactive':
        this.#watchActivity(now, quietMs);
        return;
      case 'idle':
        if (quietMs < this.#limits.idleTimeoutMs) {
          this.#deadlines.set('idle', this.#lastMessageMs + this.#limits.idleTimeoutMs);
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
      case 'closing':
        this.#ending.due(name);
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
        `Nothing came from the provider for ${Math.round(quietMs)} ms; 50 messages a second are usual. Check the network, unless the provider sends no audio of a silent line.`,
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

  #openEnding(): Ending {
    const { control, autoHangUp } = this.#options;
    return new Ending({
      clock: this.#clock,
      deadlines: this.#deadlines,
      socket: this.#socket,
      callId: this.info.callId,
      control,
      autoHangUp,
      outbound: this.#outbound,
      counted: this.#stats,
      warn: (code, message) => this.warn(code, message),
      over: () => {
        this.#outbound.close();
        this.#inbound.close();
      },
      settled: () => {
        this.#unfollowSignal?.();
        this.#observers.clear();
      },
    });
  }
}
