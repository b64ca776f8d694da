import { parseArgs } from 'node:util';
import { MediaError } from '@patchcord/core';
import { checkUrl } from '../phone/connection.ts';
import { parseKeys } from '../phone/keypad.ts';

/** One thing that the caller does. They are done in the order in which they were given. */
export type Step =
  | { readonly kind: 'say'; readonly file: string }
  | { readonly kind: 'press'; readonly keys: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'listen' };

/** What the command line asks for. */
export interface CallArguments {
  readonly kind: 'call';
  readonly url: string;
  readonly steps: readonly Step[];
  /** Where to write what was heard. */
  readonly record?: string;
  /** From the last step to hanging up; when not given, the app's silence decides. */
  readonly hangUpAfterMs?: number;
  readonly maxSeconds: number;
  readonly from?: string;
  readonly to?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly authToken?: string;
  readonly signedUrl?: string;
  readonly lineNoiseDb?: number;
  readonly json: boolean;
}

/** What to do, or what is wrong with the arguments, in words. */
export type Arguments =
  | CallArguments
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string };

export const HELP = `Calls an app that answers phone calls over a WebSocket, as Twilio would.

Usage: patchcord-phone URL [steps] [options]
       patchcord-phone call URL [steps] [options]     the same
       patchcord-phone load URL --phones N            many calls at once, timed (--help tells more)
       patchcord-phone doctor URL                     say what keeps calls from an app (--help tells more)
       patchcord-phone capture URL --out FILE         write down a call that passes through (--help tells more)
       patchcord-phone replay FILE URL                do again what its caller did (--help tells more)

  URL                    the app's media endpoint, such as ws://localhost:8080/media

Steps, done in the order given:
  --say FILE             say a WAV file (any rate; PCM, µ-law or A-law)
  --press KEYS           press keys: 0-9 * # A-D; quote a lone '#'
  --wait MS              wait that many milliseconds
  --listen               wait until the app has said something and fallen silent

Options:
  --record FILE          write what the caller heard to a WAV file
  --hang-up-after MS     hang up that long after the last step
                         (else when the app has been silent for 3 s)
  --seconds N            hang up after N seconds at the latest (default 300, at most 3600)
  --from NUMBER          the caller's number, as the custom parameter 'from'
  --to NUMBER            the called number, as the custom parameter 'to'
  --parameter NAME=VALUE another custom parameter; may be repeated
  --auth-token TOKEN     sign the connection as Twilio does
                         (better: the variable TWILIO_AUTH_TOKEN, which other users cannot read)
  --signed-url URL       the URL to sign, where the app has another public address
  --line-noise DB        faint noise on the caller's line, such as -65
  --json                 print the summary as JSON
  --help                 print this

Exit codes: 0 fine, 1 the call failed or ended before the last step, 2 wrong arguments, 3 the app did something
that Twilio would warn about.
`;

