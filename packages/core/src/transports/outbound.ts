import { createResampler, type Resampler, type ResamplerQuality } from '../dsp/resampler.ts';
import { MediaError } from '../errors.ts';
import type { AudioFrame, DtmfFrame, Frame, FrameToCall, MarkFrame, MessageFrame } from '../frames/frame.ts';
import type { ProviderCapabilities } from '../serializers/serializer.ts';
import type { Clock } from '../streams/clock.ts';
import type {
  CallWarningCode,
  Interruption,
  OpenPlayback,
  Playback,
  PlaybackEnd,
  PlayOptions,
  PlaySource,
} from './call.ts';
import type { Deadlines } from './deadlines.ts';
import { feed } from './feed.ts';
import { type CutOff, InFlight, type InFlightHost, type Retaken, retake } from './in-flight.ts';
import { type MarkOutcome, PlayoutLedger } from './playout-ledger.ts';
import type { Piece, TellPiece } from './trail.ts';
import { assertMono, Utterance, type UtteranceOwner } from './utterance.ts';

/** Marks and messages that may wait to be sent. They take no time, so they are counted. */
const WAITING_FRAMES = 1000;

/** Audio is cut into messages of this length, which divides every provider's playout frame. */
const MESSAGE_MS = 20;

/** A plain utterance is over when nothing was written for this long. */
const UTTERANCE_GAP_MS = 40;

/** Sound that should have been played for this long has been. */
const PLAYED_OUT_MS = 10;

/** Audio is handed to the socket only while less than this waits in it, so that a clear is never stuck behind audio. */
const SOCKET_BYTES = 4096;

/** How often a full socket is looked at again. */
const SOCKET_POLL_MS = 20;

/** A peer that reads nothing for this long is given up. */
const STALL_MS = 10_000;

/** Send-ahead is filled in steps of this length, so that a long playback wakes us ten times a second, not fifty. */
const REFILL_MS = 100;

/** Playout is followed with each message that comes in, and this often when none does. */
const FOLLOW_MS = 100;

/** While messages come in, it is looked this often whether they still do: a timer costs as much as half a message. */
const WATCH_MS = 300;

/** Fence marks are at least this far apart. */
const FENCE_EVERY_MS = 1000;

/** A mark that is overdue by this much will not come. */
const MARK_OVERDUE_MS = 3000;

/** A playback that holds up what was written later, and has had no sound for this long, may have been forgotten. */
const HELD_UP_MS = 5000;

/** Marks of our own begin so. */
const OWN_MARK = 'patchcord:';

/** Deadlines of the way out. */
export type OutboundDeadline = 'pump' | 'follow';

/** What the way out needs of its call. */
export interface OutboundHost extends InFlightHost {
  readonly clock: Clock;
  /** The clock's time, read once for each message that comes in. */
  now(): number;
  readonly deadlines: Pick<Deadlines<OutboundDeadline>, 'set'>;
  readonly wireRate: number;
  readonly appRate: number;
  readonly quality: ResamplerQuality;
  readonly sendAheadMs: number;
  readonly maxQueuedMs: number;
  readonly markEveryMs: number;
  readonly sendsDtmf: boolean;
  readonly clearedMarks: ProviderCapabilities['clearedMarks'];
  /** Bytes that wait in the socket. */
  bufferedAmount(): number;
  transmit(frame: FrameToCall): void;
  warn(code: CallWarningCode, message: string): void;
  /** Sound begins that is to be heard. */
  inspect(samples: Int16Array): void;
  /** A mark of the app's that was never sent was cleared. */
  markCleared(name: string): void;
  /** The peer stopped reading. */
  stalled(): void;
  readonly counted: { sentMs: number; clearedMs: number; passedOver: number };
}

type Entry = Utterance | Retaken | { readonly kind: 'pass'; readonly frame: MessageFrame | DtmfFrame };

function isAgain(entry: Entry): entry is Extract<Retaken, { readonly kind: 'again' }> {
  return !(entry instanceof Utterance) && entry.kind === 'again';
}

function isMark(entry: Entry): entry is Extract<Retaken, { readonly kind: 'mark' }> {
  return !(entry instanceof Utterance) && entry.kind === 'mark';
}

/**
 * The way out of a call: one queue in call order, sent no further ahead than can be taken back, and followed
 * to the caller's ear.
 */
