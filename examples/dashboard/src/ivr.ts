/**
 * The menu as a machine: what happened goes in, what to do comes out. No sound, no clock, no call.
 *
 * @module
 */

import type { DtmfDigit } from '@patchcord/core';

/** What the agent can say. */
export type Prompt = 'menu' | 'hold' | 'echo' | 'closing';

/** What happened. */
export type IvrInput =
  | { readonly kind: 'answered' }
  | { readonly kind: 'key'; readonly digit: DtmfDigit }
  /** The caller began to speak. */
  | { readonly kind: 'speaks' }
  /** The caller fell silent. */
  | { readonly kind: 'quiet' }
  /** The prompt was heard to its end. */
  | { readonly kind: 'played' }
  /** The wait is over. */
  | { readonly kind: 'waited' };

/** What to do. A new `say`, `fall-silent` or `wait` ends the wait before. */
export type IvrAction =
  | { readonly kind: 'say'; readonly prompt: Prompt }
  /** Drop what the caller has not heard. */
  | { readonly kind: 'fall-silent' }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Give back what the caller says, from now on or no longer. */
  | { readonly kind: 'echo'; readonly on: boolean }
  | { readonly kind: 'hang-up' };

/** One call's place in the menu. */
export interface Ivr {
  /** What to do about what happened, in order. */
  next(input: IvrInput): IvrAction[];
}

/** Patience, in milliseconds. */
const AFTER_MENU_MS = 4000;
const AFTER_SPEECH_MS = 1200;
const LONGEST_SPEECH_MS = 20_000;
const ON_HOLD_MS = 2500;
const ECHO_MS = 20_000;

/** The menu is said so often before the agent gives up. */
const MENUS = 2;

type Place = Prompt | 'listening' | 'echoing';

/** A call that has just been answered. */
export function createIvr(): Ivr {
  let place: Place = 'menu';
  let menus = 0;

  const goTo = (prompt: Prompt): IvrAction[] => {
    const stopEcho: IvrAction[] = place === 'echoing' ? [{ kind: 'echo', on: false }] : [];
    place = prompt;
    if (prompt === 'menu') menus++;
    return [...stopEcho, { kind: 'fall-silent' }, { kind: 'say', prompt }];
  };

  const onKey = (digit: DtmfDigit): IvrAction[] => {
    if (place === 'closing') return [];
    if (digit === '#') return goTo('closing');
    if (place === 'echoing') return [];
    if (digit === '4') return goTo('echo');
    return '0123'.includes(digit) ? goTo('hold') : goTo('menu');
  };

  const onSpeech = (): IvrAction[] => {
    if (place === 'echoing') return [];
    if (place !== 'closing') place = 'listening';
    return [{ kind: 'fall-silent' }, { kind: 'wait', ms: LONGEST_SPEECH_MS }];
  };

  const onPlayed = (): IvrAction[] => {
    switch (place) {
      case 'menu':
        return [{ kind: 'wait', ms: AFTER_MENU_MS }];
      case 'hold':
        return [{ kind: 'wait', ms: ON_HOLD_MS }];
      case 'echo':
        place = 'echoing';
        return [
          { kind: 'echo', on: true },
          { kind: 'wait', ms: ECHO_MS },
        ];
      case 'closing':
        return [{ kind: 'hang-up' }];
      default:
        return [];
    }
  };

  const onWaited = (): IvrAction[] => {
    switch (place) {
      case 'menu':
        return goTo(menus < MENUS ? 'menu' : 'closing');
      case 'listening':
        return goTo('hold');
      case 'closing':
        return [{ kind: 'hang-up' }];
      default:
        return goTo('closing');
    }
  };

  return {
    next(input) {
      switch (input.kind) {
        case 'answered':
          return goTo('menu');
        case 'key':
          return onKey(input.digit);
        case 'speaks':
          return onSpeech();
        case 'quiet':
          return place === 'listening' || place === 'closing' ? [{ kind: 'wait', ms: AFTER_SPEECH_MS }] : [];
        case 'played':
          return onPlayed();
        case 'waited':
          return onWaited();
      }
    },
  };
}
