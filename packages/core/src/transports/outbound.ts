import { createResampler, type Resampler } from '../dsp/resampler.ts';
import { MediaError } from '../errors.ts';
import type { Frame, MarkFrame } from '../frames/frame.ts';
import type { Interruption, OpenPlayback, Playback, PlaybackEnd, PlayOptions, PlaySource } from './call.ts';
import { feed } from './feed.ts';
import type { OutboundDeadline, OutboundHost } from './outbound-host.ts';
import { MESSAGE_MS, OutboundQueue, type Word } from './outbound-queue.ts';
import { OWN_MARK, Playout } from './playout.ts';
import type { MarkOutcome } from './playout-ledger.ts';
import { Sender } from './sender.ts';
import type { Piece, TellPiece } from './trail.ts';
import { assertMono, Utterance, type UtteranceOwner } from './utterance.ts';

/**
 * The way out of a call: one queue in call order, sent no further ahead than can be taken back, and followed
 * to the caller's ear.
 */
export class Outbound implements UtteranceOwner {
  readonly wireRate: number;
  readonly appRate: number;
  readonly frameSamples: number;
  readonly #host: OutboundHost;
  readonly #queue: OutboundQueue;
  readonly #playout: Playout;
  readonly #sender: Sender;
  readonly #resamplers = new Map<number, Resampler>();
  readonly #receivedMarks = new WeakSet<Frame>();
  #closed = false;
  readonly #drainWaiters: (() => void)[] = [];
  readonly #idleWaiters: (() => void)[] = [];

  constructor(host: OutboundHost) {
    this.#host = host;
    this.wireRate = host.wireRate;
    this.appRate = host.appRate;
    this.frameSamples = (host.wireRate * MESSAGE_MS) / 1000;
    const wake = (): void => this.#wake();
    this.#queue = new OutboundQueue(host);
    this.#playout = new Playout(host, wake);
    this.#sender = new Sender(host, this.#queue, this.#playout, wake);
  }

  // --- the app's words ---

