import { createDurations, type DurationSummary, type Durations } from './durations.ts';

/** What many phones have met with, counted as it happens. */
export interface Tally {
  /** Calls that were begun: a socket was asked for. */
  begun: number;
  /** Calls that came about: `start` was sent. */
  answered: number;
  /** Calls that went on to their end, when the phone hung up. */
  finished: number;
  /** Frames sent that can be told from others. */
  sent: number;
  /** Frames that were not sent, because this machine stalled. */
  skipped: number;
  /** From when a frame was due to when it was handed to the socket. */
  readonly lateness: Durations;
  /** Audio messages that came. */
  received: number;
  /** Frames that came back, each counted once. */
  returned: number;
  /** Frames that came back a second time, or from another call. */
  unexpected: number;
  /** From when a frame was handed to the socket to when it came back. */
  readonly echo: Durations;
  clears: number;
  /** From when a mark came to when it was sent back. */
  readonly marks: Durations;
  /** Messages of the app's that were ignored because something was wrong with them. */
  rejected: number;
  /** What was wrong with them by Twilio's number, in words. */
  readonly warnings: Map<number, string>;
  /** What went wrong with calls, in words, and how often. */
  readonly errors: Map<string, number>;
}

/** Creates a tally of nothing. */
export function createTally(): Tally {
  return {
    ...{ begun: 0, answered: 0, finished: 0, sent: 0, skipped: 0, received: 0, returned: 0, unexpected: 0 },
    ...{ clears: 0, rejected: 0 },
    lateness: createDurations(),
    echo: createDurations(),
    marks: createDurations(),
    warnings: new Map(),
    errors: new Map(),
  };
}

/** What came of a load. */
export interface LoadReport {
  /** Phones that were asked for. */
  readonly phones: number;
  /** Calls that came about. */
  readonly answered: number;
  /** Calls that went on until the phone hung up. */
  readonly finished: number;
  /** Frames of 20 ms that were sent, and that have to come back from an app that echoes. */
  readonly sent: number;
  /** Frames that were left out because the phones' own machine stood still for more than five seconds. */
  readonly skipped: number;
  /** How late the phones were: from when a frame was due to when it was handed to the socket. */
  readonly lateness?: DurationSummary;
  /** Audio messages that came from the app. */
  readonly received: number;
  /** What came back of what was sent; missing where nothing did: the app is no echo. */
  readonly echo?: EchoReport;
  /** Marks that were sent back, and after how long: as long as the audio before them took to be played. */
  readonly marks?: DurationSummary;
  /** How often the app sent `clear`. */
  readonly clears: number;
  /** Messages of the app's that were ignored because something was wrong with them. */
  readonly rejectedMessages: number;
  /** What was wrong with them: each of Twilio's codes once. */
  readonly warnings: readonly { readonly code: number; readonly message: string }[];
  /** What went wrong with calls, and how often. */
  readonly errors: readonly { readonly message: string; readonly count: number }[];
}

/** What an app sent back. */
export interface EchoReport {
  /** Frames that came back. */
  readonly returned: number;
  /** Frames that were sent and never came back, those of calls that broke off included. */
  readonly lost: number;
  /** Frames that came back twice, or on another call. */
  readonly unexpected: number;
  /** From when a frame was handed to the socket to when it came back. */
  readonly time: DurationSummary;
}

/** Sums up. */
export function report(tally: Tally, phones: number): LoadReport {
  const time = tally.echo.summary();
  const lateness = tally.lateness.summary();
  const marks = tally.marks.summary();
  const { answered, finished, sent, skipped, received, returned, unexpected, clears, rejected } = tally;
  return {
    ...{ phones, answered, finished, sent, skipped },
    ...(lateness !== undefined && { lateness }),
    received,
    ...(time !== undefined && { echo: { returned, lost: sent - returned, unexpected, time } }),
    ...(marks !== undefined && { marks }),
    ...{ clears, rejectedMessages: rejected },
    warnings: [...tally.warnings].map(([code, message]) => ({ code, message })),
    errors: [...tally.errors].map(([message, count]) => ({ message, count })),
  };
}
