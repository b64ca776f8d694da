import type { AudioFrame, MarkFrame } from '../frames/frame.ts';
import type { Phase } from './call.ts';
import type { Observers } from './observers.ts';
import type { PlayoutLedger } from './playout-ledger.ts';
import type { Utterance } from './utterance.ts';

/** Played audio whose time is estimated within this of the end of what was played before it follows on it. */
const JOIN_MS = 20;

/** A frame in the provider's hands. */
export interface FlyingFrame {
  readonly samples: Int16Array<ArrayBuffer>;
  /** How many of them are the utterance's own; the others are padding. */
  readonly own: number;
  readonly utterance: Utterance;
  /** Position of its first sample. */
  readonly position: number;
}

/** A mark of the app's in the provider's hands. */
export interface FlyingMark {
  readonly name: string;
  readonly position: number;
}

/** What a clear cut off. */
export interface CutOff {
  /** The position heard. */
  readonly heard: number;
  readonly clearedMs: number;
  /** All that was in flight, the heard part of its first frame included. */
  readonly frames: readonly FlyingFrame[];
  readonly marks: readonly FlyingMark[];
}

/** What is told of a flight, and by which clock. */
export interface InFlightHost {
  readonly observers: Observers;
  /** The clock's time of an arrival as a time on the inbound timeline. */
  timelineMs(clockMs: number): number;
}

/** What the provider was given and has not played yet, and its way to the ear, as observers at the wire are told it. */
export class InFlight {
  readonly #host: InFlightHost;
  readonly #ledger: PlayoutLedger;
  readonly #wireRate: number;
  #frames: FlyingFrame[] = [];
  #marks: FlyingMark[] = [];
  /** Up to where the ear was once thought to be: estimates waver, what was told and let go does not come back. */
  #heardTo = 0;
  /** Where the next played sample is on the inbound timeline, if it follows on the last. */
  #playedToMs = Number.NEGATIVE_INFINITY;

  /** @param wireRate in Hz. */
  constructor(host: InFlightHost, ledger: PlayoutLedger, wireRate: number) {
    this.#host = host;
    this.#ledger = ledger;
    this.#wireRate = wireRate;
  }

  get empty(): boolean {
    return this.#frames.length === 0;
  }

  audioSent(flying: FlyingFrame): void {
    this.#frames.push(flying);
  }

  markSent(mark: FlyingMark): void {
    this.#marks.push(mark);
  }

  /** A mark came back, and with it all marks before it. False where none of that name is in flight. */
  markPlayed(name: string): boolean {
    const index = this.#marks.findIndex((mark) => mark.name === name);
    this.#marks.splice(0, index + 1);
    return index >= 0;
  }

  /** The ear has come to a position. */
  heard(position: number): void {
    // Taken out before it is told: an observer may interrupt.
    for (let flying = this.#frames[0]; flying !== undefined; flying = this.#frames[0]) {
      const { length } = flying.samples;
      if (flying.position + length > position) break;
      this.#frames.shift();
      this.#heardTo = flying.position + length;
      if (this.#host.observers.any('wire')) {
        this.#tell(flying, 0, length, 'played', this.#ledger.playedAtMs(flying.position));
      }
    }
  }

  /**
   * Nothing is in flight any more: it was cleared, or the call is over.
   *
   * @param cleared whether a clear was sent, which the ledger is told before anybody else.
   */
  cut(nowMs: number, cleared: boolean): CutOff {
    const frames = this.#frames;
    const marks = this.#marks;
    const times = frames.map((flying) => this.#ledger.playedAtMs(flying.position));
    const settled = cleared ? this.#ledger.cleared(nowMs) : this.#ledger.heardAt(nowMs);
    const heard = Math.max(settled, this.#heardTo);
    // Before anybody is told: what an observer sends now is in flight after the cut.
    this.#frames = [];
    this.#marks = [];
    let samples = 0;
    for (const [i, flying] of frames.entries()) {
      const { length } = flying.samples;
      const cut = Math.min(length, Math.max(0, heard - flying.position));
      this.#tell(flying, 0, cut, 'played', times[i] as number);
      this.#tell(flying, cut, length, 'cleared', nowMs);
      samples += length - cut;
    }
    return { heard, clearedMs: (1000 * samples) / this.#wireRate, frames, marks };
  }

  /** The time of a moment at the provider on the inbound timeline, whose messages are one way old when they come. */
  earMs(clockMs: number): number {
    return this.#host.timelineMs(clockMs + this.#ledger.oneWayMs);
  }

  #tell({ samples }: FlyingFrame, from: number, to: number, phase: Phase, clockMs: number): void {
    const { observers } = this.#host;
    if (from >= to || !observers.any('wire')) return;
    const audio: AudioFrame = {
      kind: 'audio',
      samples: from === 0 && to === samples.length ? samples : samples.slice(from, to),
      sampleRate: this.#wireRate,
      channels: 1,
      timestampMs: this.#joined(this.earMs(clockMs)),
      track: 'outbound',
    };
    if (phase === 'played') this.#playedToMs = audio.timestampMs + (1000 * (to - from)) / this.#wireRate;
    observers.tell('wire', audio, phase);
  }

  /** Time is counted from samples while sound plays on: the estimate of each frame wavers with the network. */
  #joined(timestampMs: number): number {
    return Math.abs(timestampMs - this.#playedToMs) < JOIN_MS ? this.#playedToMs : timestampMs;
  }
}

/** Sound or a mark, to be sent again. */
export type Retaken =
  | {
      readonly kind: 'again';
      readonly samples: Int16Array<ArrayBuffer>;
      readonly own: number;
      readonly utterance: Utterance;
    }
  | { readonly kind: 'word'; readonly frame: MarkFrame; readonly bytes: 0 };

/** Whether something is sound of an utterance that was taken back. */
export function isAgainOf(utterance: Utterance, entry: object | undefined): boolean {
  return entry !== undefined && 'utterance' in entry && entry.utterance === utterance;
}

/** What a clear took from other utterances than the interrupted one, in order: all of it but what was heard. */
export function retake({ frames, marks, heard }: CutOff, interrupted: Utterance): Retaken[] {
  const again: Retaken[] = [];
  let nextMark = 0;
  const marksUpTo = (position: number): void => {
    for (
      let mark = marks[nextMark];
      mark !== undefined && mark.position <= position;
      mark = marks[++nextMark]
    ) {
      again.push({ kind: 'word', frame: { kind: 'mark', name: mark.name }, bytes: 0 });
    }
  };
  for (const { samples, own, utterance, position } of frames) {
    marksUpTo(position);
    if (utterance === interrupted) continue;
    const cut = Math.max(0, heard - position);
    if (cut === 0) again.push({ kind: 'again', samples, own, utterance });
    else if (cut < samples.length) {
      const rest = new Int16Array(samples.length);
      rest.set(samples.subarray(cut));
      again.push({ kind: 'again', samples: rest, own: Math.max(0, own - cut), utterance });
    }
  }
  marksUpTo(Number.POSITIVE_INFINITY);
  return again;
}
