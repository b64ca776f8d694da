/**
 * TwiML that connects a call to a media stream.
 *
 * @see https://www.twilio.com/docs/voice/twiml/stream
 * @module
 */

import { MediaError } from '@patchcord/core';
import { isLoopback } from './loopback.ts';

/** What `connectStream` says. */
export interface ConnectStreamOptions {
  /**
   * Where Twilio shall dial: a whole `wss` URL with no query (Twilio drops it; use `parameters`). `ws` is
   * allowed to this machine only, for simulators.
   */
  readonly url: string | URL;
  /** Arrive in the `parameters` of the call's start frame. Name and value together: under 500 characters each. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where Twilio reports that the stream started, stopped or failed: a whole `https` URL. */
  readonly statusCallback?: string | URL;
  /** Default: `POST`. */
  readonly statusCallbackMethod?: 'GET' | 'POST';
}

/** Twilio refuses a `<Parameter>` whose name and value reach this many characters. */
const PARAMETER_LIMIT = 500;

/** Characters that XML 1.0 cannot hold, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser turns these into spaces unless they are references.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * The TwiML that hands a call to a bidirectional media stream: what a `/voice` webhook answers. The call goes
 * on with the stream until the server closes it, and then ends.
 *
 * @throws {MediaError} `invalid-argument` for a URL or parameter that Twilio would refuse, or drop.
 */
export function connectStream({
  url,
  parameters = {},
  statusCallback,
  statusCallbackMethod,
}: ConnectStreamOptions): string {
  const attributes = [
    attribute('url', streamUrl(String(url))),
    ...(statusCallback === undefined
      ? []
      : [attribute('statusCallback', callbackUrl(String(statusCallback)))]),
    ...(statusCallbackMethod === undefined ? [] : [attribute('statusCallbackMethod', statusCallbackMethod)]),
  ].join('');
  const children = Object.entries(parameters).map(([name, value]) => `      ${parameter(name, value)}\n`);
  const stream =
    children.length === 0
      ? `<Stream${attributes}/>`
      : `<Stream${attributes}>\n${children.join('')}    </Stream>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n  <Connect>\n    ${stream}\n  </Connect>\n</Response>\n`;
}

function streamUrl(text: string): string {
  const url = parseUrl('url', text);
  if (url.protocol !== 'wss:' && !(url.protocol === 'ws:' && isLoopback(url.hostname))) {
    throw invalid(
      `Twilio streams to wss URLs only; this one begins with ${url.protocol}//. Give a wss URL (ws is for this machine's own address, in tests).`,
    );
  }
  if (text.includes('?') || text.includes('#')) {
    throw invalid(
      'The URL of a stream can have no query and no fragment: Twilio drops them. Pass values in `parameters`, which arrive in the start frame.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      'The URL of a stream must hold no credentials. Check the signature of the upgrade instead.',
    );
  }
  return text;
}

function callbackUrl(text: string): string {
  const url = parseUrl('statusCallback', text);
  if (url.protocol === 'https:' || url.protocol === 'http:') return text;
  throw invalid(`statusCallback must be an https URL; this one begins with ${url.protocol}//.`);
}

function parseUrl(name: string, text: string): URL {
  // Twilio reports spaces as a malformed URL (31923), where a URL parser would forgive them.
  if (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) && URL.canParse(text)) return new URL(text);
  throw invalid(`${name} must be a whole URL, such as wss://voice.example.com/media, with no spaces in it.`);
}

function parameter(name: string, value: string): string {
  if (name === '') throw invalid('A parameter of a stream needs a name; one has none.');
  const length = name.length + value.length;
  if (length >= PARAMETER_LIMIT) {
    throw invalid(
      `Name and value of a stream's parameter must have fewer than ${PARAMETER_LIMIT} characters together; one has ${length}. Pass a key, and keep the value on your side.`,
    );
  }
  return `<Parameter${attribute('name', name)}${attribute('value', value)}/>`;
}

function attribute(name: string, value: string): string {
  if (NOT_XML.test(value)) {
    throw invalid(
      'A URL or parameter of a stream holds a character that XML has no form for. Remove control characters.',
    );
  }
  return ` ${name}="${value.replace(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? character)}"`;
}

function invalid(message: string): MediaError {
  return new MediaError('invalid-argument', message);
}
