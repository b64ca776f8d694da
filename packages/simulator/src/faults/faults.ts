/**
 * What can go wrong between a provider and an app, on purpose and the same on every run. Pure: knows no socket and no
 * clock.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import { createRandom, type Random } from './random.ts';

/** Faults of a line. All are off by default. Shares are from 0 to 1, of the `media` messages. */
export interface Faults {
  /** What the choices depend on. Each kind of fault has numbers of its own. Default: 1. */
  readonly seed?: number | undefined;
  /** Up to how late each message leaves, in milliseconds; they stay in order. */
  readonly jitterMs?: number | undefined;
  /** Nothing leaves for a while, again and again; then all that waited comes in a burst. In milliseconds. */
  readonly stall?: { readonly everyMs: number; readonly forMs: number } | undefined;
  /** Share of messages that never leave; their numbers are used up. */
  readonly lost?: number | undefined;
  /** Share of messages that leave twice. */
  readonly doubled?: number | undefined;
  /** How often the provider has no audio for a while: the numbers go on, `timestamp` jumps, what was said is lost. */
  readonly gaps?: { readonly share: number; readonly ms: number } | undefined;
  /** Messages hold 8 to 400 samples, another number each time, in place of 160. */
  readonly oddLengths?: boolean | undefined;
  /** `sequenceNumber`, `chunk` and `timestamp` are numbers, not text. */
  readonly numbers?: boolean | undefined;
  /** Share of messages that come after one with an event that nobody has heard of. */
  readonly unknownEvents?: number | undefined;
  /** Share of messages that are cut off somewhere: no JSON any more. */
  readonly truncated?: number | undefined;
  /** So many `media` messages come before `start`. */
  readonly lateStart?: number | undefined;
  /** The connection breaks after so many messages. */
  readonly cutAfterMessages?: number | undefined;
  /** The connection breaks after so many bytes of messages; the one in which that is does not arrive. */
  readonly cutAfterBytes?: number | undefined;
  /** From then on, in milliseconds, nothing passes either way, and neither end is told. Hanging up lets it go. */
  readonly halfOpenAfterMs?: number | undefined;
  /** From then on, in milliseconds, the phone reads nothing: what the app sends waits. Hanging up lets it go. */
  readonly stopReadingAfterMs?: number | undefined;
}

/** A fault that came about. */
export type FaultName =
  | 'stalled'
  | 'lost'
  | 'doubled'
  | 'gap'
  | 'unknown-event'
  | 'truncated'
  | 'late-start'
  | 'cut'
  | 'half-open'
  | 'stopped-reading';

const FIRST_SEED = 1;

/** The fewest samples in a message of odd length: timestamps tell nothing shorter than a millisecond apart. */
const FEWEST_SAMPLES = 8;

/** The most. */
const MOST_SAMPLES = 400;

/** @throws {MediaError} `invalid-argument` for a share that is none, and for a time or a number below 0. */
export function checkFaults(faults: Faults): void {
  const { lost, doubled, gaps, unknownEvents, truncated } = faults;
  const shares = { lost, doubled, 'gaps.share': gaps?.share, unknownEvents, truncated };
  for (const [name, share = 0] of Object.entries(shares)) {
    if (!(share >= 0 && share <= 1)) {
      throw new MediaError('invalid-argument', `faults.${name} is a share from 0 to 1; ${share} was given.`);
    }
  }
  const { jitterMs, stall, lateStart, cutAfterMessages, cutAfterBytes } = faults;
  const { halfOpenAfterMs, stopReadingAfterMs } = faults;
  const sizes = {
    ...{ jitterMs, 'stall.everyMs': stall?.everyMs, 'stall.forMs': stall?.forMs, 'gaps.ms': gaps?.ms },
    ...{ lateStart, cutAfterMessages, cutAfterBytes, halfOpenAfterMs, stopReadingAfterMs },
  };
  for (const [name, size = 0] of Object.entries(sizes)) {
    if (!(size >= 0)) {
      throw new MediaError('invalid-argument', `faults.${name} is 0 or more; ${size} was given.`);
    }
  }
}

/** Is told of each fault when it comes about. */
export type FaultListener = (fault: FaultName) => void;

/** Numbers for one kind of fault, which do not depend on which others are on. */
function randomFor(seed: number | undefined, kind: number): Random {
  return createRandom((seed ?? FIRST_SEED) + kind * 0x9e37_79b9);
}

/** A piece of audio, and when it begins. */
export interface TimedSamples {
  readonly samples: Int16Array<ArrayBuffer>;
  readonly timestampMs: number;
}

/**
 * Creates the gaps of a stream.
 *
 * @returns whether there is no audio at a time; to be asked once for each 20 ms.
 */
