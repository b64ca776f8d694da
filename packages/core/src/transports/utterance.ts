import type { Resampler } from '../dsp/resampler.ts';
import { MediaError } from '../errors.ts';
import type { AudioFrame } from '../frames/frame.ts';
import type { OpenPlayback, PlaybackEnd } from './call.ts';
import { type Piece, type TellPiece, Trail } from './trail.ts';

/** What an utterance asks of the queue that it stands in. */
export interface UtteranceOwner {
  /** Hz on the wire. */
  readonly wireRate: number;
  /** Samples in one message. */
  readonly frameSamples: number;
  /** One per rate, lent to the utterance that is being sent; undefined where nothing is to convert. */
  resamplerFor(sampleRate: number): Resampler | undefined;
  /** Sound was written, or the end was said. */
  wrote(utterance: Utterance): void;
  interruptOne(utterance: Utterance): PlaybackEnd;
  /** Up-to-date position of the caller's ear, in samples of the wire. */
  heardPosition(): number;
  readonly errorMs: number;
  /** Tells observers at the app; undefined while there are none. */
  tellPiece(utterance: Utterance): TellPiece | undefined;
  /** Looks at the first piece of an utterance for what the caller would hear as noise, or not at all. */
  inspect(piece: Piece): void;
  /** Whether so much more may wait. Says so to the app where not. */
  admits(durationMs: number): boolean;
}

const SECOND_MS = 1000;

/** Source samples converted in one step, so that a long sound is not converted whole before its first frame. */
const STEP_MS = 20;

/** Throws for sound that no conversion can carry. */
export function assertMono(frame: AudioFrame): void {
  if (frame.channels !== 1) {
    throw new MediaError(
      'wrong-format',
      `A call carries one channel; this frame has ${frame.channels}. Mix it down before it is sent.`,
    );
  }
}

/**
 * One stretch of speech on its way to the caller: what `play` returns, and what plain writes add up to.
 *
 * Turns pieces of any length and rate into frames of the wire's length, and keeps count of what of its own
 * source was sent and heard.
 */
export class Utterance implements OpenPlayback {
  readonly done: Promise<PlaybackEnd>;
  /** Whether the app has this as a `Playback`; plain writes are not cancelled by an interruption of another. */
  readonly played: boolean;
  /** Whether a source of its own writes to it, and will end it. */
  sourced = false;
  #owner: UtteranceOwner;
  readonly #rawRate: number;
  #settle!: (end: PlaybackEnd) => void;
  #end: PlaybackEnd | undefined;
  #pieces: Piece[] = [];
  #offset = 0;
  #ended = false;
  #flushed = false;
  #resampler: Resampler | undefined;
  #resamplerRate = 0;
  #partial: Int16Array<ArrayBuffer> | undefined;
  #filled = 0;
  #takenOwn = 0;
  #converted: Int16Array<ArrayBuffer> | undefined;
  #convertedOffset = 0;
  #queuedMs = 0;
  #sourceMs = 0;
  /** Own samples sent in all, and heard before the last start. */
  #sentOwn = 0;
  #heardBefore = 0;
  /** Position of the first sample sent since the last start; undefined before that. */
  #start: number | undefined;
  #stop = 0;
  #trail: Trail | undefined;

