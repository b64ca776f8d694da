/**
 * What the elements need of a monitor client and of a player: the classes fit, and so does anything with the
 * same members.
 *
 * @module
 */

import type { MonitorClient } from '@patchcord/monitor/client';
import type { CallPlayer } from '@patchcord/player';

/** Where calls come from. */
export type CallSource = Pick<
  MonitorClient,
  | 'state'
  | 'reason'
  | 'scopes'
  | 'gateway'
  | 'roundTripMs'
  | 'calls'
  | 'levels'
  | 'listen'
  | 'events'
  | 'hangUp'
  | 'reconnect'
  | 'addEventListener'
  | 'removeEventListener'
> &
  Partial<Pick<MonitorClient, 'say' | 'barge'>>;

/** Where sound goes. */
export type SoundOutput = Pick<CallPlayer, 'start' | 'listen' | 'writable' | 'track' | 'levels' | 'stats'>;
