import { MediaError } from '@patchcord/core';
import type { FailureCode } from '../wire/messages.ts';

/** What a hub answered, as an error. */
export function errorOf(code: FailureCode, message: string): MediaError {
  return new MediaError(code === 'unknown-call' ? 'invalid-argument' : code, message);
}

/** By its code: a page may hold two copies of the class. */
export function isRefusal(error: unknown): error is MediaError {
  return error instanceof Error && 'code' in error && error.code === 'refused';
}
