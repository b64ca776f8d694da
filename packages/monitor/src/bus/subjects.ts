/**
 * The subjects that hubs speak on. A bus may put a prefix before them.
 *
 * | subject | who publishes | what |
 * |---|---|---|
 * | `hello` | any gateway | it has come, or come back: tell your calls |
 * | `calls.GATEWAY` | that gateway | its list, what changes in it, and a sign of life |
 * | `levels.GATEWAY` | that gateway | levels of all its calls, while another gateway wants them |
 * | `events.GATEWAY.CALL` | that gateway | events of a call that is followed elsewhere |
 * | `audio.GATEWAY.CALL` | that gateway | sound of a call that is heard elsewhere |
 * | `to.GATEWAY` | any gateway | what is asked of that gateway, with a signed grant where it needs one |
 * | `voice.GATEWAY` | any gateway | sealed sound of somebody who speaks to a caller of that gateway |
 * | `answer.GATEWAY` | any gateway | answers to what that gateway asked |
 *
 * @module
 */

export const subjects = {
  hello: 'hello',
  calls: (gateway: string): string => `calls.${token(gateway)}`,
  allCalls: 'calls.*',
  levels: (gateway: string): string => `levels.${token(gateway)}`,
  allLevels: 'levels.*',
  events: (gateway: string, callId: string): string => `events.${token(gateway)}.${token(callId)}`,
  audio: (gateway: string, callId: string): string => `audio.${token(gateway)}.${token(callId)}`,
  to: (gateway: string): string => `to.${token(gateway)}`,
  voice: (gateway: string): string => `voice.${token(gateway)}`,
  answer: (gateway: string): string => `answer.${token(gateway)}`,
} as const;

/** One word of a subject: dots, wildcards and blanks are escaped as in a URL. */
export function token(name: string): string {
  return encodeURIComponent(name).replace(
    /[.!~*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The gateway in the second word of a subject. Undefined for what is none. */
export function gatewayOf(subject: string): string | undefined {
  try {
    const [, word] = subject.split('.');
    return word === undefined ? undefined : decodeURIComponent(word);
  } catch {
    return undefined;
  }
}
