import { type CallWarning, MediaError } from '@patchcord/core';

/**
 * The first warning of each code, where the app listens to none: a mistake of set-up must not be silence on both sides.
 * Later ones are not told, for what strangers can cause must not fill the log.
 */
export function logFirstWarnings(log: (line: string) => void): (warning: CallWarning) => void {
  const told = new Set<string>(['handler-failed']); // told with its stack
  return ({ code, message }) => {
    if (told.has(code)) return;
    told.add(code);
    log(`Patchcord: ${message} (${code}, told once; onWarning is told of each.)`);
  };
}

/** Options that cannot be used, each time, and the first socket of each kind that became no call. */
export function logFirstRefusals(log: (line: string) => void): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    if (!(error instanceof MediaError)) return;
    if (error.code === 'invalid-argument') {
      log(`Patchcord: ${error.message}`);
      return;
    }
    // Whoever leaves before the call has started made no mistake that could be mended here.
    if (told.has(error.code) || error.code === 'transport-closed') return;
    told.add(error.code);
    log(
      `Patchcord: a socket became no call. ${error.message} (${error.code}, told once; onRefused is told of each.)`,
    );
  };
}

/** The app's own error, for whoever writes the app. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What a report throws, or rejects with where it is an async function, must reach no call and no process. */
export function guarded<Values extends unknown[]>(
  report: (...values: Values) => void,
  name: string,
  log: (line: string) => void,
): (...values: Values) => void {
  const failed = (error: unknown): void =>
    log(`Patchcord: ${name} threw ${error instanceof Error ? error.name : 'something that is no Error'}.`);
  return (...values) => {
    try {
      const reported: unknown = report(...values);
      if (reported instanceof Promise) reported.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}
