/**
 * Matchers for Vitest. Import it once, in a setup file or in the tests that use it:
 *
 *     import '@patchcord/simulator/vitest';
 *
 *     expect(phone).toHaveHeard({ frequency: 440 });
 *
 * @module @patchcord/simulator/vitest
 */

import { expect } from 'vitest';
import {
  type ClearOptions,
  clearedWithin,
  type Finding,
  type HeardOptions,
  type HeardTone,
  type HeardWhen,
  heard,
  heardNothing,
  hungUpAfterPlayback,
} from './matchers/matchers.ts';
import type { Phone } from './phone/phone.ts';
import type { Sound } from './phone/sound.ts';

export type { ClearOptions, HeardOptions, HeardTone, HeardWhen } from './matchers/matchers.ts';

/** What a test can ask of a phone. */
export interface PhoneMatchers<Result = unknown> {
  /**
   * The caller has heard a tone, or a sound whole: samples at 8 kHz, samples with their rate, or a WAV file. The
   * telephone's coding is allowed for.
   */
  toHaveHeard(expected: HeardTone | Sound, options?: HeardOptions): Result;
  /** The caller has heard nothing: in all of the call, or in a part of it. */
  toHaveHeardNothing(when?: HeardWhen): Result;
  /** The app has sent `clear` so many milliseconds after the caller began to speak, or pressed a key, at the latest. */
  toClearWithin(milliseconds: number, options?: ClearOptions): Result;
  /** The app has ended the call, and the caller had heard by then all that it said. */
  toHaveHungUpAfterPlayback(): Result;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: a declaration merges only with the same parameters, and Vitest's has any
  interface Matchers<T = any> extends PhoneMatchers<T> {}
}

/** The matchers, for an `expect.extend` of one's own. */
export const phoneMatchers: {
  toHaveHeard(phone: Phone, expected: HeardTone | Sound, options?: HeardOptions): Finding;
  toHaveHeardNothing(phone: Phone, when?: HeardWhen): Finding;
  toClearWithin(phone: Phone, milliseconds: number, options?: ClearOptions): Finding;
  toHaveHungUpAfterPlayback(phone: Phone): Finding;
} = {
  toHaveHeard: heard,
  toHaveHeardNothing: heardNothing,
  toClearWithin: clearedWithin,
  toHaveHungUpAfterPlayback: hungUpAfterPlayback,
};

expect.extend(phoneMatchers);
