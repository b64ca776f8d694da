import type { DurationSummary } from '../load/durations.ts';
import { type LoadProgress, load } from '../load/load.ts';
import type { LoadReport } from '../load/tally.ts';
import { APP_WARNED, FAILED, FINE } from './exit-codes.ts';
import { CommandError } from './files.ts';
import { dialledUrl, numberIn, type ParsedOptions, parametersIn, parseOptions } from './options.ts';
import { seconds } from './summary.ts';
import type { Surroundings } from './surroundings.ts';

export const LOAD_HELP = `Has many phones call an app at once, and measures how soon it gives back what it hears.

Usage: patchcord-phone load URL [options]

  URL                    the app's media endpoint, such as ws://localhost:8080/media

Options:
  --phones N             how many phones call (default 10, at most 10000)
  --seconds N            how long each of them speaks (default 10)
  --spread MS            from the first phone's call to the last one's (default 10 a phone)
  --from NUMBER          the caller's number, as the custom parameter 'from'
  --to NUMBER            the called number, as the custom parameter 'to'
  --parameter NAME=VALUE another custom parameter; may be repeated
  --auth-token TOKEN     sign the connections as Twilio does
                         (better: the variable TWILIO_AUTH_TOKEN, which other users cannot read)
  --signed-url URL       the URL to sign, where the app has another public address
  --json                 print the report as JSON
  --help                 print this

Each phone speaks without a pause. Of an app that sends back what it hears, as an echo does, each frame is told from all
others, and its way there and back is timed; other apps are called and kept busy, and their marks are timed.
Ctrl-C has all phones hang up. Exit codes: 0 fine, 1 a call failed or ended early, or an echo lost frames, 2 wrong
arguments, 3 the app did something that Twilio would warn about.
`;

const OPTIONS = {
  phones: { type: 'string' },
  seconds: { type: 'string' },
  spread: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  parameter: { type: 'string', multiple: true },
  'auth-token': { type: 'string' },
  'signed-url': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Phones whose frames are later than this, one in a hundred, are on a machine that is too busy for them. */
const LATE_MS = 10;

/**
 * Runs `patchcord-phone load`.
 *
 * @returns the exit code.
 * @throws {CommandError} for wrong arguments.
 * @throws {MediaError} for options that no call can have.
 */
export async function loadCommand(
  argv: readonly string[],
  { env, stdout, stderr, signal }: Surroundings,
): Promise<number> {
  const options = parseOptions('load', argv, OPTIONS);
  if (options.is('help')) {
    stdout.write(LOAD_HELP);
    return FINE;
  }
  const url = urlIn(options);
  const report = await load(url, {
    phones: numberIn(options, 'phones', 1, 10_000, { whole: true }),
    seconds: numberIn(options, 'seconds', 0.02, 86_400),
    spreadMs: numberIn(options, 'spread', 0, 86_400_000),
    from: options.text('from'),
    to: options.text('to'),
    parameters: parametersIn(options),
    authToken: options.text('auth-token') ?? (env.TWILIO_AUTH_TOKEN || undefined),
    signedUrl: options.text('signed-url'),
    signal,
    onProgress: (progress) => stderr.write(lineOf(progress, stderr.isTTY === true)),
  });
  if (stderr.isTTY) stderr.write('\r\u001b[K');
  stdout.write(options.is('json') ? `${JSON.stringify(report)}\n` : reportInWords(report));
  if (report.errors.length > 0 || (report.echo?.lost ?? 0) > 0) return FAILED;
  return report.warnings.length > 0 ? APP_WARNED : FINE;
}

function urlIn({ words }: ParsedOptions): string {
  const [url, more] = words;
  if (url === undefined || more !== undefined) {
    throw new CommandError('Name one app: patchcord-phone load ws://localhost:8080/media --phones 200');
  }
  return dialledUrl(url);
}

/** On a terminal a line that is written over the one before. */
function lineOf({ elapsedMs, begun, over, report }: LoadProgress, isTerminal: boolean): string {
  const late = report.lateness === undefined ? '' : `, ${milliseconds(report.lateness.p99Ms)} late (p99)`;
  const echo = report.echo === undefined ? '' : `, echo after ${milliseconds(report.echo.time.p50Ms)}`;
  const failed = report.errors.reduce((sum, { count }) => sum + count, 0);
  const line =
    `${seconds(elapsedMs).padStart(7)}  ${begun - over} of ${report.phones} phones on the line, ` +
    `${report.sent} frames sent${late}${echo}${failed > 0 ? `, ${failed} calls failed` : ''}`;
  return isTerminal ? `\r\u001b[K${line}` : `${line}\n`;
}

/** The report for people. */
export function reportInWords(report: LoadReport): string {
  const { phones, answered, finished, sent, skipped, lateness, received, echo, marks } = report;
  const lines = [
    `${answered} of ${phones} calls came about, and ${finished} went on to their end.`,
    `${sent} frames of 20 ms sent${lateness === undefined ? '' : `, late by ${inWords(lateness)}`}.`,
  ];
  if (lateness !== undefined && lateness.p99Ms > LATE_MS) {
    lines.push(
      `The phones themselves were late: this machine is too busy for so many, and the figures tell of it as much as of the app.`,
    );
  }
  if (skipped > 0) lines.push(`${skipped} frames were left out, because this machine stood still.`);
  if (echo !== undefined) {
    lines.push(
      `Echo: ${echo.returned} frames came back, ${echo.lost} did not; after ${inWords(echo.time)}.`,
      ...(echo.unexpected > 0 ? [`${echo.unexpected} frames came back twice, or on another call.`] : []),
    );
  } else if (sent > 0) {
    lines.push(
      `The app does not echo: ${received} audio messages came from it, and none holds what it was told. So there is no echo to time.`,
    );
  }
  if (marks !== undefined) {
    lines.push(
      `Marks: ${marks.count} went back, after ${inWords(marks)}: as long as the audio before them took to play.`,
    );
  }
  if (report.clears > 0) lines.push(`Clears: ${report.clears}.`);
  lines.push(...report.warnings.map(({ code, message }) => `Warning ${code}: ${message}`));
  if (report.rejectedMessages > 0) lines.push(`Messages that were ignored: ${report.rejectedMessages}.`);
  lines.push(...report.errors.map(({ message, count }) => `${count} times: ${message}`));
  return `${lines.join('\n')}\n`;
}

function inWords({ p50Ms, p99Ms, maxMs }: DurationSummary): string {
  return `${milliseconds(p50Ms)} (median), ${milliseconds(p99Ms)} (99 of 100), ${milliseconds(maxMs)} at most`;
}

function milliseconds(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
