import type { PhoneEnd } from '../phone/events.ts';
import type { Phone } from '../phone/phone.ts';
import { LINE_RATE } from '../phone/sound.ts';
import type { PhoneWarning } from '../phone/warnings.ts';

/** What a call came to. */
export interface Summary {
  readonly callSid: string;
  readonly streamSid: string;
  readonly durationMs: number;
  readonly endedBy: PhoneEnd['endedBy'];
  readonly reason: PhoneEnd['reason'];
  readonly message: string;
  /** Of the time on the line, how long there was sound in the caller's ear. */
  readonly heardMs: number;
  /** When sound was heard first. */
  readonly firstHeardMs?: number;
  readonly marks: { readonly sent: number; readonly played: number; readonly cleared: number };
  readonly clears: number;
  readonly warnings: readonly PhoneWarning[];
  readonly rejectedMessages: number;
}

/** What is no louder counts as silence: about -45 dB below full scale. */
const SILENCE = 184;
const WINDOW_MS = 10;
const WINDOW = (LINE_RATE * WINDOW_MS) / 1000;

/** Sums up a call that is over. */
export function summarize(phone: Phone, end: PhoneEnd): Summary {
  const sounding = soundingWindows(phone.heard);
  const count = (test: (event: Phone['events'][number]) => boolean): number =>
    phone.events.filter(test).length;
  const first = sounding[0];
  return {
    callSid: phone.callSid,
    streamSid: phone.streamSid,
    durationMs: Math.round(end.durationMs),
    endedBy: end.endedBy,
    reason: end.reason,
    message: end.message,
    heardMs: sounding.length * WINDOW_MS,
    ...(first !== undefined && { firstHeardMs: first * WINDOW_MS }),
    marks: {
      sent: count(({ kind }) => kind === 'mark'),
      played: count((event) => event.kind === 'echo' && event.outcome === 'played'),
      cleared: count((event) => event.kind === 'echo' && event.outcome === 'cleared'),
    },
    clears: count(({ kind }) => kind === 'clear'),
    warnings: phone.warnings,
    rejectedMessages: phone.rejectedMessages,
  };
}

/** The summary for people. */
export function summaryInWords(summary: Summary): string {
  const { marks, warnings, rejectedMessages, firstHeardMs } = summary;
  const heard =
    firstHeardMs === undefined
      ? 'nothing was heard'
      : `${seconds(summary.heardMs)} of sound heard, the first after ${seconds(firstHeardMs)}`;
  const lines = [
    `${summary.message} The call took ${seconds(summary.durationMs)}; ${heard}.`,
    `Marks: ${marks.sent} sent, ${marks.played} played, ${marks.cleared} cleared. Clears: ${summary.clears}.`,
    ...warnings.map(({ code, message }) => `Warning ${code}: ${message}`),
    ...(rejectedMessages > 0 ? [`Messages that were ignored: ${rejectedMessages}.`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Milliseconds as people read them. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function soundingWindows(samples: Int16Array): number[] {
  const windows: number[] = [];
  for (let window = 0; (window + 1) * WINDOW <= samples.length; window++) {
    const part = samples.subarray(window * WINDOW, (window + 1) * WINDOW);
    if (part.some((sample) => Math.abs(sample) >= SILENCE)) windows.push(window);
  }
  return windows;
}
