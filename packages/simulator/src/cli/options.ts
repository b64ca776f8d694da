import { type ParseArgsConfig, parseArgs } from 'node:util';
import { MediaError } from '@patchcord/core';
import { checkUrl } from '../phone/connection.ts';
import { CommandError } from './files.ts';

/** What a command line holds: words, and options with their last values. */
export interface ParsedOptions {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  /** The values of an option that may be repeated. */
  texts(name: string): readonly string[];
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
    texts: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    },
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

/**
 * The number that an option holds; undefined where it was not given.
 *
 * @throws {CommandError} for what is no number, or outside the limits.
 */
export function numberIn(
  options: ParsedOptions,
  name: string,
  lowest: number,
  highest: number,
  { whole = false }: { readonly whole?: boolean } = {},
): number | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && number >= lowest && number <= highest && !(whole && !Number.isInteger(number))) {
    return number;
  }
  const kind = whole ? 'a whole number' : 'a number';
  throw new CommandError(`--${name} wants ${kind} from ${lowest} to ${highest}; '${text}' is none.`);
}

/** @throws {CommandError} for a `--parameter` that is not NAME=VALUE. */
export function parametersIn(options: ParsedOptions): Record<string, string> {
  return Object.fromEntries(
    options.texts('parameter').map((text) => {
      const equals = text.indexOf('=');
      if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
      throw new CommandError(`--parameter wants NAME=VALUE; '${text}' is not of that form.`);
    }),
  );
}