  /** Writes a frame. False when it waits beyond send-ahead, or was refused. */
  write(frame: Frame): boolean {
    if (this.#closed) return false;
    switch (frame.kind) {
      case 'audio': {
        assertMono(frame);
        const utterance = this.#openPlain();
        if (this.#queue.length === 1 && this.#sender.sendThrough(utterance, frame)) return true;
        return utterance.writePiece(frame) && !this.#queue.backlog;
      }
      case 'mark':
        if (this.#receivedMarks.has(frame)) {
          this.#host.counted.passedOver++;
          return true;
        }
        if (frame.name.startsWith(OWN_MARK)) {
          throw new MediaError(
            'invalid-argument',
            `Marks whose names begin with '${OWN_MARK}' are Patchcord's own. Choose another name.`,
          );
        }
        this.endUtterance();
        return this.#enqueue({ kind: 'mark', name: frame.name });
      case 'clear':
        this.interrupt();
        return true;
      case 'message':
        return this.#enqueue(frame);
      case 'dtmf':
        if (this.#host.sendsDtmf && frame.track === 'outbound') return this.#enqueue(frame);
        this.#host.counted.passedOver++;
        // An echo writes the keys that it read; a key of ours was meant to be heard.
        if (frame.track === 'outbound') {
          this.#host.warn(
            'not-sent',
            'This wire has no message for a key of ours, so it was passed over. Write it as sound (DtmfToneStream), or let call control press it (sendDigits).',
          );
        }
        return true;
      default:
        // An echo writes what it read: what only a provider can say is passed over.
        this.#host.counted.passedOver++;
        return true;
    }
  }

  /** @param outcome where nothing of it will be heard: the playback settles at once. */
  play(
    source: PlaySource | undefined,
    options: PlayOptions = {},
    outcome: PlaybackEnd['outcome'] | undefined = this.#closed ? 'call-ended' : undefined,
  ): OpenPlayback {
    const { sampleRate = this.appRate } = options;
    const utterance = new Utterance(this, true, sampleRate);
    this.resamplerFor(sampleRate);
    if (outcome) {
      utterance.drop();
      utterance.settle(outcome, 0);
    } else {
      this.endUtterance();
      this.#queue.push(utterance);
    }
    if (source === undefined) return utterance;
    try {
      feed(utterance, source, {
        aheadMs: this.#host.sendAheadMs,
        clock: this.#host.clock,
        failed: (message) => this.#host.warn('source-failed', message),
      });
    } catch (error) {
      // Whoever called is told, and the queue goes on without it.
      utterance.interrupt();
      throw error;
    }
    return utterance;
  }

  /** Ends the plain utterance that is being written, if any: its tail is sent. */
  endUtterance(): void {
    this.#queue.plain?.end();
  }

  interrupt(): Interruption {
    const now = this.#host.clock.now();
    this.advance(now);
    const unheard = this.#playout.unheard(now);
    const { utterances: waiting } = this.#queue;
    // Before observers are told of the clear: what they write then is heard.
    const marks = this.#queue.clear();
    const utterances = new Set([...this.#playout.letGo(), ...waiting]);
    const heard = unheard ? this.#sender.clear(now, false).heard : this.#playout.ledger.sent;
    const playbacks: { playback: Playback; heardMs: number; sentMs: number }[] = [];
    for (const utterance of utterances) {
      const cutOff = utterance.played || utterance.queuedMs > 0 || heard < utterance.stop;
      utterance.drop();
      const { heardMs, sentMs } = utterance.settle(cutOff ? 'cleared' : 'played', heard);
      if (cutOff) playbacks.push({ playback: utterance, heardMs, sentMs });
    }
    this.#sender.pump();
    this.#wake();
    for (const name of marks) this.#host.markCleared(name);
    return { playbacks };
  }

  // --- the call's words ---

  /** Sound that waits to be sent or heard, in milliseconds. */
  get unheardMs(): number {
    return this.#queue.queuedMs + this.#playout.ledger.aheadMs(this.#host.clock.now());
  }

  /** Resolves when the queue has been handed over; undefined when it has been. */
  drained(): Promise<void> | undefined {
    if (!this.#queue.backlog || this.#closed) return undefined;
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Nothing more will be written: resolves when all has been heard. */
  finish(): Promise<void> {
    for (const utterance of this.#queue.utterances) {
      // A playback with a source of its own goes on to the source's end.
      if (!utterance.sourced) utterance.end();
    }
    this.#sender.pump();
    if (this.#idle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Handles a mark that came back. Undefined for marks that the app must not see. */
  markEchoed(name: string, now: number): MarkOutcome | 'unknown' | undefined {
    return this.#playout.markEchoed(name, now);
  }

  /**
   * Handles the provider's word that it has cleared. Gives the marks that will not come back, on a wire that drops
   * cleared marks: they are to be taken as sent back now.
   */
  clearConfirmed(): string[] {
    const cleared = this.#playout.ledger.clearConfirmed();
    return this.#host.clearedMarks === 'dropped' ? cleared : [];
  }

  /** A mark that was received, which an echo must not send again. */
  passOver(mark: MarkFrame): void {
    this.#receivedMarks.add(mark);
  }

  /** Follows playout to now. Called with every message that comes, which saves a timer. */
  advance(now: number): void {
    this.#queue.advance(now);
    this.#sender.advance(now);
    this.#playout.advance(now);
  }

  due(deadline: OutboundDeadline): void {
    if (deadline === 'pump') {
      this.#sender.pump();
      return;
    }
    const now = this.#host.clock.now();
    if (!this.#playout.due(now)) return;
    this.advance(now);
    if (this.#playout.utterances.length > 0) this.#playout.follow(now);
  }

  /** The call is over: settles everything. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { utterances: waiting } = this.#queue;
    // Before observers are told: nothing more is sent.
    this.#queue.clear();
    const heard = this.#playout.close(this.#host.clock.now());
    for (const utterance of new Set([...this.#playout.letGo(), ...waiting])) {
      utterance.drop();
      utterance.settle('call-ended', heard);
    }
    this.#wake();
  }

  // --- what utterances ask ---

  get errorMs(): number {
    return this.#playout.ledger.errorMs;
  }

  heardPosition(): number {
    return this.#playout.ledger.heardAt(this.#host.clock.now());
  }

  resamplerFor(sampleRate: number): Resampler | undefined {
    if (sampleRate === this.wireRate) return undefined;
    let resampler = this.#resamplers.get(sampleRate);
    if (!resampler) {
      resampler = createResampler({ from: sampleRate, to: this.wireRate, quality: this.#host.quality });
      this.#resamplers.set(sampleRate, resampler);
    }
    return resampler;
  }

  inspect({ samples }: Piece): void {
    this.#host.inspect(samples);
  }

  tellPiece(utterance: Utterance): TellPiece | undefined {
    if (!this.#host.observers.any('app')) return undefined;
    return ({ samples, sampleRate }, phase, ownStart) => {
      const now = this.#host.now();
      const position = phase === 'played' ? utterance.positionOf(ownStart) : undefined;
      const timestampMs = phase === 'sent' ? this.#host.timelineMs(now) : this.#playout.earMs(position, now);
      this.#host.observers.tell(
        'app',
        { kind: 'audio', samples, sampleRate, channels: 1, timestampMs, track: 'outbound' },
        phase,
      );
    };
  }

  admits(durationMs: number): boolean {
    return this.#queue.admits(durationMs);
  }

  wrote(utterance: Utterance): void {
    this.#queue.wrote(utterance);
    if (this.#queue.head === utterance) this.#sender.pump();
  }

  interruptOne(utterance: Utterance): PlaybackEnd {
    const now = this.#host.clock.now();
    this.advance(now);
    this.#queue.remove(utterance);
    const { ledger } = this.#playout;
    let heard = ledger.heardAt(now);
    const unheard = utterance.begun && this.#playout.unheard(now) && heard < utterance.stop;
    this.#playout.remove(utterance);
    if (unheard) {
      const others = this.#playout.utterances;
      const cutOff = this.#sender.clear(now, true);
      heard = cutOff.heard;
      this.#queue.unshift(this.#playout.retake(cutOff, utterance, others));
    }
    utterance.drop();
    const end = utterance.settle('cleared', heard);
    this.#sender.pump();
    this.#wake();
    return end;
  }

  // --- who waits ---

  get #idle(): boolean {
    return this.#queue.length === 0 && this.#playout.utterances.length === 0;
  }

  #openPlain(): Utterance {
    const { plain } = this.#queue;
    if (plain && !plain.ended) return plain;
    const utterance = new Utterance(this, false, this.appRate);
    this.#queue.push(utterance);
    return utterance;
  }

  #enqueue(frame: Word['frame']): boolean {
    if (!this.#queue.add(frame)) return false;
    this.#sender.pump();
    return !this.#queue.backlog;
  }

  #wake(): void {
    if (!this.#queue.backlog) release(this.#drainWaiters);
    if (this.#idle) release(this.#idleWaiters);
  }
}

function release(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve();
}
