/**
 * A phone number from end to end: a call reaches it, its TwiML is fetched from the app's webhook and carried out.
 *
 * @see https://www.twilio.com/docs/voice/twiml
 * @module
 */

import type { CallInstructions } from '../rest/call.ts';
import { createAddressBook } from './address.ts';
import type { NumberCall, NumberOptions } from './call.ts';
import { LiveNumber } from './live.ts';

/**
 * Calls a number whose voice webhook is at a URL: asks it for TwiML and carries that out.
 *
 * @returns the call once its first TwiML was understood.
 * @throws {MediaError} `invalid-argument` for a URL that is none; `transport-closed`, `refused`, `timeout` or
 * `limit-exceeded` when the webhook does not answer as it should; `malformed-message` for what is no TwiML.
 */
export async function callNumber(webhookUrl: string, options: NumberOptions = {}): Promise<NumberCall> {
  const call = new LiveNumber(createAddressBook(webhookUrl, options.publicUrl), options, 'inbound');
  await call.start({ url: webhookUrl, method: options.method });
  return call;
}

/** A call that an app asked the REST interface for. It is answered at once. */
export function placeCall(
  instructions: CallInstructions,
  options: NumberOptions & { readonly from: string; readonly to: string },
): NumberCall {
  const webhookUrl = 'url' in instructions ? instructions.url : 'http://localhost/';
  const call = new LiveNumber(createAddressBook(webhookUrl, options.publicUrl), options, 'outbound-api');
  void call.start(instructions).catch(() => {}); // the call has ended, and says why
  return call;
}
