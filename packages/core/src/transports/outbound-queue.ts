import type { DtmfFrame, MarkFrame, MessageFrame } from '../frames/frame.ts';
import { isAgainOf, type Retaken } from './in-flight.ts';
import type { OutboundHost } from './outbound-host.ts';
import { Utterance } from './utterance.ts';

/** Audio is cut into messages of this length, which divides every provider's playout frame. */
export const MESSAGE_MS = 20;

/** Entries behind which no mark and no message may wait. They take no time, so they are counted. */
const WAITING_ENTRIES = 1000;

/** Text that may wait in marks and messages, in bytes of UTF-8. */
const WAITING_BYTES = 2 ** 20;

/** A playback that holds up what was written later, and has had no sound for this long, may have been forgotten. */
const HELD_UP_MS = 5000;

/** A frame without sound, to be sent as it is. */
export interface Word {
  readonly kind: 'word';
  readonly frame: MarkFrame | MessageFrame | DtmfFrame;
  /** Bytes of its text; 0 for what was sent before and taken back. */
  readonly bytes: number;
}

/** What stands in the queue. */
export type Entry = Utterance | Retaken | Word;

/** What waits to be sent, in call order, and how much may wait. */
export class OutboundQueue {
  readonly #host: Pick<OutboundHost, 'maxQueuedMs' | 'warn'>;
  #entries: Entry[] = [];
  #wordBytes = 0;
  /** The playback that holds up what was written later, and since when. */
  #holdsUp: Utterance | undefined;
  #holdsUpSinceMs = 0;

  constructor(host: Pick<OutboundHost, 'maxQueuedMs' | 'warn'>) {
    this.#host = host;
  }

  get length(): number {
    return this.#entries.length;
  }

  get head(): Entry | undefined {
    return this.#entries[0];
  }

  /** The utterance that plain writes add to, if the last entry is one. */
  get plain(): Utterance | undefined {
    const last = this.#entries.at(-1);
    return last instanceof Utterance && !last.played ? last : undefined;
  }

  /** Whether something waits that could be sent if time allowed. */
  get backlog(): boolean {
    const head = this.#entries[0];
    if (head === undefined) return false;
    return this.#entries.length > 1 || !(head instanceof Utterance) || head.queuedMs > 0;
  }

  /** Sound that waits, in milliseconds. */
  get queuedMs(): number {
    let sum = 0;
    for (const entry of this.#entries) {
      if (entry instanceof Utterance) sum += entry.queuedMs;
      else if (entry.kind === 'again') sum += MESSAGE_MS;
    }
    return sum;
  }

  get utterances(): Utterance[] {
    return this.#entries.filter((entry) => entry instanceof Utterance);
  }

  /** Whether so much more sound may wait. Says so to the app where not. */
  admits(durationMs: number): boolean {
    if (this.queuedMs + durationMs <= this.#host.maxQueuedMs) return true;
    this.#full(`${Math.round(this.#host.maxQueuedMs / 1000)} s of sound`);
    return false;
  }

  push(utterance: Utterance): void {
    this.#entries.push(utterance);
  }

  /** Adds a frame without sound. False where it is refused, which the app is told. */
  add(frame: Word['frame']): boolean {
    const bytes = textBytes(frame);
    if (this.#entries.length >= WAITING_ENTRIES || this.#wordBytes + bytes > WAITING_BYTES) {
      this.#full(`${WAITING_ENTRIES} marks, messages and playbacks, or 1 MiB of their text,`);
      return false;
    }
    this.#wordBytes += bytes;
    this.#entries.push({ kind: 'word', frame, bytes });
    return true;
  }

  /** Takes the head away. */
  shift(): void {
    const entry = this.#entries.shift();
    if (!(entry instanceof Utterance) && entry?.kind === 'word') this.#wordBytes -= entry.bytes;
  }

  /** Puts what was taken back before all else. */
  unshift(retaken: readonly Retaken[]): void {
    this.#entries = [...retaken, ...this.#entries];
  }

  remove(utterance: Utterance): void {
    this.#entries = this.#entries.filter((entry) => entry !== utterance && !isAgainOf(utterance, entry));
  }

  /** Empties the queue. Returns the names of the marks that stood in it. */
  clear(): string[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#wordBytes = 0;
    return entries.flatMap((entry) =>
      !(entry instanceof Utterance) && entry.kind === 'word' && entry.frame.kind === 'mark'
        ? [entry.frame.name]
        : [],
    );
  }

  /** Whether the head is sound of this utterance that was taken back. */
  continues(utterance: Utterance): boolean {
    return isAgainOf(utterance, this.#entries[0]);
  }

  /** An utterance has sound, or its end was said. */
  wrote(utterance: Utterance): void {
    if (utterance === this.#holdsUp) this.#holdsUp = undefined;
  }

  /** Time has come so far: tells of a playback that waits for sound while what was written later waits for it. */
  advance(now: number): void {
    if (this.#entries.length < 2) return;
    const head = this.#entries[0];
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

  #full(most: string): void {
    this.#host.warn(
      'queue-full',
      `More than ${most} wait to be sent, so more was refused. Write no faster than the caller can hear, or interrupt first.`,
    );
  }
}

/** Bytes of a frame as text; 0 for what no text can be made of, which the app is told when its turn comes. */
function textBytes(frame: Word['frame']): number {
  try {
    return new TextEncoder().encode(JSON.stringify(frame)).length;
  } catch {
    return 0;
  }
}
