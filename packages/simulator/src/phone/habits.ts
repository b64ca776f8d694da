import { MediaError } from '@patchcord/core';

/** What the TwiML tells of a call. */
interface CallerParameters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * What Twilio does where its documents do not say what it does: each has a default that this phone has chosen, and
 * another way, so that an app can be tried with both.
 */
export interface ProviderHabits {
  /**
   * What `media.chunk` counts. Default: `stream`, all tracks together, as the documented example suggests.
   */
  readonly chunksPer?: 'stream' | 'track' | undefined;
  /** `timestamp` of the first audio, in milliseconds. Default: 0; real ones begin a few milliseconds above. */
  readonly firstTimestampMs?: number | undefined;
  /** Who closes the socket after `stop`. Default: `phone`. An app that has to and does not is given 2.5 s. */
  readonly closedBy?: 'phone' | 'app' | undefined;
  /** Close code after `stop`, where the phone closes. Default: 1000. */
  readonly closeCode?: number | undefined;
  /** From one WebSocket ping to the next, in milliseconds. Default: none are sent. Sockets without `ping` send none. */
  readonly pingEveryMs?: number | undefined;
  /** The call ends when the app sends nothing for so long, in milliseconds. Default: it may be silent for ever. */
  readonly idleTimeoutMs?: number | undefined;
  /** Largest message of the app's, in bytes; a larger one closes the socket with 1009. Default: 16 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Audio that is no whole number of 20 ms frames. Default: `played` as it comes. `padded`: each message is filled up
   * with silence, so a word in odd pieces has clicks. `held`: the last part of a frame waits for more audio.
   */
  readonly partialFrames?: 'played' | 'padded' | 'held' | undefined;
  /** Which audio is discarded beyond ten minutes (31931). Default: `newest`. */
  readonly overflow?: 'newest' | 'oldest' | undefined;
  /** How soon `clear` is silent. Default: `sample`, at once. `frame`: the 20 ms frame under way is heard to its end. */
  readonly clearsAt?: 'sample' | 'frame' | undefined;
  /** Longest name of a mark, in UTF-16 units; a longer one is 31951. Default: any length. */
  readonly maxMarkNameLength?: number | undefined;
  /** A mark with the name of one that waits. Default: `echoed`, each for itself. `refused`: it is 31951. */
  readonly duplicateMarks?: 'echoed' | 'refused' | undefined;
  /** Whether the tone of a key is heard in the caller's audio, for 100 ms. Default: false. */
  readonly audibleKeys?: boolean | undefined;
  /** Most custom parameters, `from` and `to` included; more are an error. Default: any number. */
  readonly maxParameters?: number | undefined;
}

/** Largest message of an app's: ten minutes of audio fit in. */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** Name and value of a parameter have to be shorter than this together: Twilio documents it. */
const PARAMETER_LENGTH = 500;

/** The custom parameters of a stream: the numbers that are known, and what else is given. */
export function customParameters({ from, to, parameters }: CallerParameters): Record<string, string> {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...parameters };
}

/** @throws {MediaError} `invalid-argument` for custom parameters that Twilio would refuse. */
export function checkParameters(
  parameters: Readonly<Record<string, string>>,
  { maxParameters = Number.POSITIVE_INFINITY }: ProviderHabits,
): void {
  const entries = Object.entries(parameters);
  if (entries.length > maxParameters) {
    throw new MediaError(
      'invalid-argument',
      `A stream may have ${maxParameters} custom parameters here (maxParameters); ${entries.length} were given.`,
    );
  }
  for (const [index, [name, value]] of entries.entries()) {
    if (name.length + value.length >= PARAMETER_LENGTH) {
      throw new MediaError(
        'invalid-argument',
        `Name and value of a custom parameter have fewer than ${PARAMETER_LENGTH} characters together, as Twilio documents; number ${index + 1} has ${name.length + value.length}. Pass an id, and keep the rest on the server.`,
      );
    }
  }
}
