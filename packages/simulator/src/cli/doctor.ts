import { readFile } from 'node:fs/promises';
import { diagnose } from '../doctor/diagnose.ts';
import type { Finding } from '../doctor/finding.ts';
import { FAILED, FINE } from './exit-codes.ts';
import { CommandError, fileTrouble } from './files.ts';
import { dialledUrl, numberIn, parametersIn, parseOptions } from './options.ts';
import type { Surroundings } from './surroundings.ts';

export const DOCTOR_HELP = `Looks at all that has to be right for calls to reach an app, and says in words what is wrong.

Usage: patchcord-phone doctor URL [options]

  URL                    the app's media endpoint as it stands in the TwiML, such as wss://voice.example.com/media

Options:
  --auth-token TOKEN     sign the connection as Twilio does
                         (better: the variable TWILIO_AUTH_TOKEN, which other users cannot read)
  --signed-url URL       the URL to sign, where the app has another public address
  --parameter NAME=VALUE a custom parameter; may be repeated
  --listen SECONDS       how long the first sound is waited for (default 10)
  --timeout SECONDS      longest wait for a connection (default 10)
  --ca FILE              trust the certificate authority in this PEM file alone; Twilio will not
  --json                 print what was found as JSON
  --help                 print this

Looks at the address, the name, the connection, the certificate, the upgrade, a wrong signature, the start of a call, its
first sound, and its end. Connects three times, and calls once; nothing is said. Exit codes: 0 nothing failed, 1 something did, 2 wrong
arguments.
`;

const OPTIONS = {
  'auth-token': { type: 'string' },
  'signed-url': { type: 'string' },
  parameter: { type: 'string', multiple: true },
  listen: { type: 'string' },
  timeout: { type: 'string' },
  ca: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Apps that ask a database who calls take some time to say no. */
const SETTLE_MS = 1000;
const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 600;

/**
 * Runs `patchcord-phone doctor`.
 *
 * @returns the exit code.
 * @throws {CommandError} for wrong arguments.
 */
export async function doctorCommand(argv: readonly string[], { env, stdout }: Surroundings): Promise<number> {
  const options = parseOptions('doctor', argv, OPTIONS);
  if (options.is('help')) {
    stdout.write(DOCTOR_HELP);
    return FINE;
  }
  const [url, more] = options.words;
  if (url === undefined || more !== undefined) {
    throw new CommandError('Name one app: patchcord-phone doctor wss://voice.example.com/media');
  }
  const caFile = options.text('ca');
  const milliseconds = (name: string): number =>
    1000 * (numberIn(options, name, 0.1, MAX_SECONDS) ?? DEFAULT_SECONDS);
  const json = options.is('json');
  const findings = await diagnose(
    dialledUrl(url),
    {
      authToken: options.text('auth-token') ?? (env.TWILIO_AUTH_TOKEN || undefined),
      signedUrl: options.text('signed-url'),
      parameters: parametersIn(options),
      settleMs: SETTLE_MS,
      listenMs: milliseconds('listen'),
      connectTimeoutMs: milliseconds('timeout'),
      ...(caFile !== undefined && { ca: await readAuthority(caFile) }),
    },
    (finding) => {
      if (!json) stdout.write(`${inWords(finding)}\n`);
    },
  );
  if (json) stdout.write(`${JSON.stringify(findings)}\n`);
  return findings.some(({ state }) => state === 'failed') ? FAILED : FINE;
}

/** A finding on a line of its own. */
function inWords({ check, state, message }: Finding): string {
  return `${state.padEnd(8)} ${check.padEnd(15)} ${message}`;
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`--ca ${file}: ${fileTrouble(error)}.`);
  }
}
