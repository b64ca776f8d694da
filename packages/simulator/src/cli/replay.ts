import { MediaError } from '@patchcord/core';
import { readCapture, replay } from '../capture/replay.ts';
import { dial } from '../phone/dial.ts';
import { APP_WARNED, FAILED, FINE } from './exit-codes.ts';
import { CommandError, checkFolder, readInput, writeHeard } from './files.ts';
import { dialledUrl, parseOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { seconds, summarize, summaryInWords } from './summary.ts';
import type { Surroundings } from './surroundings.ts';

export const REPLAY_HELP = `Does again what the caller of a captured call did: says what was said, presses the keys, hangs up.

Usage: patchcord-phone replay FILE URL [options]

  FILE                   what patchcord-phone capture has written
  URL                    the app's media endpoint, such as ws://localhost:8080/media

Options:
  --record FILE          write what the caller hears this time to a WAV file
  --auth-token TOKEN     sign the connection as Twilio does (better: the variable TWILIO_AUTH_TOKEN)
  --signed-url URL       the URL to sign, where the app has another public address
  --json                 print the summary as JSON
  --help                 print this

Exit codes: 0 fine, 1 the call failed, 2 wrong arguments, 3 the app did something that Twilio would warn about.
`;

const OPTIONS = {
  record: { type: 'string' },
  'auth-token': { type: 'string' },
  'signed-url': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs `patchcord-phone replay`.
 *
 * @returns the exit code.
 * @throws {CommandError} for wrong arguments.
 * @throws {MediaError} when the app cannot be reached.
 */
export async function replayCommand(
  argv: readonly string[],
  { env, stdout, stderr, signal }: Surroundings,
): Promise<number> {
  const options = parseOptions('replay', argv, OPTIONS);
  if (options.is('help')) {
    stdout.write(REPLAY_HELP);
    return FINE;
  }
  const [file, url, more] = options.words;
  if (file === undefined || url === undefined || more !== undefined) {
    throw new CommandError(
      'Name a capture and a URL: patchcord-phone replay call.ndjson ws://localhost:8080/media',
    );
  }
  dialledUrl(url);
  const call = await readCall(file);
  const record = options.text('record');
  if (record !== undefined) await checkFolder('--record', record);

  const phone = await dial(url, {
    ...call.options,
    authToken: options.text('auth-token') ?? (env.TWILIO_AUTH_TOKEN || undefined),
    signedUrl: options.text('signed-url'),
  });
  const progress = createProgress(stderr, () => seconds(phone.timestampMs).padStart(7));
  const hangUp = (): void => void phone.hangUp();
  signal?.addEventListener('abort', hangUp, { once: true });
  if (signal?.aborted) hangUp();
  progress.step(`replaying ${seconds(call.end.timestampMs)}`);
  const end = await replay(phone, call);
  signal?.removeEventListener('abort', hangUp);
  progress.end();

  const summary = summarize(phone, end);
  stdout.write(options.is('json') ? `${JSON.stringify(summary)}\n` : summaryInWords(summary));
  const recorded = await writeHeard(phone, record, stderr);
  if (recorded === false || end.endedBy === 'network') return FAILED;
  return phone.warnings.length > 0 ? APP_WARNED : FINE;
}

async function readCall(file: string): Promise<ReturnType<typeof readCapture>> {
  const text = new TextDecoder().decode(await readInput('replay', file));
  try {
    return readCapture(text);
  } catch (error) {
    if (error instanceof MediaError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  }
}
