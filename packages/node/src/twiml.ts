/**
 * TwiML: what a call shall do.
 *
 * @see https://www.twilio.com/docs/voice/twiml
 * @module
 */

import { MediaError } from '@patchcord/core';
import { type StreamOptions, type TwimlVerb, verbs } from './twiml-verbs.ts';

/** What `connectStream` says. */
export interface ConnectStreamOptions extends StreamOptions {}

/**
 * A document of TwiML: one verb after the other.
 *
 * ```ts
 * twiml([verbs.say('One moment.'), verbs.dial({ number: '+15550100001' })]);
 * ```
 *
 * @throws {MediaError} `invalid-argument` for a document that cannot be meant: an empty one, verbs that are never
 * reached, one that ends as soon as its streams have started.
 */
export function twiml(document: readonly TwimlVerb[]): string {
  const last = document.at(-1);
  if (last === undefined)
    throw invalid('TwiML without a verb ends the call. Give hangup() where that is meant.');
  const leaving = document.findIndex(({ effect }) => effect === 'leaves');
  if (leaving >= 0 && leaving < document.length - 1) {
    throw invalid(
      `Nothing behind <${document[leaving]?.name}> is ever reached. Move it to the end, or leave out what follows.`,
    );
  }
  if (last.effect === 'instant') {
    throw invalid(
      `<${last.name}> takes no time, so the call would end at once. Let a verb follow, such as dial or pause; for a conversation with the caller use connectStream.`,
    );
  }
  const body = document.map(({ xml }) => xml).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n${body}</Response>\n`;
}

/**
 * The TwiML that hands a call to a bidirectional media stream: what a `/voice` webhook answers. The call goes
 * on with the stream until the server closes it, and then ends.
 *
 * @throws {MediaError} `invalid-argument` for a URL or parameter that Twilio would refuse, or drop.
 */
export function connectStream(options: ConnectStreamOptions): string {
  return twiml([verbs.connectStream(options)]);
}

function invalid(message: string): MediaError {
  return new MediaError('invalid-argument', message);
}