  /** @param rawRate of samples that are not in a frame, in Hz. */
  constructor(owner: UtteranceOwner, played: boolean, rawRate: number) {
    this.#owner = owner;
    this.#rawRate = rawRate;
    this.played = played;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  // --- the app's side ---

  get heardMs(): number {
    if (this.#end) return this.#end.heardMs;
    return this.#toMs(this.#heardOwn(this.#owner.heardPosition()));
  }

  get sentMs(): number {
    return this.#end ? this.#end.sentMs : this.#toMs(this.#sentOwn);
  }

  write(sound: AudioFrame | Int16Array<ArrayBuffer>): boolean {
    if (sound instanceof Int16Array) {
      return this.writePiece({ samples: sound, sampleRate: this.#rawRate });
    }
    assertMono(sound);
    return this.writePiece(sound);
  }

  writePiece(piece: Piece): boolean {
    if (this.#ended || this.#end) return false;
    const durationMs = (SECOND_MS * piece.samples.length) / piece.sampleRate;
    if (!this.#owner.admits(durationMs)) return false;
    // Before anything is queued: a rate that cannot be converted is refused here, not when its turn comes.
    this.#owner.resamplerFor(piece.sampleRate);
    if (this.#sourceMs === 0) this.#owner.inspect(piece);
    const ownStart = this.#ownAt(this.#sourceMs);
    this.#pieces.push(piece);
    this.#queuedMs += durationMs;
    this.#sourceMs += durationMs;
    const tell = this.#trail ? undefined : this.#owner.tellPiece(this);
    if (tell) this.#trail = new Trail(tell);
    this.#trail?.add(piece, ownStart, this.#ownAt(this.#sourceMs));
    this.#owner.wrote(this);
    return true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.wrote(this);
  }

  interrupt(): PlaybackEnd {
    return this.#end ?? this.#owner.interruptOne(this);
  }

  // --- the queue's side ---

  /** Sound that waits to be sent, in milliseconds of the source. */
  get queuedMs(): number {
    return this.#queuedMs;
  }

  /** Whether the start of a frame waits for its rest. */
  get partial(): boolean {
    return this.#filled > 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether everything was taken, tail included. */
  get exhausted(): boolean {
    return this.#flushed;
  }

  get settled(): boolean {
    return this.#end !== undefined;
  }

  /** Whether some of its sound is in the provider's hands or was heard. */
  get begun(): boolean {
    return this.#start !== undefined || this.#heardBefore > 0;
  }

  /** Position after the last sample sent. */
  get stop(): number {
    return this.#stop;
  }

  /** How many samples of the frame that was taken last are the source's own; the others are padding. */
  get takenOwn(): number {
    return this.#takenOwn;
  }

  /**
   * The next message's worth of sound at the wire's rate, or undefined where there is not enough for one. After the end the
   * tail is padded with silence.
   */
  take(): Int16Array<ArrayBuffer> | undefined {
    const size = this.#owner.frameSamples;
    while (true) {
      if (this.#converted === undefined && !this.#convert()) break;
      const converted = this.#converted as Int16Array<ArrayBuffer>;
      if (this.#filled === 0 && this.#convertedOffset === 0 && converted.length === size) {
        this.#converted = undefined;
        this.#takenOwn = size;
        return converted;
      }
      this.#partial ??= new Int16Array(size);
      const count = Math.min(size - this.#filled, converted.length - this.#convertedOffset);
      this.#partial.set(
        converted.subarray(this.#convertedOffset, this.#convertedOffset + count),
        this.#filled,
      );
      this.#filled += count;
      this.#convertedOffset += count;
      if (this.#convertedOffset === converted.length) {
        this.#converted = undefined;
        this.#convertedOffset = 0;
      }
      if (this.#filled === size) return this.#takePartial();
    }
    if (!this.#ended) return undefined;
    this.#flushed = true;
    return this.#filled > 0 ? this.#takePartial() : undefined;
  }

  /**
   * A piece that is one message long, converted, where nothing waits before it: it need not be queued.
   *
   * @returns undefined for a piece that has to be queued.
   */
  through(piece: Piece): Int16Array<ArrayBuffer> | undefined {
    const { samples, sampleRate } = piece;
    if (
      samples.length * this.#owner.wireRate !== this.#owner.frameSamples * sampleRate ||
      sampleRate !== this.#resamplerRate ||
      this.#pieces.length > 0 ||
      this.#filled > 0 ||
      this.#converted !== undefined ||
      this.#ended
    )
      return undefined;
    const message = this.#resampler ? this.#resampler.push(samples) : samples;
    if (message.length === this.#owner.frameSamples) return message;
    throw new Error('A resampler gave another length than it promises.');
  }

  /** Notes that a piece went through, and was handed to the socket at a position. */
  sentThrough(piece: Piece, position: number): void {
    const own = this.#owner.frameSamples;
    this.#start ??= position;
    this.#stop = position + own;
    this.#sentOwn += own;
    const ownStart = this.#ownAt(this.#sourceMs);
    this.#sourceMs += (SECOND_MS * own) / this.#owner.wireRate;
    if (!this.#trail) {
      const tell = this.#owner.tellPiece(this);
      if (!tell) return;
      this.#trail = new Trail(tell);
    }
    this.#trail.passed(piece, ownStart, ownStart + own);
  }

  /** Notes that own samples of this utterance were handed to the socket at a position. */
  sent(position: number, own: number): void {
    this.#start ??= position;
    this.#stop = position + own;
    this.#sentOwn += own;
    this.#trail?.sent(this.#sentOwn);
  }

  /** Notes that the caller's ear has come to a position. */
  followed(heardPosition: number): void {
    this.#trail?.heard(this.#heardOwn(heardPosition));
  }

  /** Where one of its own samples is on the wire; undefined while it is not sent. */
  positionOf(own: number): number | undefined {
    return this.#start === undefined ? undefined : this.#start + own - this.#heardBefore;
  }

  /** What was sent is taken back, to be sent again: all but what was heard before the position. */
  rewind(heardPosition: number): void {
    this.#heardBefore = this.#heardOwn(heardPosition);
    this.#sentOwn = this.#heardBefore;
    this.#start = undefined;
  }

  /** Drops what was not sent. No more can be written. */
  drop(): void {
    this.#pieces.length = 0;
    this.#offset = 0;
    this.#queuedMs = 0;
    this.#converted = undefined;
    this.#partial = undefined;
    this.#filled = 0;
    this.#ended = true;
    this.#flushed = true;
  }

  /** Settles `done`. The first outcome holds. */
  settle(outcome: PlaybackEnd['outcome'], heardPosition: number): PlaybackEnd {
    if (this.#end) return this.#end;
    const played = outcome === 'played';
    this.#end = {
      outcome,
      heardMs: this.#toMs(played ? this.#sentOwn : this.#heardOwn(heardPosition)),
      sentMs: this.#toMs(this.#sentOwn),
      errorMs: played ? 0 : this.#owner.errorMs,
    };
    this.#trail?.cut(played ? this.#ownAt(this.#sourceMs) : this.#heardOwn(heardPosition));
    this.#trail = undefined;
    this.#settle(this.#end);
    return this.#end;
  }

  #heardOwn(heardPosition: number): number {
    if (this.#start === undefined) return this.#heardBefore;
    const heard = Math.min(heardPosition, this.#stop) - this.#start;
    return this.#heardBefore + Math.max(0, heard);
  }

  #ownAt(sourceMs: number): number {
    return Math.round((sourceMs * this.#owner.wireRate) / SECOND_MS);
  }

  #toMs(own: number): number {
    const ms = Math.floor((SECOND_MS * own) / this.#owner.wireRate);
    return Math.min(ms, Math.floor(this.#sourceMs));
  }

  #takePartial(): Int16Array<ArrayBuffer> {
    const samples = this.#partial as Int16Array<ArrayBuffer>;
    this.#takenOwn = this.#filled;
    this.#partial = undefined;
    this.#filled = 0;
    return samples;
  }

  /** Converts the next step of the source. False where nothing is left for now. */
  #convert(): boolean {
    this.#convertedOffset = 0;
    while (true) {
      const piece = this.#pieces[0];
      if (piece === undefined) {
        if (!this.#ended || this.#resampler === undefined) return false;
        const tail = this.#resampler.end();
        this.#resampler = undefined;
        if (tail.length === 0) return false;
        this.#converted = tail;
        return true;
      }
      if (this.#resamplerRate !== piece.sampleRate && this.#offset === 0) {
        const tail = this.#resampler?.end();
        this.#resampler = this.#owner.resamplerFor(piece.sampleRate);
        this.#resampler?.reset();
        this.#resamplerRate = piece.sampleRate;
        if (tail !== undefined && tail.length > 0) {
          this.#converted = tail;
          return true;
        }
      }
      const step = Math.ceil((piece.sampleRate * STEP_MS) / SECOND_MS);
      const whole = this.#offset === 0 && piece.samples.length <= step;
      const next = whole ? piece.samples : piece.samples.subarray(this.#offset, this.#offset + step);
      this.#offset += next.length;
      this.#queuedMs -= (SECOND_MS * next.length) / piece.sampleRate;
      if (this.#offset >= piece.samples.length) {
        this.#pieces.shift();
        this.#offset = 0;
        if (this.#pieces.length === 0) this.#queuedMs = 0;
      }
      const converted = this.#resampler
        ? this.#resampler.push(next)
        : whole
          ? piece.samples
          : (next.slice() as Int16Array<ArrayBuffer>);
      if (converted.length === 0) continue;
      this.#converted = converted;
      return true;
    }
  }
}
