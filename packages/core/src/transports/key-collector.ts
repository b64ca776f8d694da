import { MediaError } from '../errors.ts';
import type { DtmfDigit } from '../frames/frame.ts';
import { type Clock, systemClock } from '../streams/clock.ts';
import { createKeyFinder } from '../streams/dtmf-detect.ts';
import type { Call } from './call.ts';

/** The part of a call that collecting keys needs. */
export type KeyedCall = Pick<Call, 'observe' | 'interrupt' | 'closed'>;

/** What keys to wait for, and how long. */
export interface CollectKeysOptions {
  /** As many keys as are asked for: 1 to 64. Default: 64, which nobody types without a terminator. */
  readonly maxDigits?: number;
  /** The key that says "that was all", such as `#`. It is not among the digits. Default: none. */
  readonly terminator?: DtmfDigit;
  /** Longest wait for the first key, in milliseconds: 0 for what was typed ahead, at most an hour. Default: 5000. */
  readonly firstTimeoutMs?: number;
  /** Longest wait from one key to the next, in milliseconds. Default: 3000. */
  readonly interDigitTimeoutMs?: number;
  /** Whether each key interrupts what is being played to the caller. Default: false. */
  readonly interruptOnKey?: boolean;
  /**
   * Whether keys count that were pressed before the collection began. False for a question that nobody may answer
   * unheard: they are then forgotten. Default: true.
   */
  readonly typeAhead?: boolean;
  /**
   * Whether keys are heard in the caller's sound too, from this collection on: for one-way streams, whose provider sends
   * no key messages. Where it sends them, a key that also sounds on the line comes twice. Default: false.
   */
  readonly inBand?: boolean;
  /** Ends the collection, with what was typed so far. */
  readonly signal?: AbortSignal;
  /** Default: the runtime's timers. */
  readonly clock?: Clock;
}

/** Why a collection is over. */
export type CollectedReason =
  /** `maxDigits` were typed. */
  | 'complete'
  /** The terminator was typed. */
  | 'terminator'
  /** The next key did not come in time. */
  | 'timeout'
  | 'call-ended'
  /** `signal` fired. */
  | 'aborted';

/** What was typed. */
export interface CollectedKeys {
  /** Without the terminator; `''` where nothing was typed. What callers type may be secret: never log it. */
  readonly digits: string;
  readonly reason: CollectedReason;
}

const MOST_DIGITS = 64;
const LONGEST_WAIT_MS = 3_600_000;
const DEFAULT_FIRST_TIMEOUT_MS = 5000;
const DEFAULT_INTER_DIGIT_TIMEOUT_MS = 3000;

/** Keys that are kept while nobody collects any. Beyond it the oldest are forgotten. */
const MOST_TYPED_AHEAD = 64;

/**
 * Collects keys that the caller presses, such as a choice from a menu or an account number.
 *
 * From the first collection on, no key of the call is lost: keys pressed while nobody collects, or beyond what a
 * collection asked for, are typed ahead, and the next collection begins with them (up to 64). Collections of one call
 * that overlap take turns, in the order in which they were asked for; the waiting time of each begins with its turn.
 *
 * Keys come from the provider's messages. A one-way stream has none: see `inBand`.
 *
 * @returns when the collection is over. Rejects only for options that cannot be used: `MediaError`, `invalid-argument`.
 */
export async function collectKeys(call: KeyedCall, options: CollectKeysOptions = {}): Promise<CollectedKeys> {
  requireWhole('maxDigits', options.maxDigits ?? MOST_DIGITS, 1, MOST_DIGITS);
  requireNumber('firstTimeoutMs', options.firstTimeoutMs ?? DEFAULT_FIRST_TIMEOUT_MS);
  requireNumber('interDigitTimeoutMs', options.interDigitTimeoutMs ?? DEFAULT_INTER_DIGIT_TIMEOUT_MS);
  const keyboard = keyboardOf(call);
  if (options.inBand) keyboard.listenToSound();
  return new Promise((resolve) => keyboard.join(new Collection(call, options, resolve)));
}

/** Who listens to the keys of each call: one for all collections, so that none falls between two of them. */
const keyboards = new WeakMap<KeyedCall, Keyboard>();

function keyboardOf(call: KeyedCall): Keyboard {
  let keyboard = keyboards.get(call);
  if (!keyboard) {
    keyboard = new Keyboard(call);
    keyboards.set(call, keyboard);
  }
  return keyboard;
}

