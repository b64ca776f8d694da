import { encodeBase64 } from '@patchcord/core';

/**
 * The `X-Twilio-Signature` of a WebSocket upgrade: an HMAC-SHA1 with the account's auth token over the URL alone.
 *
 * @param url As it stands in the TwiML, `wss:` included.
 * @see https://www.twilio.com/docs/usage/security
 */
export async function signUpgrade(url: string, authToken: string): Promise<string> {
  const text = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', text.encode(authToken), algorithm, false, ['sign']);
  return encodeBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, text.encode(url))));
}
