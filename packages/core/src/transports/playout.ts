import { type CutOff, type FlyingFrame, InFlight, isAgainOf, type Retaken, retake } from './in-flight.ts';
import type { OutboundHost } from './outbound-host.ts';
import { type MarkOutcome, PlayoutLedger } from './playout-ledger.ts';
import type { Utterance } from './utterance.ts';

/** Playout is followed with each message that comes in, and this often when none does. */
const FOLLOW_MS = 100;

/** While messages come in, it is looked this often whether they still do: a timer costs as much as half a message. */
const WATCH_MS = 300;

/** A mark that is overdue by this much will not come. */
const MARK_OVERDUE_MS = 3000;

/** Marks of our own begin so. */
export const OWN_MARK = 'patchcord:';

/** Follows what was sent to the caller's ear, and settles the utterances that were heard. */
export class Playout {
  readonly ledger: PlayoutLedger;
  readonly #host: OutboundHost;
  readonly #flight: InFlight;
  /** Utterances that have begun and are not settled, oldest first. */
  #utterances: Utterance[] = [];
  /** Where each utterance that was sent whole ends, padding included. */
  readonly #ends = new Map<Utterance, number>();
  /** Echoes of marks that were taken back, to be passed over. */
  readonly #retaken = new Map<string, number>();
  readonly #settled: () => void;
  /** Playout was last followed then, and a deadline stands for when it was not for long. */
  #followedMs = 0;
  #following = false;
  #marksMissing = false;

  /** @param settled is told when all utterances that have begun are settled. */
  constructor(host: OutboundHost, settled: () => void) {
    this.#host = host;
    this.#settled = settled;
    this.ledger = new PlayoutLedger(host.wireRate);
    this.#flight = new InFlight(host, this.ledger, host.wireRate);
  }

  /** Utterances that have begun and are not settled, oldest first. */
  get utterances(): readonly Utterance[] {
    return this.#utterances;
  }

  /** Whether something may be in the provider's hands. */
  unheard(now: number): boolean {
    return this.#host.markEveryMs === 0 ? this.ledger.heardAt(now) < this.ledger.sent : !this.ledger.drained;
  }

  // --- what is sent ---

  /** Notes sound that was handed to the socket. */
  audioSent(flying: FlyingFrame, now: number): void {
    const { samples, utterance } = flying;
    this.ledger.audioSent(samples.length, now);
    const utterances = this.#utterances;
    if (utterances.at(-1) !== utterance && !utterances.includes(utterance)) utterances.push(utterance);
    this.#flight.audioSent(flying);
    this.follow(now);
  }

  /** Notes a mark of the app's that was handed to the socket. */
  markSent(name: string, now: number): void {
    this.#flight.markSent({ name, position: this.ledger.sent });
    this.ledger.markSent(name, now);
  }

  /** All of an utterance is in the provider's hands: the mark behind it will tell when it has been heard. */
  sentWhole(utterance: Utterance): void {
    this.#ends.set(utterance, this.ledger.sent);
  }

  /** Has playout followed from now on, if it is not. */
  follow(now: number): void {
    if (this.#following) return;
    this.#following = true;
    this.#followedMs = now;
    this.#host.deadlines.set('follow', now + FOLLOW_MS);
  }

  // --- what is heard ---

  /** Whether it is time to advance: no message came for a while that would have. Sets the next deadline where not. */
  due(now: number): boolean {
    if (now - this.#followedMs < FOLLOW_MS - 1) {
      // Messages come in, and each of them follows.
      this.#host.deadlines.set('follow', now + WATCH_MS);
      return false;
    }
    this.#following = false;
    return true;
  }

  /** The ear has come to where it is now. */
  advance(now: number): void {
    this.#followedMs = now;
    const { ledger } = this;
    if (this.#utterances.length === 0 && this.#flight.empty) return;
    const heard = ledger.heardAt(now);
    this.#flight.heard(heard);
    if (this.#host.observers.any('app')) for (const utterance of this.#utterances) utterance.followed(heard);
    if (this.#host.markEveryMs === 0) {
      const surely = ledger.heardAt(now - ledger.errorMs);
      this.settle(surely);
      if (surely === ledger.sent) ledger.assumeHeard();
    } else if (ledger.overdueMs(now) > MARK_OVERDUE_MS) {
      if (!this.#marksMissing) {
        this.#marksMissing = true;
        this.#host.warn(
          'marks-missing',
          'Marks do not come back, so what was heard is known from the clock alone. Check that the stream is bidirectional (<Connect><Stream>).',
        );
      }
      ledger.assumeHeard();
      this.settle(ledger.sent);
    }
  }

  /** Handles a mark that came back. Undefined for marks that the app must not see. */
  markEchoed(name: string, now: number): MarkOutcome | 'unknown' | undefined {
    const outcome = this.ledger.markEchoed(name, now);
    this.settle(this.ledger.confirmed);
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

  /** Settles the utterances whose end is at or before a position. */
  settle(position: number): void {
    while (this.#ends.size > 0) {
      const utterance = this.#utterances[0];
      if (utterance === undefined) break;
      const end = this.#ends.get(utterance);
      if (end === undefined || end > position) break;
      this.#utterances.shift();
      this.#ends.delete(utterance);
      utterance.settle('played', position);
    }
    if (this.#utterances.length === 0) this.#settled();
  }

  /** When the sample at a position, or one that is heard now, is heard: in milliseconds of the inbound timeline. */
  earMs(position: number | undefined, now: number): number {
    return this.#flight.earMs(position === undefined ? now : this.ledger.playedAtMs(position));
  }

  // --- what is not heard ---

  /** A clear was sent: tells what it cut off. */
  clear(now: number): CutOff {
    return this.#cut(now, true);
  }

  /** The call is over. Returns the position heard. */
  close(now: number): number {
    this.#flight.heard(this.ledger.heardAt(now));
    return this.#cut(now, false).heard;
  }

  /** Lets go of all utterances that have begun, for their owner to settle. */
  letGo(): Utterance[] {
    const utterances = this.#utterances;
    this.#utterances = [];
    this.#ends.clear();
    return utterances;
  }

  remove(utterance: Utterance): void {
    this.#utterances = this.#utterances.filter((other) => other !== utterance);
    this.#ends.delete(utterance);
  }

  /** Takes back what a clear took from others than the interrupted utterance: it is to be sent again. */
  retake(cutOff: CutOff, interrupted: Utterance, others: readonly Utterance[]): Retaken[] {
    const again = retake(cutOff, interrupted);
    const { heard } = cutOff;
    for (const other of others) {
      const whole = this.#ends.has(other) && !again.some((entry) => isAgainOf(other, entry));
      this.#ends.delete(other);
      if (!whole) {
        other.rewind(heard);
        continue;
      }
      // All of it was heard, and the mark that would have said so was cleared.
      this.#utterances = this.#utterances.filter((utterance) => utterance !== other);
      other.settle('played', heard);
    }
    for (const entry of again) {
      if (entry.kind === 'again') continue;
      const { name } = entry.frame;
      this.#retaken.set(name, (this.#retaken.get(name) ?? 0) + 1);
    }
    return again;
  }

  #cut(now: number, cleared: boolean): CutOff {
    const cutOff = this.#flight.cut(now, cleared);
    this.#host.counted.clearedMs += cutOff.clearedMs;
    return cutOff;
  }
}