export function createGaps({ seed, gaps }: Faults, onFault: FaultListener): (timestampMs: number) => boolean {
  const random = randomFor(seed, 1);
  let endsMs = Number.NEGATIVE_INFINITY;
  return (timestampMs) => {
    if (gaps === undefined || gaps.ms === 0) return false;
    if (timestampMs < endsMs) return true;
    if (random.next() >= gaps.share) return false;
    endsMs = timestampMs + gaps.ms;
    onFault('gap');
    return true;
  };
}

/**
 * Creates what cuts the audio of one track into odd lengths.
 *
 * @returns the pieces that are whole, by what came so far. What is left over comes with what follows.
 */
export function createCutter(
  { seed, oddLengths = false }: Faults,
  sampleRate: number,
): (piece: TimedSamples) => TimedSamples[] {
  const random = randomFor(seed, 2);
  let left: TimedSamples | undefined;
  let length = random.between(FEWEST_SAMPLES, MOST_SAMPLES);
  const endMs = ({ samples, timestampMs }: TimedSamples): number =>
    timestampMs + (1000 * samples.length) / sampleRate;

  return (piece) => {
    if (!oddLengths) return [piece];
    const pieces: TimedSamples[] = [];
    let rest = piece;
    if (left !== undefined && endMs(left) < piece.timestampMs) {
      pieces.push(left); // a gap is between them
    } else if (left !== undefined) {
      rest = { samples: Int16Array.of(...left.samples, ...piece.samples), timestampMs: left.timestampMs };
    }
    while (rest.samples.length >= length) {
      const taken = { samples: rest.samples.slice(0, length), timestampMs: rest.timestampMs };
      pieces.push(taken);
      rest = { samples: rest.samples.slice(length), timestampMs: endMs(taken) };
      length = random.between(FEWEST_SAMPLES, MOST_SAMPLES);
    }
    left = rest.samples.length > 0 ? rest : undefined;
    return pieces;
  };
}

/** What happens to messages before they leave. */
export interface MessageFaults {
  /** The messages that leave in place of this one, in order. */
  spoil(message: string): readonly string[];
}

/** Creates what happens to the messages of one stream. */
export function createMessageFaults(faults: Faults, onFault: FaultListener): MessageFaults {
  const { seed, lost = 0, doubled = 0, truncated = 0, unknownEvents = 0 } = faults;
  const random = {
    lost: randomFor(seed, 3),
    doubled: randomFor(seed, 4),
    truncated: randomFor(seed, 5),
    unknown: randomFor(seed, 6),
  };
  let startIsDueIn = faults.lateStart ?? 0;
  let start: string | undefined;
  let unknowns = 0;

  function spoilMedia(message: string): string[] {
    if (random.lost.next() < lost) {
      onFault('lost');
      return [];
    }
    const messages = [message];
    if (random.truncated.next() < truncated) {
      onFault('truncated');
      messages[0] = message.slice(0, random.truncated.between(1, message.length - 1));
    } else if (random.doubled.next() < doubled) {
      onFault('doubled');
      messages.push(message);
    }
    if (random.unknown.next() < unknownEvents) {
      onFault('unknown-event');
      messages.unshift(`{"event":"unheard-of","details":{"number":${++unknowns}}}`);
    }
    return messages;
  }

  return {
    spoil(original) {
      const message = faults.numbers ? withNumbers(original) : original;
      if (startIsDueIn > 0 && original.startsWith('{"event":"start"')) {
        start = message;
        return [];
      }
      if (!original.startsWith('{"event":"media"')) return [message];
      const messages = spoilMedia(message);
      if (start === undefined || --startIsDueIn > 0) return messages;
      messages.push(start);
      start = undefined;
      onFault('late-start');
      return messages;
    },
  };
}

/** The message with numbers where decimal digits stood in text. Payloads are base64, which has no quotes. */
function withNumbers(message: string): string {
  return message.replace(/"(sequenceNumber|chunk|timestamp)":"(\d+)"/g, '"$1":$2');
}

/** When messages leave. */
export interface Departures {
  /** When a message that is ready now leaves; never before those that were ready before it. */
  leavesAtMs(nowMs: number): number;
}

/** Creates the times at which the messages of one stream leave. @param startMs When it begins. */
export function createDepartures(
  { seed, jitterMs = 0, stall }: Faults,
  startMs: number,
  onFault: FaultListener,
): Departures {
  const random = randomFor(seed, 7);
  let lastMs = startMs;
  let stalls = 0;
  return {
    leavesAtMs(nowMs) {
      let atMs = nowMs + (jitterMs > 0 ? random.next() * jitterMs : 0);
      if (stall !== undefined && stall.forMs > 0) {
        const roundMs = stall.everyMs + stall.forMs;
        const rounds = Math.floor((atMs - startMs) / roundMs);
        if (atMs - startMs - rounds * roundMs >= stall.everyMs) {
          atMs = startMs + (rounds + 1) * roundMs;
          if (rounds >= stalls) onFault('stalled');
          stalls = rounds + 1;
        }
      }
      lastMs = Math.max(lastMs, atMs);
      return lastMs;
    },
  };
}
