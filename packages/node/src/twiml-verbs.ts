import { MediaError } from '@patchcord/core';
import { isLoopback } from './loopback.ts';
import { attribute, escapeXml } from './twiml-xml.ts';

/** A verb of TwiML, made by one of `verbs`. */
export interface TwimlVerb {
  /** Its element's name, as errors say it. */
  readonly name: string;
  readonly xml: string;
  /** What becomes of the verbs behind it. `leaves`: they are never reached. `instant`: it takes no time. */
  readonly effect: 'leaves' | 'instant' | 'takes-time';
}

/** What every stream has. */
export interface StreamOptions {
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

/** What `verbs.startStream` says. */
export interface StartStreamOptions extends StreamOptions {
  /** What the stream carries. Default: `inbound`. */
  readonly track?: 'inbound' | 'outbound' | 'both';
  /** What it is stopped by. */
  readonly name?: string;
}

/** What `verbs.say` says besides its words. */
export interface SayOptions {
  /** One of Twilio's voices, such as `Polly.Amy`. */
  readonly voice?: string;
  /** Such as `en-GB`. */
  readonly language?: string;
}

/** Whom to dial: one of three. */
export type DialTarget =
  /** A telephone number with its country, such as `+15550100001`. */
  | { readonly number: string; readonly sip?: never; readonly client?: never }
  /** A SIP address, such as `sip:desk@voice.example.com`. */
  | { readonly sip: string; readonly number?: never; readonly client?: never }
  /** The identity of a Twilio Client. */
  | { readonly client: string; readonly number?: never; readonly sip?: never };

/** What `verbs.dial` says. */
export type DialOptions = DialTarget & {
  /** The number that is shown: one of your own. Default: the caller's. */
  readonly callerId?: string;
  /** How long it rings, in seconds: 5 to 600. Default: Twilio's 30. */
  readonly timeoutSeconds?: number;
  /** Where Twilio asks what to do once the dialled call has ended: a whole `https` URL. Default: the next verb. */
  readonly action?: string | URL;
};

/** What a document can be made of. */
export interface TwimlVerbs {
  /** Says words in one of Twilio's voices. */
  say(words: string, options?: SayOptions): TwimlVerb;
  /** Waits, for whole seconds. */
  pause(seconds: number): TwimlVerb;
  /** Sends keys to the caller's side: `0`-`9`, `*`, `#`; `w` waits half a second, `W` a second. */
  playDigits(digits: string): TwimlVerb;
  /** Connects the call to somebody else. */
  dial(options: DialOptions): TwimlVerb;
  /** Goes on with what a webhook answers: a whole URL. Nothing behind it is reached. */
  redirect(url: string | URL, options?: { readonly method?: 'GET' | 'POST' }): TwimlVerb;
  hangup(): TwimlVerb;
  /** Hands the call to a bidirectional stream; once the server has closed it, the next verb runs. */
  connectStream(options: StreamOptions): TwimlVerb;
  /** Lets a server listen, beside the verbs that follow. */
  startStream(options: StartStreamOptions): TwimlVerb;
  /** Ends a stream that `startStream` named. */
  stopStream(name: string): TwimlVerb;
}

/** Twilio refuses a `<Parameter>` whose name and value reach this many characters. */
const PARAMETER_LIMIT = 500;

const TRACKS = { inbound: 'inbound_track', outbound: 'outbound_track', both: 'both_tracks' } as const;

/**
 * The verbs of `twiml`. Each throws a `MediaError` (`invalid-argument`) for what Twilio would refuse, drop or
 * misunderstand, and repeats no number and no words in it.
 */
export const verbs: TwimlVerbs = {
  say(words, { voice, language } = {}) {
    if (words.trim() === '') throw invalid('say needs words; they are empty.');
    const attributes = attribute('voice', voice) + attribute('language', language);
    return verb('Say', `  <Say${attributes}>${escapeXml(words)}</Say>\n`);
  },

  pause(seconds) {
    checkWhole('pause', seconds, 1, 3600);
    return verb('Pause', `  <Pause length="${seconds}"/>\n`);
  },

  playDigits(digits) {
    checkDigits(digits);
    return verb('Play', `  <Play digits="${digits}"/>\n`);
  },

  dial({ number, sip, client, callerId, timeoutSeconds, action }) {
    if (timeoutSeconds !== undefined) checkWhole('timeoutSeconds', timeoutSeconds, 5, 600);
    const attributes = [
      attribute('callerId', callerId),
      attribute('timeout', timeoutSeconds),
      action === undefined ? '' : attribute('action', webUrl('action', String(action))),
    ].join('');
    return verb('Dial', `  <Dial${attributes}>${dialNoun({ number, sip, client })}</Dial>\n`);
  },

  redirect(url, { method } = {}) {
    const target = escapeXml(webUrl('redirect', String(url)));
    return verb('Redirect', `  <Redirect${attribute('method', method)}>${target}</Redirect>\n`, 'leaves');
  },

  hangup: () => verb('Hangup', '  <Hangup/>\n', 'leaves'),

  connectStream(options) {
    return verb('Connect', `  <Connect>\n${streamXml(options, '')}  </Connect>\n`);
  },

  startStream({ track = 'inbound', name, ...stream }) {
    if (name === '') throw invalid('The name of a stream is empty. Give one, or leave it out.');
    const attributes = attribute('name', name) + attribute('track', TRACKS[track]);
    return verb('Start', `  <Start>\n${streamXml(stream, attributes)}  </Start>\n`, 'instant');
  },

  stopStream(name) {
    if (name === '') throw invalid('stopStream needs the name of a stream; it was empty.');
    return verb('Stop', `  <Stop>\n    <Stream${attribute('name', name)}/>\n  </Stop>\n`, 'instant');
  },
};

/**
 * Keys as `<Play digits>` takes them.
 *
 * @throws {MediaError} `invalid-argument`
 */
export function checkDigits(digits: string): void {
  if (/^[0-9*#wW]+$/.test(digits)) return;
  throw invalid(
    'digits must be one or more of 0-9, * and #, with w and W for pauses; something else was given.',
  );
}

/**
 * A whole `http` or `https` URL, as text.
 *
 * @throws {MediaError} `invalid-argument`
 */
export function webUrl(name: string, text: string): string {
  const url = parseUrl(name, text, 'https://voice.example.com/events');
  if (url.protocol === 'https:' || url.protocol === 'http:') return text;
  throw invalid(`${name} must be an https URL; this one begins with ${url.protocol}//.`);
}

function verb(name: string, xml: string, effect: TwimlVerb['effect'] = 'takes-time'): TwimlVerb {
  return { name, xml, effect };
}

function dialNoun({
  number,
  sip,
  client,
}: {
  readonly number: string | undefined;
  readonly sip: string | undefined;
  readonly client: string | undefined;
}): string {
  if ([number, sip, client].filter((target) => target !== undefined).length !== 1) {
    throw invalid('dial needs one of number, sip and client.');
  }
  if (number !== undefined) {
    if (!/^\+[1-9]\d{1,14}$/.test(number)) {
      throw invalid('The number to dial must be + and digits, country first, such as +15550100001.');
    }
    return `<Number>${number}</Number>`;
  }
  if (sip !== undefined) {
    if (!/^sips?:[^\s@]+@[^\s@]+$/.test(sip)) {
      throw invalid('The SIP address to dial must look like sip:desk@voice.example.com.');
    }
    return `<Sip>${escapeXml(sip)}</Sip>`;
  }
  if (client === undefined || client.trim() === '') throw invalid('The client to dial has an empty name.');
  return `<Client>${escapeXml(client)}</Client>`;
}

function streamXml(
  { url, parameters = {}, statusCallback, statusCallbackMethod }: StreamOptions,
  own: string,
): string {
  const attributes = [
    attribute('url', streamUrl(String(url))),
    own,
    statusCallback === undefined
      ? ''
      : attribute('statusCallback', webUrl('statusCallback', String(statusCallback))),
    attribute('statusCallbackMethod', statusCallbackMethod),
  ].join('');
  const children = Object.entries(parameters).map(([name, value]) => `      ${parameter(name, value)}\n`);
  return children.length === 0
    ? `    <Stream${attributes}/>\n`
    : `    <Stream${attributes}>\n${children.join('')}    </Stream>\n`;
}

function streamUrl(text: string): string {
  const url = parseUrl('url', text, 'wss://voice.example.com/media');
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

function parseUrl(name: string, text: string, example: string): URL {
  // Twilio reports spaces as a malformed URL (31923), where a URL parser would forgive them.
  if (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) && URL.canParse(text)) return new URL(text);
  throw invalid(`${name} must be a whole URL, such as ${example}, with no spaces in it.`);
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

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(`${name} is ${value}; whole seconds from ${least} to ${most} can be said.`);
}

function invalid(message: string): MediaError {
  return new MediaError('invalid-argument', message);
}
