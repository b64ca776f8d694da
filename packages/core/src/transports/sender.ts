import type { AudioFrame } from '../frames/frame.ts';
import type { CutOff } from './in-flight.ts';
import type { OutboundHost } from './outbound-host.ts';
import { type Entry, MESSAGE_MS, type OutboundQueue } from './outbound-queue.ts';
import { OWN_MARK, type Playout } from './playout.ts';
import type { PlayoutLedger } from './playout-ledger.ts';
import { Utterance } from './utterance.ts';

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

/** Fence marks are at least this far apart. */
const FENCE_EVERY_MS = 1000;

/** Sends what stands in the queue, no sooner than the socket takes it and no further ahead than can be taken back. */
export class Sender {
  readonly #host: OutboundHost;
  readonly #queue: OutboundQueue;
  readonly #playout: Playout;
  readonly #ledger: PlayoutLedger;
  readonly #pumped: () => void;
  #ownMarks = 0;
  #samplesSinceMark = 0;
  #lastFenceMs = Number.NEGATIVE_INFINITY;
  /** Since when the utterance at the head waits for more. */
  #emptySinceMs = 0;
  #stalledSinceMs: number | undefined;
  #pumping = false;

  /** @param pumped is told when all that may be sent now has been. */
  constructor(host: OutboundHost, queue: OutboundQueue, playout: Playout, pumped: () => void) {
    this.#host = host;
    this.#queue = queue;
    this.#playout = playout;
    this.#ledger = playout.ledger;
    this.#pumped = pumped;
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let head = this.#queue.head; head && this.#sendHead(head); head = this.#queue.head);
    } finally {
      this.#pumping = false;
    }
    this.#pumped();
  }

  /** Sends a piece of the one utterance that stands in the queue, if it is a message as it is and may be sent now. */
  sendThrough(utterance: Utterance, frame: AudioFrame): boolean {
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
    if (this.#queue.length > 1 || utterance.queuedMs > 0) this.pump();
    return true;
  }

  /**
   * Sends a clear and tells what it cut off.
   *
   * @param held whether nothing is sent while observers are told: what was taken back comes first.
   */
  clear(now: number, held: boolean): CutOff {
    this.#host.transmit({ kind: 'clear' });
    this.#samplesSinceMark = 0;
    const pumping = this.#pumping;
    this.#pumping ||= held;
    const cutOff = this.#playout.clear(now);
    this.#pumping = pumping;
    return cutOff;
  }

  /** Time has come so far: ends a plain utterance that nothing was written to for a while. */
  advance(now: number): void {
    const { head } = this.#queue;
    if (!(head instanceof Utterance) || head.played || head.queuedMs > 0 || this.#queue.length > 1) return;
    if (now - this.#emptySinceMs < UTTERANCE_GAP_MS) return;
    // The start of a frame must follow on the sound before it. Where there is none, the utterance may go on as long as it
    // plays: pieces longer than the gap, each written when the one before it has been played, are one utterance.
    const aheadMs = head.partial
      ? this.#ledger.aheadMs(now) - UTTERANCE_GAP_MS
      : this.#ledger.aheadMs(now - PLAYED_OUT_MS);
    if (aheadMs <= 0) head.end();
  }

  /** Sends the head of the queue, or a part of it. False when the rest must wait. */
  #sendHead(entry: Entry): boolean {
    const now = this.#host.now();
    if (!this.#socketTakes(now)) return false;
    if (entry instanceof Utterance) return this.#sendUtterance(entry, now);
    if (entry.kind === 'again') {
      if (!this.#mayPlayMore(now)) return false;
      this.#queue.shift();
      const { samples, own, utterance } = entry;
      if (utterance.settled) return true;
      this.#sendAudio(samples, own, utterance, now);
      if (utterance.exhausted && !utterance.settled && !this.#queue.continues(utterance))
        this.#sentWhole(utterance, now);
      return true;
    }
    const { frame } = entry;
    this.#queue.shift();
    if (frame.kind === 'mark') {
      this.#playout.markSent(frame.name, now);
      this.#samplesSinceMark = 0;
    }
    this.#host.transmit(frame);
    this.#host.observers.tellBoth(frame, 'sent');
    return true;
  }

  #sendUtterance(utterance: Utterance, now: number): boolean {
    if (utterance.settled) {
      this.#queue.shift();
      return true;
    }
    if (utterance.queuedMs > 0 && !this.#mayPlayMore(now)) return false;
    const samples = utterance.take();
    if (samples !== undefined) {
      this.#sendAudio(samples, utterance.takenOwn, utterance, now);
      return true;
    }
    if (!utterance.exhausted) {
      if (utterance.played) return false;
      if (this.#queue.length > 1) utterance.end();
      else {
        this.#emptySinceMs = now;
        // Its tail is sent even where no message comes in meanwhile.
        this.#playout.follow(now);
      }
      return utterance.ended;
    }
    this.#queue.shift();
    if (utterance.begun) this.#sentWhole(utterance, now);
    else utterance.settle('played', 0);
    return true;
  }

  /** All of an utterance is in the provider's hands: the mark behind it will tell when it has been heard. */
  #sentWhole(utterance: Utterance, now: number): void {
    this.#playout.sentWhole(utterance);
    if (this.#host.markEveryMs > 0 && this.#samplesSinceMark > 0) this.#sendOwnMark(now);
    this.#playout.settle(this.#ledger.confirmed);
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
    const { sendAheadMs, deadlines } = this.#host;
    if (aheadMs < Math.max(sendAheadMs, MESSAGE_MS)) return true;
    const refillMs = Math.min(REFILL_MS, sendAheadMs / 2);
    deadlines.set('pump', now + aheadMs - sendAheadMs + Math.max(refillMs, 1));
    return false;
  }

  #sendAudio(samples: Int16Array<ArrayBuffer>, own: number, utterance: Utterance, now: number): void {
    utterance.sent(this.#transmitAudio(samples, own, utterance, now), own);
  }

  /** Sends one message of sound and follows it. Returns its position. Who called notes it with the utterance. */
  #transmitAudio(samples: Int16Array<ArrayBuffer>, own: number, utterance: Utterance, now: number): number {
    const { markEveryMs, wireRate, observers, counted } = this.#host;
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
      sampleRate: wireRate,
      channels: 1,
      timestampMs: this.#host.timelineMs(now),
      track: 'outbound',
    };
    this.#host.transmit(audio);
    const position = ledger.sent;
    this.#playout.audioSent({ samples, own, utterance, position }, now);
    counted.sentMs += MESSAGE_MS;
    this.#samplesSinceMark += samples.length;
    if (markEveryMs > 0 && (1000 * this.#samplesSinceMark) / wireRate >= markEveryMs) this.#sendOwnMark(now);
    // Observers last, for they may interrupt.
    if (observers.any('wire')) observers.tell('wire', audio, 'sent');
    return position;
  }

  #sendOwnMark(now: number): void {
    const name = `${OWN_MARK}${++this.#ownMarks}`;
    this.#samplesSinceMark = 0;
    this.#ledger.markSent(name, now);
    this.#host.transmit({ kind: 'mark', name });
  }
}
