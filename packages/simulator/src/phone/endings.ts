import type { PhoneEnd } from './events.ts';

/** Close codes of RFC 6455 §7.4.1. */
export const NORMAL_CLOSURE: number = 1000;
export const GOING_AWAY: number = 1001;
export const ABNORMAL_CLOSURE: number = 1006;
/** Twilio's own code after its 31924 is not known; the RFC's word for it is the protocol error. */
export const PROTOCOL_ERROR: number = 1002;
export const MESSAGE_TOO_BIG: number = 1009;

/** Why a call ends, before it has. */
export type Ending = Pick<PhoneEnd, 'endedBy' | 'reason' | 'message'>;

/** Why a call ends that we do not end. */
export function endedElsewhere(closeCode: number): Ending {
  return closeCode === ABNORMAL_CLOSURE
    ? {
        endedBy: 'network',
        reason: 'connection-lost',
        message: 'The connection was lost, with no word from the app (Twilio would log 31903).',
      }
    : {
        endedBy: 'app',
        reason: 'app-closed',
        message: `The app closed the connection (code ${closeCode}).`,
      };
}
