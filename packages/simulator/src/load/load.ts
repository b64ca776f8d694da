import { MediaError, systemClock } from '@patchcord/core';
import { FRAME_MS } from '../phone/caller.ts';
import { type ConnectionOptions, checkUrl, startConnection } from '../phone/connection.ts';
import { checkParameters, customParameters } from '../phone/habits.ts';
import { CODES } from './coded-sound.ts';
import { LoadPhone } from './load-phone.ts';
import { createTally, type LoadReport, report } from './tally.ts';
import { createWheel } from './wheel.ts';

/** Options of `load`. */
export interface LoadOptions extends Omit<ConnectionOptions, 'maxMessageBytes'> {
  /** How many phones call, from 1 to 10 000. Default: 10. */
  readonly phones?: number | undefined;
  /** How long each phone speaks, in seconds, up to 86 400. Default: 10. */
  readonly seconds?: number | undefined;
  /** From the first phone's call to the last one's, in milliseconds. Default: 10 a phone. */
  readonly spreadMs?: number | undefined;
  /** The caller's number, the same for all: the custom parameter `from`. */
  readonly from?: string | undefined;
  /** The called number: the custom parameter `to`. */
  readonly to?: string | undefined;
  /** More custom parameters. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Longest wait for a connection, in milliseconds, up to a day. Default: 10 000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Has all phones hang up, and the report made of what there was. */
  readonly signal?: AbortSignal | undefined;
  /** Called about once a second. What it throws ends the load. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** How a load goes. */
export interface LoadProgress {
  /** Since the first call, in milliseconds. */
  readonly elapsedMs: number;
  /** Calls that were begun so far. */
  readonly begun: number;
  /** Those of them that are over. */
  readonly over: number;
  /** The report so far; frames on their way count as lost. */
  readonly report: LoadReport;
}

const PROGRESS_MS = 1000;
const MAX_PHONES = 10_000;
const MAX_SECONDS = 86_400;

/** Each phone begins at a code of its own, so that what comes back on another call is told from what is its own. */
const CODES_APART = 1531; // prime, and far from all that divides 4096

/** The part of a frame by which each phone is later than the one before, as even as any number of phones can have it. */
const GOLDEN_PART = (Math.sqrt(5) - 1) / 2;

/**
 * Has many phones call an app at once, each of which speaks without a pause, and measures how soon the app gives each
 * frame back. Of an app that does not echo, the report has all but the echo.
 *
 * All phones live in this process. Their own lateness is in the report: where it is large, this machine is too busy
 * for so many, and the other figures are about it, not about the app.
 *
 * @returns the report, once all calls are over. What goes wrong with calls is in it.
 * @throws {MediaError} `invalid-argument` for options that cannot be.
 */
export async function load(url: string, options: LoadOptions = {}): Promise<LoadReport> {
  const { phones = 10, seconds = 10, spreadMs = phones * 10, connectTimeoutMs = 10_000 } = options;
  checkUrl(url);
  checkNumber('phones', phones, 1, MAX_PHONES);
  checkNumber('seconds', seconds, FRAME_MS / 1000, MAX_SECONDS);
  checkNumber('spreadMs', spreadMs, 0, MAX_SECONDS * 1000);
  checkNumber('connectTimeoutMs', connectTimeoutMs, 1, MAX_SECONDS * 1000);
  const parameters = customParameters(options);
  checkParameters(parameters, {});

  const clock = systemClock;
  const wheel = createWheel(clock, FRAME_MS);
  const tally = createTally();
  const startedAt = clock.now();
  const calls: LoadPhone[] = [];
  /** Ends the waits of calls that are not begun. */
  const wakes = new Set<() => void>();
  let leaving = false;
  let over = 0;

  /** Resolves at its time, or once all are to leave. */
  function wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        wakes.delete(wake);
        resolve();
      };
      const cancel = clock.after(milliseconds, wake);
      wakes.add(wake);
    });
  }

  async function call(index: number): Promise<void> {
    const dueAt = startedAt + (index * spreadMs) / phones;
    if (dueAt > clock.now() && !leaving) await wait(dueAt - clock.now());
    if (leaving) return;
    const phone = new LoadPhone(await startConnection(url, options), {
      ...{ clock, wheel, tally, url, parameters, connectTimeoutMs },
      frames: Math.round((seconds * 1000) / FRAME_MS),
      firstCode: (index * CODES_APART) % CODES,
      phaseMs: ((index * GOLDEN_PART) % 1) * FRAME_MS,
    });
    calls.push(phone);
    if (leaving) phone.hangUp();
    await phone.over;
    over++;
  }

  let failed: { readonly error: unknown } | undefined;

  /** Nothing that a call can meet with: the first such error ends the load. */
  function fail(error: unknown): void {
    failed ??= { error };
    leave();
  }

  function leave(): void {
    leaving = true;
    for (const phone of calls) phone.hangUp();
    for (const wake of wakes) wake();
  }

  const { signal, onProgress } = options;
  signal?.addEventListener('abort', leave, { once: true });
  if (signal?.aborted) leave();
  const stopProgress = every(PROGRESS_MS, () => {
    try {
      const elapsedMs = clock.now() - startedAt;
      onProgress?.({ elapsedMs, begun: tally.begun, over, report: report(tally, phones) });
    } catch (error) {
      fail(error);
    }
  });
  try {
    const dialled = Array.from({ length: phones }, (_, index) => call(index).catch(fail));
    await Promise.all(dialled);
  } finally {
    stopProgress();
    signal?.removeEventListener('abort', leave);
  }
  if (failed !== undefined) throw failed.error;
  return report(tally, phones);
}

/** Does something again and again, until it is told to stop. */
function every(milliseconds: number, act: () => void): () => void {
  const timer = setInterval(act, milliseconds);
  return () => clearInterval(timer);
}

/** @throws {MediaError} `invalid-argument` */
function checkNumber(name: string, value: number, lowest: number, highest: number): void {
  const whole = name !== 'phones' || Number.isInteger(value);
  if (value >= lowest && value <= highest && whole) return;
  throw new MediaError(
    'invalid-argument',
    `${name} is a ${name === 'phones' ? 'whole ' : ''}number from ${lowest} to ${highest}; ${value} was given.`,
  );
}