export class Outbound implements UtteranceOwner {
  readonly wireRate: number;
  readonly appRate: number;
  readonly frameSamples: number;
  readonly #host: OutboundHost;
  readonly #ledger: PlayoutLedger;
  readonly #resamplers = new Map<number, Resampler>();
  #queue: Entry[] = [];
  /** Utterances that have begun and are not settled, oldest first. */
  #flying: Utterance[] = [];
  /** Where each utterance that was sent whole ends, padding included. */
  readonly #ends = new Map<Utterance, number>();
  readonly #flight: InFlight;
  /** Echoes of marks that were taken back, to be passed over. */
  readonly #retaken = new Map<string, number>();
  readonly #receivedMarks = new WeakSet<Frame>();
  #ownMarks = 0;
  #samplesSinceMark = 0;
  #lastFenceMs = Number.NEGATIVE_INFINITY;
  /** Since when the utterance at the head waits for more. */
  #emptySinceMs = 0;
  /** Playout was last followed then, and a deadline stands for when it was not for long. */
  #followedMs = 0;
  #following = false;
  #stalledSinceMs: number | undefined;
  #pumping = false;
  /** The playback that holds up what was written later, and since when. */
  #holdsUp: Utterance | undefined;
  #holdsUpSinceMs = 0;
  #closed = false;
  #marksMissing = false;
  #drainWaiters: (() => void)[] = [];
  #idleWaiters: (() => void)[] = [];

  constructor(host: OutboundHost) {
    this.#host = host;
    this.wireRate = host.wireRate;
    this.appRate = host.appRate;
    this.frameSamples = (host.wireRate * MESSAGE_MS) / 1000;
    this.#ledger = new PlayoutLedger(host.wireRate);
    this.#flight = new InFlight(host, this.#ledger, host.wireRate);
  }

  // --- the app's words ---

