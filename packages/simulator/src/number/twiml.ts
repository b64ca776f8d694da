/**
 * TwiML, as far as a simulated number carries it out.
 *
 * @see https://www.twilio.com/docs/voice/twiml
 * @module
 */

import { MediaError, type Track } from '@patchcord/core';
import { parseXml, type XmlElement } from './twiml-xml.ts';

/** What `<Stream>` asks for. */
export interface TwimlStream {
  /** As written: whole, or relative to the document. */
  readonly url: string;
  readonly name?: string | undefined;
  readonly tracks: readonly Track[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly statusCallback?: string | undefined;
  readonly statusCallbackMethod: TwimlMethod;
}

/** How a document is asked for. */
export type TwimlMethod = 'GET' | 'POST';

/** What `<Dial>` calls. Numbers and names as written. */
export interface TwimlDialled {
  readonly kind: 'number' | 'client' | 'sip' | 'conference' | 'queue' | 'other';
  readonly to: string;
}

/** One verb of a document. */
export type TwimlVerb =
  | { readonly verb: 'say'; readonly text: string; readonly loop: number }
  | { readonly verb: 'play'; readonly url: string; readonly digits: string; readonly loop: number }
  | { readonly verb: 'pause'; readonly ms: number }
  | { readonly verb: 'hangup' }
  | { readonly verb: 'reject' }
  | { readonly verb: 'redirect'; readonly url: string; readonly method: TwimlMethod }
  | {
      readonly verb: 'dial';
      readonly dialled: readonly TwimlDialled[];
      readonly action?: string | undefined;
      readonly method: TwimlMethod;
    }
  | {
      readonly verb: 'connect';
      readonly stream: TwimlStream;
      readonly action?: string | undefined;
      readonly method: TwimlMethod;
    }
  | { readonly verb: 'start'; readonly stream: TwimlStream }
  | { readonly verb: 'stop'; readonly name: string }
  /** A verb that a simulated number passes over. */
  | { readonly verb: 'unknown'; readonly name: string };

const TRACKS: Readonly<Record<string, readonly Track[]>> = {
  inbound_track: ['inbound'],
  outbound_track: ['outbound'],
  both_tracks: ['inbound', 'outbound'],
};

const NOUNS: Readonly<Record<string, TwimlDialled['kind']>> = {
  Number: 'number',
  Client: 'client',
  Sip: 'sip',
  Conference: 'conference',
  Queue: 'queue',
};

/** Twilio's bound for name and value of a `<Parameter>` together, which they stay below. */
const PARAMETER_LIMIT = 500;

/**
 * Reads a document of TwiML into its verbs.
 *
 * @throws {MediaError} `malformed-message` with Twilio's number and what to do, and none of the document's values.
 */
export function readTwiml(text: string): TwimlVerb[] {
  const root = parseXml(text);
  if (root.name !== 'Response') {
    throw wrong(12100, `TwiML is one element <Response>; this document is <${root.name}>.`);
  }
  return root.children.flatMap((child) => {
    if (typeof child === 'string') {
      throw wrong(12100, '<Response> has text between its verbs. Put what shall be said into <Say>.');
    }
    return readVerb(child);
  });
}

function readVerb(element: XmlElement): TwimlVerb | TwimlVerb[] {
  const { name } = element;
  const { loop, length, digits = '', method, action } = element.attributes;
  switch (name) {
    case 'Say':
      return { verb: 'say', text: textOf(element).trim(), loop: count('loop', name, loop, 1) };
    case 'Play': {
      const url = textOf(element).trim();
      if (url === '' && digits === '') throw wrong(12100, '<Play> needs a URL or digits; it has neither.');
      if (!/^[0-9A-D*#wW]*$/.test(digits)) {
        throw wrong(
          13325,
          'The digits of <Play> are 0-9, *, #, A-D, and w and W for pauses; something else came.',
        );
      }
      return { verb: 'play', url, digits, loop: count('loop', name, loop, 1) };
    }
    case 'Pause':
      return { verb: 'pause', ms: 1000 * count('length', name, length, 1) };
    case 'Hangup':
      return { verb: 'hangup' };
    case 'Reject':
      return { verb: 'reject' };
    case 'Redirect': {
      const url = textOf(element).trim();
      if (url === '') throw wrong(12100, '<Redirect> needs a URL; it has none.');
      return { verb: 'redirect', url, method: methodOf(method) };
    }
    case 'Dial':
      return { verb: 'dial', dialled: dialled(element), action, method: methodOf(method) };
    case 'Connect': {
      const stream = nounOf(element);
      if (stream.name !== 'Stream') return { verb: 'unknown', name: `Connect/${stream.name}` };
      return { verb: 'connect', stream: readStream(stream, 'Connect'), action, method: methodOf(method) };
    }
    case 'Start': {
      const stream = nounOf(element);
      if (stream.name !== 'Stream') return { verb: 'unknown', name: `Start/${stream.name}` };
      return { verb: 'start', stream: readStream(stream, 'Start') };
    }
    case 'Stop':
      return elementsOf(element).map((noun) => readStopped(noun));
    case 'Stream':
      throw wrong(12200, '<Stream> stands in <Connect> or <Start>, not alone. Put it into one of them.');
    default:
      return { verb: 'unknown', name };
  }
}

function readStopped({ name, attributes }: XmlElement): TwimlVerb {
  if (name !== 'Stream') return { verb: 'unknown', name: `Stop/${name}` };
  const { name: stopped } = attributes;
  if (stopped === undefined || stopped === '') {
    throw wrong(12100, '<Stop><Stream> needs the name of the stream that it stops; it has none.');
  }
  return { verb: 'stop', name: stopped };
}

function readStream(element: XmlElement, parent: 'Connect' | 'Start'): TwimlStream {
  const {
    url = '',
    name,
    track = 'inbound_track',
    statusCallback,
    statusCallbackMethod,
  } = element.attributes;
  if (url.trim() === '') throw wrong(12100, '<Stream> needs a url; it has none.');
  const tracks = TRACKS[track];
  if (tracks === undefined) {
    throw wrong(
      31941,
      'track of <Stream> must be inbound_track, outbound_track or both_tracks; something else came.',
    );
  }
  if (parent === 'Connect' && track !== 'inbound_track') {
    throw wrong(
      31941,
      '<Connect><Stream> carries the inbound_track alone. Use <Start><Stream> to hear others.',
    );
  }
  const parameters: Record<string, string> = {};
  for (const child of elementsOf(element)) {
    if (child.name !== 'Parameter') continue;
    const { name: key = '', value = '' } = child.attributes;
    if (key === '') throw wrong(12100, '<Parameter> needs a name; one has none.');
    if (key.length + value.length >= PARAMETER_LIMIT) {
      throw wrong(
        12100,
        `Name and value of a <Parameter> have fewer than ${PARAMETER_LIMIT} characters together; one has ${key.length + value.length}.`,
      );
    }
    parameters[key] = value;
  }
  return {
    url: url.trim(),
    name,
    tracks,
    parameters,
    statusCallback,
    statusCallbackMethod: methodOf(statusCallbackMethod),
  };
}

function dialled(element: XmlElement): TwimlDialled[] {
  const text = textOf(element).trim();
  const nouns = elementsOf(element).map((noun) => ({
    kind: NOUNS[noun.name] ?? ('other' as const),
    to: textOf(noun).trim(),
  }));
  if (text === '' && nouns.length === 0)
    throw wrong(13221, '<Dial> needs somebody to call; it names nobody.');
  return text === '' ? nouns : [{ kind: 'number', to: text }, ...nouns];
}

function nounOf(element: XmlElement): XmlElement {
  const [noun] = elementsOf(element);
  if (noun === undefined)
    throw wrong(12100, `<${element.name}> needs something in it, such as <Stream>; it is empty.`);
  return noun;
}

function elementsOf({ children }: XmlElement): XmlElement[] {
  return children.filter((child) => typeof child !== 'string');
}

/** All text below, such as that of SSML in `<Say>`. */
function textOf({ children, name }: XmlElement): string {
  const isDial = name === 'Dial';
  return children.map((child) => (typeof child === 'string' ? child : isDial ? '' : textOf(child))).join(' ');
}

function count(attribute: string, element: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (!/^\d{1,5}$/.test(text)) {
    throw wrong(12100, `${attribute} of <${element}> must be a whole number; something else came.`);
  }
  return Number(text);
}

function methodOf(text: string | undefined): TwimlMethod {
  return text?.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

function wrong(code: number, words: string): MediaError {
  return new MediaError('malformed-message', `${words} (Twilio's error ${code}.)`);
}
