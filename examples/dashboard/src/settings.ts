import { MediaError } from '@patchcord/core';

/** What the demo is told by its surroundings. */
export interface Settings {
  /** Port to listen on; 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** Where the world reaches this server, such as a tunnel's address. No slash at the end. */
  readonly publicUrl?: string;
  /** Twilio's secret: checks that calls come from Twilio, and, with `accountSid`, hangs them up. */
  readonly authToken?: string;
  readonly accountSid?: string;
  /** How many simulated callers dial in. */
  readonly callers: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Most simulated callers: they run in this process, beside the server. */
const MOST_CALLERS = 50;

/**
 * Reads the settings from environment variables.
 *
 * @throws {MediaError} `invalid-argument`, with the variable, what is wrong and what to do. Values of secrets
 * stay out of it.
 */
export function readSettings(environment: Environment): Settings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const host = read('HOST') ?? '127.0.0.1';
  const authToken = read('TWILIO_AUTH_TOKEN');
  const accountSid = read('TWILIO_ACCOUNT_SID');
  const publicUrl = read('PUBLIC_URL');
  if (!isLoopback(host) && !authToken) {
    throw invalid(
      `HOST is ${host}, which other machines can reach, and TWILIO_AUTH_TOKEN is not set: anybody there could ` +
        'place calls into this server. Set TWILIO_AUTH_TOKEN, so that only calls signed by Twilio are answered, ' +
        'or leave HOST unset to serve this machine only.',
    );
  }
  if (accountSid && !authToken) {
    throw invalid('TWILIO_ACCOUNT_SID is set and TWILIO_AUTH_TOKEN is not. Set both, or neither.');
  }
  if (publicUrl && !authToken) {
    throw invalid(
      'PUBLIC_URL is set and TWILIO_AUTH_TOKEN is not: whoever finds that address could place calls into this ' +
        'server. Set TWILIO_AUTH_TOKEN as well, so that only calls signed by Twilio are answered, or neither.',
    );
  }
  if (authToken && !publicUrl) {
    throw invalid(
      'TWILIO_AUTH_TOKEN is set and PUBLIC_URL is not: a signature covers the address that Twilio calls. ' +
        'Set PUBLIC_URL to it, such as https://phone.example.com.',
    );
  }
  return {
    port: wholeNumber('PORT', read('PORT') ?? '8080', 65_535),
    host,
    callers: wholeNumber('CALLERS', read('CALLERS') ?? '3', MOST_CALLERS),
    ...(publicUrl ? { publicUrl: originOf(publicUrl) } : {}),
    ...(authToken ? { authToken } : {}),
    ...(accountSid ? { accountSid } : {}),
  };
}

/** Whether an address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The name under which this machine reaches a server of its own that listens on `host`, as URLs have it. */
export function nameOnThisMachine(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw invalid(`${name} is "${text}"; expected a whole number from 0 to ${most}.`);
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url?.pathname === '/' && !url.search && !url.hash && !url.username;
  if (url?.protocol === 'https:' && isOrigin) return url.origin;
  throw invalid(
    'PUBLIC_URL is not the https address of a server; expected one such as https://phone.example.com.',
  );
}

const invalid = (message: string): MediaError => new MediaError('invalid-argument', message);
