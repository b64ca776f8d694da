/** Has many phones call an echo at once, and says whether it held: for a test of your own, or before a deployment. */

import { type LoadReport, load } from '@patchcord/simulator';

/** What an app has to hold. */
export interface Limits {
  /** Sound that comes back: 99 of 100 frames within so many milliseconds. */
  readonly echoP99Ms: number;
  /** The phones' own lateness beyond which the figures are about this machine, in milliseconds. */
  readonly latenessP99Ms: number;
}

/** What was not as it should be, in words; empty where all was. */
export function verdict(report: LoadReport, { echoP99Ms, latenessP99Ms }: Limits): string[] {
  const { phones, answered, finished, echo, lateness, warnings, errors } = report;
  const wrong = [
    ...errors.map(({ message, count }) => `${count} times: ${message}`),
    ...warnings.map(({ code, message }) => `Twilio would warn (${code}): ${message}`),
  ];
  if (finished < phones)
    wrong.push(`${answered} of ${phones} calls came about, ${finished} lasted to their end.`);
  if (lateness && lateness.p99Ms > latenessP99Ms) {
    wrong.push(
      `This machine is too busy to say: its phones were up to ${Math.ceil(lateness.maxMs)} ms late.`,
    );
  }
  if (!echo) wrong.push('Nothing came back.');
  else if (echo.lost > 0) wrong.push(`${echo.lost} frames of 20 ms never came back.`);
  else if (echo.time.p99Ms > echoP99Ms) {
    wrong.push(`One frame in a hundred took longer than ${Math.ceil(echo.time.p99Ms)} ms to come back.`);
  }
  return wrong;
}

/** The report in a few lines. */
export function inWords({ phones, finished, sent, echo, lateness }: LoadReport): string {
  const ms = (value = Number.NaN) => `${value.toFixed(1)} ms`;
  return [
    `${finished} of ${phones} calls lasted to their end; ${sent} frames were sent, ${echo?.returned ?? 0} came back.`,
    `There and back: half within ${ms(echo?.time.p50Ms)}, 99 % within ${ms(echo?.time.p99Ms)}, all within ${ms(echo?.time.maxMs)}.`,
    `The phones themselves were late: 99 % within ${ms(lateness?.p99Ms)}.`,
  ].join('\n');
}

/** Loads an app, and gives its report and what was wrong. */
export async function loadTest(
  url: string,
  { phones, seconds, ...limits }: Limits & { readonly phones: number; readonly seconds: number },
): Promise<{ report: LoadReport; wrong: string[] }> {
  const report = await load(url, { phones, seconds });
  return { report, wrong: verdict(report, limits) };
}