  /** Writes a frame. False when it waits beyond send-ahead, or was refused. */
  write(frame: Frame): boolean {
    if (this.#closed) return false;
    switch (frame.kind) {
      case 'audio': {
        assertMono(frame);
        const utterance = this.#openPlain();
        if (this.#queue.length === 1 && this.#sendThrough(utterance, frame)) return true;
        return utterance.writePiece(frame) && !this.#backlog;
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
        return this.#enqueue({ kind: 'pass', frame });
      case 'dtmf':
        if (this.#host.sendsDtmf && frame.track === 'outbound') return this.#enqueue({ kind: 'pass', frame });
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
    const last = this.#queue.at(-1);
    if (last instanceof Utterance && !last.played) last.end();
  }

  interrupt(): Interruption {
    const now = this.#host.clock.now();
    this.advance(now);
    const unheard = this.#unheard(now);
    const waiting = this.#queue.filter((entry) => entry instanceof Utterance);
    const marks = this.#queue.flatMap((entry) => (isMark(entry) ? [entry.name] : []));
    const utterances = [...new Set([...this.#flying, ...waiting])];
    // Before observers are told of the clear: what they write then is heard.
    this.#queue = [];
    this.#flying = [];
    this.#ends.clear();
    const heard = unheard ? this.#clear(now).heard : this.#ledger.sent;
    const playbacks: { playback: Playback; heardMs: number; sentMs: number }[] = [];
    for (const utterance of utterances) {
      const cutOff = utterance.played || utterance.queuedMs > 0 || heard < utterance.stop;
      utterance.drop();
      const { heardMs, sentMs } = utterance.settle(cutOff ? 'cleared' : 'played', heard);
      if (cutOff) playbacks.push({ playback: utterance, heardMs, sentMs });
    }
    this.#pump();
    this.#wake();
    for (const name of marks) this.#host.markCleared(name);
    return { playbacks };
  }

  // --- the call's words ---

  /** Sound that waits to be sent or heard, in milliseconds. */
  get unheardMs(): number {
    return this.#queuedMs() + this.#ledger.aheadMs(this.#host.clock.now());
  }

  /** Resolves when the queue has been handed over; undefined when it has been. */
  drained(): Promise<void> | undefined {
    if (!this.#backlog || this.#closed) return undefined;
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Nothing more will be written: resolves when all has been heard. */
  finish(): Promise<void> {
    for (const entry of [...this.#queue]) {
      // A playback with a source of its own goes on to the source's end.
      if (entry instanceof Utterance && !entry.sourced) entry.end();
    }
    this.#pump();
    if (this.#idle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Handles a mark that came back. Undefined for marks that the app must not see. */
  markEchoed(name: string, now: number): MarkOutcome | 'unknown' | undefined {
    const outcome = this.#ledger.markEchoed(name, now);
    this.#settlePlayed(this.#ledger.confirmed);
    if (name.startsWith(OWN_MARK)) return undefined;
    const retaken = this.#retaken.get(name);
    if (outcome === 'cleared' && retaken !== undefined) {
      if (retaken > 1) this.#retaken.set(name, retaken - 1);
      else this.#retaken.delete(name);
      return undefined;
    }
    if (outcome === 'cleared') return outcome;
    // The clock may have settled it before it came back.
    return this.#flight.markPlayed(name) ? 'played' : 'unknown';
  }

  /**
   * Handles the provider's word that it has cleared. Gives the marks that will not come back, on a wire that drops
   * cleared marks: they are to be taken as sent back now.
   */
  clearConfirmed(): string[] {
    const cleared = this.#ledger.clearConfirmed();
    return this.#host.clearedMarks === 'dropped' ? cleared : [];
  }

  /** A mark that was received, which an echo must not send again. */
  passOver(mark: MarkFrame): void {
    this.#receivedMarks.add(mark);
  }

  /** Follows playout to now. Called with every message that comes, which saves a timer. */
  advance(now: number): void {
    if (this.#queue.length > 1) this.#watchHeldUp(now);
    this.#endQuietUtterance(now);
    this.#followedMs = now;
    if (this.#flying.length === 0 && this.#flight.empty) return;
    const heard = this.#ledger.heardAt(now);
    this.#flight.heard(heard);
    if (this.#host.observers.any('app')) for (const utterance of this.#flying) utterance.followed(heard);
    if (this.#host.markEveryMs === 0) {
      const surely = this.#ledger.heardAt(now - this.#ledger.errorMs);
      this.#settlePlayed(surely);
      if (surely === this.#ledger.sent) this.#ledger.assumeHeard();
    } else if (this.#ledger.overdueMs(now) > MARK_OVERDUE_MS) {
      if (!this.#marksMissing) {
        this.#marksMissing = true;
        this.#host.warn(
          'marks-missing',
          'Marks do not come back, so what was heard is known from the clock alone. Check that the stream is bidirectional (<Connect><Stream>).',
        );
      }
      this.#ledger.assumeHeard();
      this.#settlePlayed(this.#ledger.sent);
    }
  }

  due(deadline: OutboundDeadline): void {
    if (deadline === 'pump') {
      this.#pump();
      return;
    }
    const now = this.#host.clock.now();
    const followedMs = this.#followedMs;
    if (now - followedMs < FOLLOW_MS - 1) {
      // Messages come in, and each of them follows.
      this.#host.deadlines.set('follow', now + WATCH_MS);
      return;
    }
    this.#following = false;
    this.advance(now);
    if (this.#flying.length > 0) this.#follow(now);
  }

  /** Tells of a playback that waits for sound while what was written later waits for it. */
  #watchHeldUp(now: number): void {
    const head = this.#queue[0];
    const waits = head instanceof Utterance && head.played && !head.ended && head.queuedMs === 0;
    if (!waits || head !== this.#holdsUp) {
      this.#holdsUp = waits ? head : undefined;
      this.#holdsUpSinceMs = now;
      return;
    }
    if (now - this.#holdsUpSinceMs < HELD_UP_MS) return;
    this.#host.warn(
      'playback-waits',
      `What was written later waits for a playback that has had no sound for ${HELD_UP_MS / 1000} s. Call its end() once all is written, see to its source, or interrupt it.`,
    );
  }

  /** Ends a plain utterance that nothing was written to for a while. */
  #endQuietUtterance(now: number): void {
    const head = this.#queue[0];
    if (!(head instanceof Utterance) || head.played || head.queuedMs > 0 || this.#queue.length > 1) return;
    if (now - this.#emptySinceMs < UTTERANCE_GAP_MS) return;
    // The start of a frame must follow on the sound before it. Where there is none, the utterance may go on as long as it
    // plays: pieces longer than the gap, each written when the one before it has been played, are one utterance.
    const aheadMs = head.partial
      ? this.#ledger.aheadMs(now) - UTTERANCE_GAP_MS
      : this.#ledger.aheadMs(now - PLAYED_OUT_MS);
    if (aheadMs <= 0) head.end();
  }

  /** The call is over: settles everything. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const now = this.#host.clock.now();
    this.#flight.heard(this.#ledger.heardAt(now));
    const { heard, clearedMs } = this.#flight.cut(now, () => this.#ledger.heardAt(now));
    this.#host.counted.clearedMs += clearedMs;
    const waiting = this.#queue.filter((entry) => entry instanceof Utterance);
    for (const utterance of new Set([...this.#flying, ...waiting])) {
      utterance.drop();
      utterance.settle('call-ended', heard);
    }
    this.#queue = [];
    this.#flying = [];
    this.#wake();
  }

  // --- what utterances ask ---

  get errorMs(): number {
    return this.#ledger.errorMs;
  }

  heardPosition(): number {
    return this.#ledger.heardAt(this.#host.clock.now());
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
      const timestampMs =
        phase === 'sent'
          ? this.#host.timelineMs(now)
          : this.#flight.earMs(position === undefined ? now : this.#ledger.playedAtMs(position));
      this.#host.observers.tell(
        'app',
        { kind: 'audio', samples, sampleRate, channels: 1, timestampMs, track: 'outbound' },
        phase,
      );
    };
  }

  admits(durationMs: number): boolean {
    if (this.#queuedMs() + durationMs <= this.#host.maxQueuedMs) return true;
    this.#host.warn(
      'queue-full',
      `More than ${Math.round(this.#host.maxQueuedMs / 1000)} s of sound wait to be sent, so more was refused. Write no faster than the caller can hear, or interrupt first.`,
    );
    return false;
  }

  wrote(utterance: Utterance): void {
    if (utterance === this.#holdsUp) this.#holdsUp = undefined;
    if (this.#queue[0] === utterance) this.#pump();
  }

  interruptOne(utterance: Utterance): PlaybackEnd {
    const now = this.#host.clock.now();
    this.advance(now);
    this.#queue = this.#queue.filter(
      (entry) => entry !== utterance && !(isAgain(entry) && entry.utterance === utterance),
    );
    const unheard = utterance.begun && this.#unheard(now) && this.#ledger.heardAt(now) < utterance.stop;
    let heard = this.#ledger.heardAt(now);
    this.#flying = this.#flying.filter((other) => other !== utterance);
    this.#ends.delete(utterance);
    if (unheard) {
      const others = this.#flying;
      // Nothing is sent while observers are told: what was taken back comes first.
      const pumping = this.#pumping;
      this.#pumping = true;
      const cutOff = this.#clear(now);
      this.#pumping = pumping;
      heard = cutOff.heard;
      const again = retake(cutOff, utterance);
      const retaken = new Set(again.map((entry) => (entry.kind === 'again' ? entry.utterance : undefined)));
      for (const other of others) {
        const whole = this.#ends.has(other) && !retaken.has(other);
        this.#ends.delete(other);
        if (!whole) {
          other.rewind(heard);
          continue;
        }
        // All of it was heard, and the mark that would have said so was cleared.
        this.#flying = this.#flying.filter((flying) => flying !== other);
        other.settle('played', heard);
      }
      for (const entry of again) if (entry.kind === 'mark') count(this.#retaken, entry.name);
      this.#queue = [...again, ...this.#queue];
    }
    utterance.drop();
    const end = utterance.settle('cleared', heard);
    this.#pump();
    this.#wake();
    return end;
  }

  // --- the engine ---

  get #backlog(): boolean {
    const head = this.#queue[0];
    if (head === undefined) return false;
    return this.#queue.length > 1 || !(head instanceof Utterance) || head.queuedMs > 0;
  }

  get #idle(): boolean {
    return this.#queue.length === 0 && this.#flying.length === 0;
  }

  #queuedMs(): number {
    let sum = 0;
    for (const entry of this.#queue) {
      if (entry instanceof Utterance) sum += entry.queuedMs;
      else if (entry.kind === 'again') sum += MESSAGE_MS;
    }
    return sum;
  }

  #unheard(now: number): boolean {
    return this.#host.markEveryMs === 0
      ? this.#ledger.heardAt(now) < this.#ledger.sent
      : !this.#ledger.drained;
  }

  #openPlain(): Utterance {
    const last = this.#queue.at(-1);
    if (last instanceof Utterance && !last.played && !last.ended) return last;
    const utterance = new Utterance(this, false, this.appRate);
    this.#queue.push(utterance);
    return utterance;
  }

  #enqueue(entry: Entry): boolean {
    if (this.#queue.length >= WAITING_FRAMES) {
      this.#host.warn(
        'queue-full',
        `More than ${WAITING_FRAMES} marks, messages and playbacks wait to be sent, so one more was refused. Write no faster than the caller can hear, or interrupt first.`,
      );
      return false;
    }
    this.#queue.push(entry);
    this.#pump();
    return !this.#backlog;
  }

  /** Sends what may be sent now. */
  #pump(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    try {
      while (this.#queue.length > 0 && this.#sendHead(this.#queue[0] as Entry));
    } finally {
      this.#pumping = false;
    }
    this.#wake();
  }

  /** Sends a piece of the one utterance that stands in the queue, if it is a message as it is and may be sent now. */
  #sendThrough(utterance: Utterance, frame: AudioFrame): boolean {
    if (this.#pumping || utterance.queuedMs > 0) return false;
    const now = this.#host.now();
    if (!this.#socketTakes(now) || !this.#mayPlayMore(now)) return false;
    const samples = utterance.through(frame);
    if (samples === undefined) return false;
    // What observers write meanwhile comes after it.
    this.#pumping = true;
    try {
      const position = this.#transmitAudio(samples, samples.length, utterance, now);
      utterance.sentThrough(frame, position);
    } finally {
      this.#pumping = false;
    }
    this.#emptySinceMs = now;
    if (this.#queue.length > 1 || utterance.queuedMs > 0) this.#pump();
    return true;
  }

  /** Sends the head of the queue, or a part of it. False when the rest must wait. */
  #sendHead(entry: Entry): boolean {
    const now = this.#host.now();
    if (!this.#socketTakes(now)) return false;
    if (entry instanceof Utterance) {
      if (entry.settled) {
        this.#queue.shift();
        return true;
      }
      if (entry.queuedMs > 0 && !this.#mayPlayMore(now)) return false;
      const samples = entry.take();
      if (samples !== undefined) {
        this.#sendAudio(samples, entry.takenOwn, entry, now);
        return true;
      }
      if (!entry.exhausted) {
        if (entry.played) return false;
        if (this.#queue.length > 1) entry.end();
        else {
          this.#emptySinceMs = now;
          // Its tail is sent even where no message comes in meanwhile.
          this.#follow(now);
        }
        return entry.ended;
      }
      this.#queue.shift();
      if (!entry.begun) {
        entry.settle('played', 0);
        return true;
      }
      this.#sentWhole(entry, now);
      return true;
    }
    switch (entry.kind) {
      case 'again':
        if (!this.#mayPlayMore(now)) return false;
        this.#queue.shift();
        if (entry.utterance.settled) return true;
        this.#sendAudio(entry.samples, entry.own, entry.utterance, now);
        if (entry.utterance.exhausted && !entry.utterance.settled && !this.#followsAgain(entry.utterance))
          this.#sentWhole(entry.utterance, now);
        return true;
      case 'mark':
        this.#queue.shift();
        this.#flight.markSent({ name: entry.name, position: this.#ledger.sent });
        this.#ledger.markSent(entry.name, now);
        this.#samplesSinceMark = 0;
        this.#host.transmit(entry);
        this.#host.observers.tellBoth(entry, 'sent');
        return true;
      case 'pass':
        this.#queue.shift();
        this.#host.transmit(entry.frame);
        this.#host.observers.tellBoth(entry.frame, 'sent');
        return true;
    }
  }

  /** All of an utterance is in the provider's hands: the mark behind it will tell when it has been heard. */
  #sentWhole(utterance: Utterance, now: number): void {
    this.#ends.set(utterance, this.#ledger.sent);
    if (this.#host.markEveryMs > 0 && this.#samplesSinceMark > 0) this.#sendOwnMark(now);
    this.#settlePlayed(this.#ledger.confirmed);
  }

  #followsAgain(utterance: Utterance): boolean {
    const next = this.#queue[0];
    return next !== undefined && isAgain(next) && next.utterance === utterance;
  }

  #socketTakes(now: number): boolean {
    if (this.#host.bufferedAmount() < SOCKET_BYTES) {
      this.#stalledSinceMs = undefined;
      return true;
    }
    this.#stalledSinceMs ??= now;
    if (now - this.#stalledSinceMs >= STALL_MS) this.#host.stalled();
    else this.#host.deadlines.set('pump', now + SOCKET_POLL_MS);
    return false;
  }

  #mayPlayMore(now: number): boolean {
    const aheadMs = this.#ledger.aheadMs(now);
    if (aheadMs < Math.max(this.#host.sendAheadMs, MESSAGE_MS)) return true;
    const refillMs = Math.min(REFILL_MS, this.#host.sendAheadMs / 2);
    this.#host.deadlines.set('pump', now + aheadMs - this.#host.sendAheadMs + Math.max(refillMs, 1));
    return false;
  }

  #sendAudio(samples: Int16Array<ArrayBuffer>, own: number, utterance: Utterance, now: number): void {
    utterance.sent(this.#transmitAudio(samples, own, utterance, now), own);
  }

  /** Sends one message of sound and follows it. Returns its position. Who called notes it with the utterance. */
  #transmitAudio(samples: Int16Array<ArrayBuffer>, own: number, utterance: Utterance, now: number): number {
    const { markEveryMs } = this.#host;
    const ledger = this.#ledger;
    if (markEveryMs > 0 && ledger.drained && now - this.#lastFenceMs >= FENCE_EVERY_MS) {
      // Nothing is left to play, so it comes back at once: its round trip is the network's. Sent before the audio, for
      // what is sent in one burst holds up what stands behind it.
      this.#lastFenceMs = now;
      this.#sendOwnMark(now);
    }
    const audio: AudioFrame = {
      kind: 'audio',
      samples,
      sampleRate: this.wireRate,
      channels: 1,
      timestampMs: this.#host.timelineMs(now),
      track: 'outbound',
    };
    this.#host.transmit(audio);
    const position = ledger.sent;
    ledger.audioSent(samples.length, now);
    if (this.#flying.at(-1) !== utterance && !this.#flying.includes(utterance)) this.#flying.push(utterance);
    this.#flight.audioSent({ samples, own, utterance, position });
    this.#host.counted.sentMs += MESSAGE_MS;
    this.#samplesSinceMark += samples.length;
    if (markEveryMs > 0 && (1000 * this.#samplesSinceMark) / this.wireRate >= markEveryMs)
      this.#sendOwnMark(now);
    this.#follow(now);
    // Observers last, for they may interrupt.
    if (this.#host.observers.any('wire')) this.#host.observers.tell('wire', audio, 'sent');
    return position;
  }

  /** Has playout followed from now on, if it is not. */
  #follow(now: number): void {
    if (this.#following) return;
    this.#following = true;
    this.#followedMs = now;
    this.#host.deadlines.set('follow', now + FOLLOW_MS);
  }

  #sendOwnMark(now: number): void {
    const name = `${OWN_MARK}${++this.#ownMarks}`;
    this.#samplesSinceMark = 0;
    this.#ledger.markSent(name, now);
    this.#host.transmit({ kind: 'mark', name });
  }

  /** Sends a clear and tells what it cut off. */
  #clear(now: number): CutOff {
    this.#host.transmit({ kind: 'clear' });
    this.#samplesSinceMark = 0;
    const cutOff = this.#flight.cut(now, () => this.#ledger.cleared(now));
    this.#host.counted.clearedMs += cutOff.clearedMs;
    return cutOff;
  }

  /** Settles the utterances whose end is at or before a position. */
  #settlePlayed(position: number): void {
    while (this.#ends.size > 0) {
      const utterance = this.#flying[0];
      if (utterance === undefined) break;
      const end = this.#ends.get(utterance);
      if (end === undefined || end > position) break;
      this.#flying.shift();
      this.#ends.delete(utterance);
      utterance.settle('played', position);
    }
    if (this.#idle) this.#wake();
  }

  #wake(): void {
    if (!this.#backlog && this.#drainWaiters.length > 0) {
      for (const resolve of this.#drainWaiters.splice(0)) resolve();
    }
    if (this.#idle && this.#idleWaiters.length > 0) {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