/** The caller's keys, handed to one collection after another. */
class Keyboard {
  #typedAhead: DtmfDigit[] = [];
  #collections: Collection[] = [];
  #ended = false;
  #listensToSound = false;
  readonly #call: KeyedCall;

  constructor(call: KeyedCall) {
    this.#call = call;
    // Ends with the call, which lets all its observers go.
    call.observe((frame, phase) => {
      if (frame.kind === 'dtmf' && phase === 'received' && frame.track === 'inbound')
        this.#pressed(frame.digit);
    });
    void call.closed.then(() => {
      this.#ended = true;
      for (const collection of this.#collections.splice(0)) collection.settle('call-ended');
    });
  }

  listenToSound(): void {
    if (this.#listensToSound) return;
    this.#listensToSound = true;
    const keys = createKeyFinder();
    this.#call.observe(
      (frame, phase) => {
        if (frame.kind === 'audio' && phase === 'received' && frame.track === 'inbound')
          for (const { digit } of keys.push(frame)) this.#pressed(digit);
      },
      { at: 'wire' },
    );
  }

  join(collection: Collection): void {
    this.#collections.push(collection);
    collection.onSettled = () => this.#leave(collection);
    collection.followSignal();
    if (this.#collections[0] === collection) this.#begin(collection);
  }

  #leave(collection: Collection): void {
    const turn = this.#collections.indexOf(collection);
    if (turn < 0) return;
    this.#collections.splice(turn, 1);
    const next = this.#collections[0];
    if (turn === 0 && next) this.#begin(next);
  }

  #begin(collection: Collection): void {
    if (!collection.typeAhead) this.#typedAhead = [];
    collection.begin();
    while (this.#collections[0] === collection) {
      const key = this.#typedAhead.shift();
      if (key === undefined) break;
      collection.pressed(key);
    }
    if (this.#ended) collection.settle('call-ended');
  }

  #pressed(key: DtmfDigit): void {
    const collection = this.#collections[0];
    if (collection) {
      collection.pressed(key);
      return;
    }
    this.#typedAhead.push(key);
    if (this.#typedAhead.length > MOST_TYPED_AHEAD) this.#typedAhead.shift();
  }
}

/** One collection, from its turn to its result. */
class Collection {
  readonly typeAhead: boolean;
  /** Told once. */
  onSettled: () => void = () => {};
  readonly #call: KeyedCall;
  readonly #options: CollectKeysOptions;
  readonly #resolve: (collected: CollectedKeys) => void;
  readonly #clock: Clock;
  #digits = '';
  #settled = false;
  #cancelTimer: (() => void) | undefined;
  #unfollowSignal: (() => void) | undefined;

  constructor(call: KeyedCall, options: CollectKeysOptions, resolve: (collected: CollectedKeys) => void) {
    this.typeAhead = options.typeAhead ?? true;
    this.#call = call;
    this.#options = options;
    this.#resolve = resolve;
    this.#clock = options.clock ?? systemClock;
  }

  followSignal(): void {
    const { signal } = this.#options;
    if (!signal) return;
    const abort = (): void => this.settle('aborted');
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    this.#unfollowSignal = () => signal.removeEventListener('abort', abort);
  }

  begin(): void {
    this.#wait(this.#options.firstTimeoutMs ?? DEFAULT_FIRST_TIMEOUT_MS);
  }

  pressed(key: DtmfDigit): void {
    const { maxDigits = MOST_DIGITS, terminator, interDigitTimeoutMs, interruptOnKey } = this.#options;
    if (interruptOnKey) this.#call.interrupt();
    if (key === terminator) {
      this.settle('terminator');
      return;
    }
    this.#digits += key;
    if (this.#digits.length === maxDigits) this.settle('complete');
    else this.#wait(interDigitTimeoutMs ?? DEFAULT_INTER_DIGIT_TIMEOUT_MS);
  }

  settle(reason: CollectedReason): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cancelTimer?.();
    this.#unfollowSignal?.();
    this.#resolve({ digits: this.#digits, reason });
    this.onSettled();
  }

  #wait(milliseconds: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(milliseconds, () => this.settle('timeout'));
  }
}

function requireWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new MediaError(
    'invalid-argument',
    `${name} is ${String(value)}, expected a whole number from ${least} to ${most}`,
  );
}

function requireNumber(name: string, value: number): void {
  if (value >= 0 && value <= LONGEST_WAIT_MS) return;
  throw new MediaError(
    'invalid-argument',
    `${name} is ${String(value)}, expected 0 to ${LONGEST_WAIT_MS} milliseconds`,
  );
}
