import { type ParseArgsConfig, parseArgs } from 'node:util';
import { MediaError } from '@patchcord/core';
import { checkUrl } from '../connection.ts';
import { CommandError } from './files.ts';

/** What a command line holds: words, and options with their last values. */
export interface ParsedOptions {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  is(name: string): boolean;
}

/**
 * Reads the arguments of a command whose options come in any order.
 *
 * @throws {CommandError} for an option that the command does not have, and for one without its value.
 */
export function parseOptions(
  command: string,
  argv: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
): ParsedOptions {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw new CommandError(`${sentence?.replace(/\.$/, '')}. See patchcord-phone ${command} --help.`);
  }
  const { values, positionals } = parsed;
  return {
    words: positionals,
    text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    is: (name) => values[name] === true,
  };
}

/** @throws {CommandError} for an address that cannot be dialled. */
export function dialledUrl(url: string): string {
  try {
    checkUrl(url);
    return url;
  } catch (error) {
    if (error instanceof MediaError) throw new CommandError(`${url}: ${error.message}`);
    throw error;
  }
}
