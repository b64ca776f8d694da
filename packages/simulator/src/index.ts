// A phone

export type { ConnectionOptions } from './connection.ts';
export type { DialOptions } from './dial.ts';
export { dial, openPhone } from './dial.ts';
export type { Phone, PhoneOptions, PhoneSocket, WaitOptions } from './phone.ts';
export type { Sound } from './sound.ts';

// What happened

export type { PhoneEnd, PhoneEndReason, PhoneEvent, PhoneEventMap, PhoneNotice } from './events.ts';
export type { PhoneWarning, PhoneWarningCode } from './warnings.ts';

// Playback, without a call

export type { Cleared, MarkEcho, Played, Playout, PlayoutOptions } from './playout.ts';
export { createPlayout } from './playout.ts';
