import { type FrameFromCall, type FrameSerializer, type FrameToCall, MediaError } from '@patchcord/core';

/**
 * What is wrong with what an app sends, by Twilio's number:
 * - 31924: anything sent on a unidirectional stream. The connection is closed.
 * - 31931: audio discarded, because more than ten minutes were queued.
 * - 31950: a message that cannot be decoded, because it is binary. It is ignored.
 * - 31951: a message that is not as documented. It is ignored.
 *
 * @see https://www.twilio.com/docs/api/errors
 */
export type PhoneWarningCode = 31924 | 31931 | 31950 | 31951;

/** Something wrong that the app sent. Each code is reported once per stream, as Twilio does. */
export interface PhoneWarning {
  readonly code: PhoneWarningCode;
  /** What is wrong, in words. */
  readonly message: string;
}

/** A message of the app's: the frames that it holds, or what is wrong with it. */
export type Understood =
  | { readonly frames: readonly FrameToCall[]; readonly warning?: undefined }
  | { readonly warning: PhoneWarning };

/**
 * Reads a message as strictly as Twilio does: exactly the documented fields, one too many is as wrong as one missing.
 *
 * @param message What a socket's `message` event gave: text, or anything else for binary.
 */
export function understand(
  message: unknown,
  serializer: FrameSerializer<FrameToCall, FrameFromCall>,
): Understood {
  if (typeof message !== 'string') {
    return {
      warning: {
        code: 31950,
        message: 'A binary message came. Send each message as text that holds one JSON object.',
      },
    };
  }
  try {
    return { frames: serializer.deserialize(message) };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { warning: { code: 31951, message: error.message } };
  }
}

export const SENT_ON_UNIDIRECTIONAL_STREAM: PhoneWarning = {
  code: 31924,
  message:
    'A message came on a unidirectional stream, which carries nothing to the caller. Send nothing there, or have the call connected with <Connect><Stream>.',
};

export const TOO_MUCH_AUDIO_QUEUED: PhoneWarning = {
  code: 31931,
  message:
    'More than ten minutes of audio are queued, and the newest is discarded. Send audio as it is to be heard, or send clear first.',
};

export const TOO_MANY_MARKS_QUEUED: PhoneWarning = {
  code: 31931,
  message:
    'More marks are queued than this phone keeps (10 000; Twilio names no number), and the newest are discarded. Send fewer marks, one per 100 ms of audio at most.',
};

export const MARK_NAME_TOO_LONG: PhoneWarning = {
  code: 31951,
  message: 'A mark came whose name is longer than this phone allows (maxMarkNameLength). Send short names.',
};

export const MARK_NAME_TAKEN: PhoneWarning = {
  code: 31951,
  message:
    'A mark came with the name of one that waits, which this phone refuses (duplicateMarks). Number the names of marks.',
};
