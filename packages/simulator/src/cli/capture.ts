import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream';
import type { CaptureOptions } from '../capture/capture.ts';
import { openTap } from '../capture/tap.ts';
import { FAILED, FINE } from './exit-codes.ts';
import { CommandError, checkFolder, fileTrouble } from './files.ts';
import { dialledUrl, parseOptions } from './options.ts';
import type { Surroundings } from './surroundings.ts';

export const CAPTURE_HELP = `Stands between a phone company and an app, passes on all that they say, and writes one call down.

Usage: patchcord-phone capture URL --out FILE [options]

  URL                    the app's media endpoint, such as ws://localhost:8080/media
  --out FILE             where to write the call: a line of JSON for each message, with its time

Options:
  --port N               where to listen for the call (default: a free port, which is printed)
  --host NAME            the address to listen on (default 127.0.0.1)
  --audio HOW            kept (default), silence: replaced by silence of its length, or omitted
  --unmasked             write keys, numbers, parameters and unknown messages as they are
  --help                 print this

Ends with the call, or with Ctrl-C. Exit codes: 0 fine, 1 the app cannot be reached, 2 wrong arguments.
`;

const OPTIONS = {
  out: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  audio: { type: 'string' },
  unmasked: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs `patchcord-phone capture`.
 *
 * @returns the exit code.
 * @throws {CommandError} for wrong arguments.
 * @throws {MediaError} when the app cannot be reached.
 */
export async function captureCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: Surroundings,
): Promise<number> {
  const options = parseOptions('capture', argv, OPTIONS);
  if (options.is('help')) {
    stdout.write(CAPTURE_HELP);
    return FINE;
  }
  const [url, more] = options.words;
  const out = options.text('out');
  if (url === undefined || more !== undefined || out === undefined) {
    throw new CommandError(
      'Name the app and a file: patchcord-phone capture ws://localhost:8080/media --out call.ndjson',
    );
  }
  dialledUrl(url);
  const audio = audioOf(options.text('audio'));
  const port = portOf(options.text('port'));
  const file = await openFile(out);
  const tap = await openTap(url, {
    port,
    host: options.text('host') ?? '127.0.0.1',
  });
  let lines = 0;
  let trouble: unknown;
  file.on('error', (error) => {
    trouble ??= error;
  });
  const write = (line: string): void => {
    lines++;
    file.write(`${line}\n`);
  };
  const close = (): void => tap.close();
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted) close();
  stderr.write(`Waiting for a call at ${tap.url}\n`);
  try {
    await tap.capture({ audio, unmasked: options.is('unmasked'), write });
  } finally {
    signal?.removeEventListener('abort', close);
    tap.close();
    file.end();
    await new Promise((resolve) => finished(file, resolve));
  }
  if (trouble !== undefined) {
    stderr.write(`patchcord-phone: --out ${out}: ${fileTrouble(trouble)}.\n`);
    return FAILED;
  }
  stdout.write(`${lines} lines in ${out}.\n`);
  return FINE;
}

/** @throws {CommandError} for a file that cannot be written. */
async function openFile(out: string): Promise<WriteStream> {
  await checkFolder('--out', out);
  const file = createWriteStream(out);
  try {
    await once(file, 'open');
    return file;
  } catch (error) {
    throw new CommandError(`--out ${out}: ${fileTrouble(error)}.`);
  }
}

function audioOf(text = 'kept'): NonNullable<CaptureOptions['audio']> {
  if (text === 'kept' || text === 'silence' || text === 'omitted') return text;
  throw new CommandError(`--audio wants kept, silence or omitted; '${text}' is none.`);
}

function portOf(text = '0'): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CommandError(`--port wants a number from 0 to 65535; '${text}' is none.`);
}
