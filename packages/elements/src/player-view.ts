/**
 * What the player says and what its button does, for each state of call, connection and sound.
 *
 * @module
 */

import type { CallSummary, MonitorClient } from '@patchcord/monitor/client';
import type { GlyphName } from './glyphs.ts';
import type { ListeningState } from './listening.ts';
import { clock, delay, endOf, seconds, timeOfDay } from './words.ts';

const STILL_TRYING_MS = 5000;
/** The caller's track always has frames: without any for this long, nothing is live. */
const NO_SOUND_MS = 2000;

/** What is shown beside the button of the player. */
export interface PlayerView {
  readonly kind: 'idle' | 'connecting' | 'listening' | 'behind' | 'reconnecting' | 'ended' | 'error';
  readonly title: string;
  readonly detail: string;
  readonly button: {
    readonly name: 'Listen' | 'Stop';
    readonly glyph: GlyphName;
    readonly look: 'filled' | 'outlined' | 'gone';
    readonly enabled: boolean;
  };
}

/** What a view is made from. Times are on the clock of `nowMs`. */
export interface PlayerFacts {
  readonly call: CallSummary;
  readonly listening: ListeningState;
  readonly connection: MonitorClient['state'];
  /** When the connection was lost. */
  readonly lostMs?: number | undefined;
  readonly mayListen: boolean;
  /** The browser waits for a click. */
  readonly blocked: boolean;
  readonly delayMs?: number | undefined;
  /** How long no frame has come. */
  readonly quietMs?: number | undefined;
  /** How far behind the call the ear is, where what was received is played again. */
  readonly behindMs?: number | undefined;
  readonly elapsedMs: number;
  readonly nowMs: number;
}

const stop = { name: 'Stop', enabled: true } as const;
const listen = { name: 'Listen', glyph: 'play', look: 'outlined', enabled: true } as const;

/** What the player shows. */
export function playerView(facts: PlayerFacts): PlayerView {
  const { call, listening, connection, mayListen, nowMs, behindMs } = facts;
  if (behindMs !== undefined && !facts.blocked) {
    return {
      kind: 'behind',
      title: 'Behind',
      detail: seconds(behindMs),
      button: { ...stop, glyph: 'stop', look: 'filled' },
    };
  }
  if (call.state === 'ended' || listening.kind === 'ended') {
    return {
      kind: 'ended',
      title: 'The call has ended',
      detail: call.endedAtMs === undefined ? 'No more sound will come.' : endDetail(call, facts.elapsedMs),
      button: { name: 'Listen', glyph: 'ended', look: 'gone', enabled: false },
    };
  }
  if (!mayListen) {
    return {
      kind: 'idle',
      title: 'Not listening',
      detail: 'You may see this call but not hear it.',
      button: { ...listen, look: 'gone', enabled: false },
    };
  }
  if (listening.kind === 'error' || (facts.blocked && listening.kind !== 'idle')) {
    return {
      kind: 'error',
      title: 'Cannot play',
      detail:
        listening.kind === 'error' ? listening.message : 'The browser blocked sound. Click Listen once more.',
      button: { ...listen, glyph: 'broken' },
    };
  }
  if (listening.kind === 'idle') {
    return {
      kind: 'idle',
      title: 'Not listening',
      detail: 'Press Enter or the button to hear this call.',
      button: listen,
    };
  }
  if (connection !== 'connected') {
    const ago = Math.max(0, Math.round((nowMs - (facts.lostMs ?? nowMs)) / 1000));
    return {
      kind: 'reconnecting',
      title: 'Reconnecting…',
      detail: `Lost the gateway ${ago} s ago. The call itself goes on.`,
      button: { ...stop, glyph: 'again', look: 'outlined' },
    };
  }
  if (listening.kind === 'connecting') {
    return {
      kind: 'connecting',
      title: 'Connecting…',
      detail:
        nowMs - listening.sinceMs < STILL_TRYING_MS ? 'Asking the gateway for this call.' : 'Still trying.',
      button: { ...stop, glyph: 'again', look: 'outlined' },
    };
  }
  const { delayMs, quietMs = 0 } = facts;
  const live = delayMs === undefined ? 'Live' : `Live, ${delay(delayMs)}`;
  return {
    kind: 'listening',
    title: 'Listening',
    detail: quietMs < NO_SOUND_MS ? live : `No sound comes in, for ${Math.round(quietMs / 1000)} s now.`,
    button: { ...stop, glyph: 'stop', look: 'filled' },
  };
}

function endDetail(call: CallSummary, elapsedMs: number): string {
  return `${endOf(call.endReason)} at ${timeOfDay(call.endedAtMs ?? 0)}, after ${clock(elapsedMs)}.`;
}
