import { MediaError } from '@patchcord/core';

/** Where something is asked or dialled, and the URL by which the app knows itself there. */
export interface Address {
  /** Where to go. */
  readonly url: string;
  /** What the app believes was asked for: what signatures are made over, and what relative URLs stand against. */
  readonly publicUrl: string;
}

/** An app that runs somewhere, and is known by another name. */
export interface AddressBook {
  /** The app's first webhook. */
  readonly webhook: Address;
  /** A webhook that a document names. @throws {MediaError} `malformed-message` */
  webhookAt(url: string, document: Address): Address;
  /** A media stream that a document names. @throws {MediaError} `malformed-message` */
  streamAt(url: string, document: Address): Address;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * @param webhookUrl Where the app can be reached.
 * @param publicUrl The origin by which it is known, where that is another.
 * @throws {MediaError} `invalid-argument` for what is no such URL.
 */
export function createAddressBook(webhookUrl: string, publicUrl?: string): AddressBook {
  const real = parsed(webhookUrl, 'The webhook of a number');
  const known = publicUrl === undefined ? real : parsed(publicUrl, 'publicUrl');
  if (publicUrl !== undefined && (known.pathname !== '/' || known.search !== '' || known.hash !== '')) {
    throw new MediaError(
      'invalid-argument',
      'publicUrl is an origin, such as https://voice.example.com, with no path.',
    );
  }

  /** What the app calls its own leads to where it really is. */
  function reach(url: URL): string {
    if (url.host !== known.host) return url.href;
    const secure = real.protocol === 'https:';
    const scheme = url.protocol.startsWith('ws') ? (secure ? 'wss:' : 'ws:') : real.protocol;
    return `${scheme}//${real.host}${url.pathname}${url.search}`;
  }

  return {
    webhook: { url: webhookUrl, publicUrl: `${known.origin}${real.pathname}${real.search}` },

    webhookAt(text, document) {
      const url = resolved(text, document);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw wrong(11100, 'A webhook in this TwiML is no http or https URL.');
      }
      return { url: reach(url), publicUrl: url.href };
    },

    streamAt(text, document) {
      const url = resolved(text, document);
      // Relative to a document that came by https, a stream is wss.
      if (url.protocol === 'https:') url.protocol = 'wss:';
      else if (url.protocol === 'http:') url.protocol = 'ws:';
      if (url.protocol !== 'wss:' && !(url.protocol === 'ws:' && LOOPBACK.test(url.hostname))) {
        throw wrong(
          31922,
          'The url of this <Stream> is no wss URL (ws is for this machine alone). Give a wss URL.',
        );
      }
      if (url.search !== '' || url.hash !== '') {
        throw wrong(
          31923,
          'The url of this <Stream> has a query or a fragment, which streams do not support. Pass a <Parameter>.',
        );
      }
      const publicUrl = `wss:${url.href.slice(url.protocol.length)}`;
      return { url: reach(url), publicUrl };
    },
  };
}

function parsed(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new MediaError(
    'invalid-argument',
    `${what} is an http or https URL, such as http://localhost:8080/voice; something else was given.`,
  );
}

function resolved(text: string, document: Address): URL {
  if (/\s/.test(text) || !URL.canParse(text, document.publicUrl)) {
    throw wrong(11100, 'A URL in this TwiML is malformed. Write it whole, with no spaces in it.');
  }
  return new URL(text, document.publicUrl);
}

function wrong(code: number, words: string): MediaError {
  return new MediaError('malformed-message', `${words} (Twilio's error ${code}.)`);
}
