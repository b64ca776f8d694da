import { MediaError } from '../errors.ts';
import type { CallOptions } from './call.ts';

/** The options of a call that are times. */
type LimitName =
  | 'startTimeoutMs'
  | 'idleTimeoutMs'
  | 'maxCallMs'
  | 'gapCapMs'
  | 'sendAheadMs'
  | 'maxQueuedMs'
  | 'markEveryMs';

/** The times among a call's options, each with a value. */
export type CallLimits = Readonly<Record<LimitName, number>>;

/** What is usual, and what a time may be, in milliseconds. */
interface Limit {
  readonly usual: number;
  readonly least: number;
  /** Infinity where "never" makes sense. */
  readonly most: number;
}

const HOUR_MS = 60 * 60_000;

const LIMITS: Readonly<Record<LimitName, Limit>> = {
  startTimeoutMs: { usual: 10_000, least: 1, most: HOUR_MS },
  idleTimeoutMs: { usual: 30_000, least: 1, most: Number.POSITIVE_INFINITY },
  maxCallMs: { usual: 4 * HOUR_MS, least: 1, most: Number.POSITIVE_INFINITY },
  gapCapMs: { usual: 10_000, least: 0, most: HOUR_MS },
  sendAheadMs: { usual: 1000, least: 0, most: HOUR_MS },
  maxQueuedMs: { usual: 10 * 60_000, least: 0, most: 24 * HOUR_MS },
  markEveryMs: { usual: 100, least: 0, most: HOUR_MS },
};

/**
 * The times among a call's options, with what is usual for those not given.
 *
 * @throws {MediaError} `invalid-argument` for what is no time, or one that a call cannot keep.
 */
export function callLimits(options: CallOptions): CallLimits {
  const limits = Object.entries(LIMITS).map(([name, limit]) => [name, checked(name, limit, options)]);
  return Object.fromEntries(limits) as CallLimits;
}

function checked(name: string, { usual, least, most }: Limit, options: CallOptions): number {
  const value: unknown = options[name as LimitName] ?? usual;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  const range = Number.isFinite(most)
    ? `from ${least} to ${most}`
    : `at least ${least}, or Infinity for never`;
  throw new MediaError(
    'invalid-argument',
    `${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}; it is a time in milliseconds, ${range}. Correct it, or leave it out for ${usual}.`,
  );
}
