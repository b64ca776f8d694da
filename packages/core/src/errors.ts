/** What went wrong, as a closed list, so that programs can decide without reading the sentence. */
export type MediaErrorCode =
  /** A message that is not well-formed for its provider. */
  | 'malformed-message'
  /** A frame that this wire has no message for. */
  | 'unsupported-frame'
  /** Audio whose rate or channel count this wire cannot carry. */
  | 'wrong-format'
  /** A value given by the caller that cannot be used. */
  | 'invalid-argument'
  /** Something that had to happen in time did not. */
  | 'timeout'
  /** The socket is closed. */
  | 'transport-closed'
  /** `openCall` was given a socket whose `start` message had already gone by. */
  | 'opened-too-late'
  /** The other side was refused: a wrong signature, ticket, origin or token. */
  | 'refused'
  /** A bound of ours was reached. */
  | 'limit-exceeded'
  /** The provider's REST interface did not do what was asked. */
  | 'control-failed'
  /** A recording could not be written. */
  | 'recording-failed'
  /** The caller's `AbortSignal` fired. */
  | 'aborted';

/**
 * The one error class of Patchcord: a code for programs, a sentence for people.
 *
 * The sentence says what was expected, what came and what to do. It never holds payloads, phone numbers,
 * secrets or the words of a caller: sentences end up in logs.
 */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly code: MediaErrorCode;

  constructor(code: MediaErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options as ErrorOptions);
    this.code = code;
  }
}
