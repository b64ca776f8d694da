import { type CallWarning, MediaError } from '@patchcord/core';

/** Warnings that no app should miss, where it listens to none. */
export function logEarlyReturn(log: (line: string) => void): (warning: CallWarning) => void {
  return ({ code, message }) => {
    if (code === 'handler-returned-early') log(`Patchcord: ${message}`);
  };
}

/** Options that cannot be used show when the first call comes. What strangers can cause is not logged: they could fill the log. */
export function logMisuse(log: (line: string) => void): (error: unknown) => void {
  return (error) => {
    if (error instanceof MediaError && error.code === 'invalid-argument') log(`Patchcord: ${error.message}`);
  };
}

/** The app's own error, for whoever writes the app. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What a report throws must reach no call. */
export function guarded<Values extends unknown[]>(
  report: (...values: Values) => void,
  name: string,
  log: (line: string) => void,
): (...values: Values) => void {
  return (...values) => {
    try {
      report(...values);
    } catch (error) {
      log(`Patchcord: ${name} threw ${error instanceof Error ? error.name : 'something that is no Error'}.`);
    }
  };
}