const OPTIONS = {
  say: { type: 'string' },
  press: { type: 'string' },
  wait: { type: 'string' },
  listen: { type: 'boolean' },
  record: { type: 'string' },
  'hang-up-after': { type: 'string' },
  seconds: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  parameter: { type: 'string' },
  'auth-token': { type: 'string' },
  'signed-url': { type: 'string' },
  'line-noise': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = keyof typeof OPTIONS;

/** What an option's value is, for the sentence that says it is missing. */
const WANTED: { readonly [Name in OptionName]?: string } = {
  say: 'a WAV file',
  press: "keys, such as 12# (quote a lone '#', which the shell takes for a comment)",
  wait: 'a number of milliseconds',
  record: 'a file to write',
  'hang-up-after': 'a number of milliseconds',
  seconds: 'a number of seconds',
  from: 'a number',
  to: 'a number',
  parameter: 'NAME=VALUE',
  'auth-token': 'a token',
  'signed-url': 'a URL',
  'line-noise': 'a level in dB, such as -65',
};

const DEFAULT_SECONDS = 300;
const MAX_SECONDS = 3600;

/** The variables that the program reads. */
export interface Environment {
  readonly TWILIO_AUTH_TOKEN?: string | undefined;
}

/** A wrong argument. Its message is for the person at the terminal. */
class ArgumentError extends Error {}

/**
 * Reads the arguments of `patchcord-phone`. Touches no file and no network.
 *
 * @param argv Without the program's own name.
 * @param environment Where `TWILIO_AUTH_TOKEN` is looked for.
 */
export function parseArguments(argv: readonly string[], environment: Environment = {}): Arguments {
  try {
    return parse(argv, environment);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return { kind: 'error', message: error.message };
  }
}

function parse(argv: readonly string[], environment: Environment): Arguments {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false, // its own errors do not say what to do
    allowPositionals: true,
    tokens: true,
  });

  const urls: string[] = [];
  const steps: Step[] = [];
  const parameters: Record<string, string> = {};
  /** Options that may be given once. */
  const single = new Map<OptionName, string>();

  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      urls.push(token.value);
      continue;
    }
    const name = knownName(token.name, token.rawName);
    const value = readValue(name, token.value, token.inlineValue === true);
    switch (name) {
      case 'help':
        return { kind: 'help' };
      case 'say':
        steps.push({ kind: 'say', file: value });
        break;
      case 'press':
        steps.push({ kind: 'press', keys: keysOf(value) });
        break;
      case 'wait':
        steps.push({ kind: 'wait', ms: numberOf(name, value, 0, MAX_SECONDS * 1000) });
        break;
      case 'listen':
        steps.push({ kind: 'listen' });
        break;
      case 'parameter': {
        const [parameter, text] = parameterOf(value);
        parameters[parameter] = text;
        break;
      }
      default:
        if (single.has(name)) throw new ArgumentError(`--${name} was given twice. Give it once.`);
        single.set(name, value);
    }
  }

  const number = (name: OptionName, lowest: number, highest: number): number | undefined => {
    const value = single.get(name);
    return value === undefined ? undefined : numberOf(name, value, lowest, highest);
  };
  const text = (name: OptionName): string | undefined => single.get(name);

  return defined({
    kind: 'call',
    url: urlOf(urls),
    steps,
    parameters,
    maxSeconds: number('seconds', 1, MAX_SECONDS) ?? DEFAULT_SECONDS,
    json: single.has('json'),
    record: text('record'),
    hangUpAfterMs: number('hang-up-after', 0, MAX_SECONDS * 1000),
    from: text('from'),
    to: text('to'),
    authToken: text('auth-token') ?? (environment.TWILIO_AUTH_TOKEN || undefined),
    signedUrl: text('signed-url'),
    lineNoiseDb: number('line-noise', -120, 0),
  });
}

function knownName(name: string, rawName: string): OptionName {
  if (Object.hasOwn(OPTIONS, name)) return name as OptionName;
  const near = Object.keys(OPTIONS).find((known) => known.startsWith(name) || name.startsWith(known));
  const hint = near === undefined ? 'See patchcord-phone --help.' : `Is --${near} meant?`;
  throw new ArgumentError(`There is no option ${rawName}. ${hint}`);
}

/** The value of an option that has one, '' for a switch. */
function readValue(name: OptionName, value: string | boolean | undefined, inline: boolean): string {
  if (OPTIONS[name].type === 'boolean') {
    if (inline) throw new ArgumentError(`--${name} takes no value.`);
    return '';
  }
  if (typeof value !== 'string' || value === '') throw new ArgumentError(`--${name} wants ${WANTED[name]}.`);
  if (!inline && value.startsWith('--')) {
    throw new ArgumentError(`--${name} wants ${WANTED[name]}; the option ${value.split('=')[0]} follows it.`);
  }
  return value;
}

function numberOf(name: OptionName, value: string, lowest: number, highest: number): number {
  const number = Number(value);
  if (value.trim() !== '' && number >= lowest && number <= highest) return number;
  throw new ArgumentError(
    `--${name} wants ${WANTED[name]} from ${lowest} to ${highest}; '${value}' is none.`,
  );
}

function keysOf(value: string): string {
  try {
    parseKeys(value);
    return value;
  } catch (error) {
    throw new ArgumentError(`--press ${value}: ${messageOf(error)}`);
  }
}

function parameterOf(value: string): [string, string] {
  const equals = value.indexOf('=');
  if (equals > 0) return [value.slice(0, equals), value.slice(equals + 1)];
  throw new ArgumentError(`--parameter wants NAME=VALUE; '${value}' is not of that form.`);
}

function urlOf(urls: readonly string[]): string {
  const [url, second] = urls;
  if (url === undefined) {
    throw new ArgumentError('There is no URL to call. Name one, such as ws://localhost:8080/media.');
  }
  if (second !== undefined) {
    throw new ArgumentError(`One URL can be called at a time; '${second}' is one word too many.`);
  }
  try {
    checkUrl(url);
    return url;
  } catch (error) {
    throw new ArgumentError(`${url}: ${messageOf(error)}`);
  }
}

/** Words of an error that is ours; others are thrown on. */
function messageOf(error: unknown): string {
  if (error instanceof MediaError) return error.message;
  throw error;
}

/** The object without its undefined fields. */
function defined(
  fields: { readonly [Key in keyof CallArguments]: CallArguments[Key] | undefined },
): CallArguments {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as CallArguments;
}
