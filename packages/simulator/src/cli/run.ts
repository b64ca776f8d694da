import { basename } from 'node:path';
import { MediaError } from '@patchcord/core';
import { dial } from '../phone/dial.ts';
import type { PhoneEnd } from '../phone/events.ts';
import type { Phone } from '../phone/phone.ts';
import { toLineSamples } from '../phone/sound.ts';
import { type CallArguments, HELP, parseArguments, type Step } from './arguments.ts';
import { captureCommand } from './capture.ts';
import { doctorCommand } from './doctor.ts';
import { APP_WARNED, FAILED, FINE, WRONG_ARGUMENTS } from './exit-codes.ts';
import { CommandError, checkFolder, readInput, writeHeard } from './files.ts';
import { loadCommand } from './load.ts';
import { createProgress, type Progress } from './progress.ts';
import { replayCommand } from './replay.ts';
import { seconds, summarize, summaryInWords } from './summary.ts';
import type { Surroundings } from './surroundings.ts';

/** With no `--hang-up-after`, the app's silence that ends the call. */
const SILENCE_MS = 3000;

/** How long `--listen` waits for the app to begin. */
const LISTEN_TIMEOUT_MS = 30_000;

/** A step with all that it needs. */
type ReadyStep = Step & { readonly sound?: Int16Array };

/**
 * Runs `patchcord-phone`.
 *
 * @returns the exit code. Never rejects for what a person can mistake or a network can do.
 */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stderr } = surroundings;
  const [first = '', ...rest] = argv;
  const command = COMMANDS.get(first);
  try {
    return command === undefined ? await callCommand(argv, surroundings) : await command(rest, surroundings);
  } catch (error) {
    if (error instanceof CommandError) {
      stderr.write(`patchcord-phone: ${error.message}\n`);
      return WRONG_ARGUMENTS;
    }
    if (error instanceof MediaError) {
      stderr.write(`patchcord-phone: ${error.message}\n`);
      return FAILED;
    }
    throw error;
  }
}

/** What the first word may ask for. Without it, the program calls. */
const COMMANDS: ReadonlyMap<
  string,
  (argv: readonly string[], surroundings: Surroundings) => Promise<number>
> = new Map([
  ['call', callCommand],
  ['load', loadCommand],
  ['doctor', doctorCommand],
  ['capture', captureCommand],
  ['replay', replayCommand],
]);

async function callCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { env, stdout, stderr } = surroundings;
  const parsed = parseArguments(argv, env);
  if (parsed.kind === 'help') {
    stdout.write(HELP);
    return FINE;
  }
  if (parsed.kind === 'error') {
    stderr.write(`patchcord-phone: ${parsed.message}\n`);
    return WRONG_ARGUMENTS;
  }
  const steps = await Promise.all(parsed.steps.map(prepare));
  if (parsed.record !== undefined) await checkFolder('--record', parsed.record);
  return call(parsed, steps, surroundings);
}

/** Reads what a step needs before anybody is called. */
async function prepare(step: Step): Promise<ReadyStep> {
  if (step.kind !== 'say') return step;
  const bytes = await readInput('--say', step.file);
  try {
    return { ...step, sound: toLineSamples(bytes) };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    throw new CommandError(`--say ${step.file}: ${error.message}`);
  }
}

async function call(
  options: CallArguments,
  steps: readonly ReadyStep[],
  { stdout, stderr, signal }: Surroundings,
): Promise<number> {
  const { url, from, to, parameters, authToken, signedUrl, lineNoiseDb } = options;
  const phone = await dial(url, { from, to, parameters, authToken, signedUrl, lineNoiseDb });
  const progress = createProgress(stderr, () => seconds(phone.timestampMs).padStart(7));
  phone.addEventListener('warning', ({ detail }) =>
    progress.step(`Warning ${detail.code}: ${detail.message}`),
  );
  const hangUp = (): void => void phone.hangUp();
  signal?.addEventListener('abort', hangUp, { once: true });
  if (signal?.aborted) hangUp();
  const limit = setTimeout(hangUp, options.maxSeconds * 1000);

  let failure: string | undefined;
  let end: PhoneEnd;
  try {
    failure = await follow(phone, options, steps, progress);
    end = await phone.hangUp();
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener('abort', hangUp);
    progress.end();
  }

  if (failure !== undefined) stderr.write(`patchcord-phone: ${failure}\n`);
  const summary = summarize(phone, end);
  const recorded = await writeHeard(phone, options.record, stderr);
  stdout.write(
    options.json
      ? `${JSON.stringify({ ...summary, ...(options.record !== undefined && { recorded }) })}\n`
      : summaryInWords(summary) + (recorded ? `Recorded in ${options.record}.\n` : ''),
  );
  if (failure !== undefined || recorded === false || end.endedBy === 'network') return FAILED;
  return phone.warnings.length > 0 ? APP_WARNED : FINE;
}

/** Does the steps, then waits for the end. Returns why not all of them could be done. */
async function follow(
  phone: Phone,
  { hangUpAfterMs }: CallArguments,
  steps: readonly ReadyStep[],
  progress: Progress,
): Promise<string | undefined> {
  for (const [index, step] of steps.entries()) {
    const words = stepInWords(step);
    progress.step(words);
    try {
      await take(phone, step);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      return `Step ${index + 1} of ${steps.length} (${words}) was not finished. ${error.message}`;
    }
  }
  progress.step(hangUpAfterMs === undefined ? 'listening until the app is silent' : 'listening');
  if (hangUpAfterMs !== undefined) await phone.wait(hangUpAfterMs);
  else await untilSilent(phone);
  return undefined;
}

/** From now on, whatever was heard before: the app may be about to answer. */
async function untilSilent(phone: Phone): Promise<void> {
  const { timestampMs } = phone;
  const enough = (): boolean => phone.timestampMs - timestampMs >= SILENCE_MS;
  try {
    await phone.waitUntil(enough, { timeoutMs: 2 * SILENCE_MS });
    await phone.waitForSilence({ ms: SILENCE_MS, timeoutMs: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (!(error instanceof MediaError)) throw error; // the call is over: what was waited for
  }
}

async function take(phone: Phone, step: ReadyStep): Promise<void> {
  switch (step.kind) {
    case 'say':
      if (step.sound !== undefined) await phone.say(step.sound);
      return;
    case 'press':
      await phone.press(step.keys);
      return;
    case 'wait': {
      const dueMs = phone.timestampMs + step.ms;
      await phone.waitUntil(() => phone.timestampMs >= dueMs, { timeoutMs: Number.POSITIVE_INFINITY });
      return;
    }
    case 'listen':
      await phone.waitForSpeech({ timeoutMs: LISTEN_TIMEOUT_MS });
      await phone.waitForSilence({ timeoutMs: Number.POSITIVE_INFINITY });
      return;
  }
}

function stepInWords(step: Step): string {
  switch (step.kind) {
    case 'say':
      return `saying ${basename(step.file)}`;
    case 'press':
      return `pressing ${step.keys}`;
    case 'wait':
      return `waiting ${seconds(step.ms)}`;
    case 'listen':
      return 'listening to the app';
  }
}
