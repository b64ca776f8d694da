/** A simulated caller, as every project here uses it. */
import { mulaw } from '@patchcord/core';
import { dial } from '@patchcord/simulator';

/** Half a second of sound: no sample of it is silent, and µ-law leaves it as it is. */
export const SAID = mulaw.decode(
  Uint8Array.from({ length: 4000 }, (_, index) => 0x80 + ((index * 7) % 0x70)),
);

/** Whether all that was said is heard, however long the silences in between. */
export function isHeard(heard) {
  const sounds = heard.filter((sample) => sample !== 0);
  return sounds.length === SAID.length && sounds.every((sample, index) => sample === SAID[index]);
}

/** Talks on a phone whose app says back what it hears, until all of it is heard. Rejects when it is not. */
export async function talk(phone) {
  await phone.say(SAID);
  await phone.waitUntil(() => isHeard(phone.heard), { timeoutMs: 20_000, what: 'what was said' });
  await phone.hangUp();
}

/** Calls an echo and talks to it. */
export async function callAnEcho(url) {
  await talk(await dial(url));
  console.log('Every sample was heard.');
}
