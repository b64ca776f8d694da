// A phone

export type { ConnectionOptions } from './connection.ts';
export type { DialOptions } from './dial.ts';
export { dial, openPhone } from './dial.ts';
export type { FaultName, Faults } from './faults.ts';
export type { ProviderHabits } from './habits.ts';
export type { Phone, PhoneOptions, PhoneSocket, WaitOptions } from './phone.ts';
export type { Sound } from './sound.ts';

// What happened

export type { PhoneEnd, PhoneEndReason, PhoneEvent, PhoneEventMap, PhoneNotice } from './events.ts';
export type { PhoneWarning, PhoneWarningCode } from './warnings.ts';

// Calls written down, and done again

export type { CaptureEntry, CaptureHead, CaptureOptions, CaptureSide } from './capture.ts';
export { parseCapture } from './capture.ts';
export type { CapturedCall } from './replay.ts';
export { readCapture, replay } from './replay.ts';

// Time and connections within one process

export type { Link, LinkOptions, LinkSocket } from './link.ts';
export { createLink } from './link.ts';
export type { VirtualClock, VirtualClockOptions } from './virtual-clock.ts';
export { createVirtualClock } from './virtual-clock.ts';

// Playback, without a call

export type { Cleared, MarkEcho, Played, Playout, PlayoutOptions } from './playout.ts';
export { createPlayout } from './playout.ts';

// A number, and the REST interface that controls its calls

export { callNumber } from './number.ts';
export type { NumberCall, NumberOptions } from './number-call.ts';
export type { NumberEnd, NumberEndReason, NumberEvent } from './number-events.ts';
export type { RestOptions, RestStandIn } from './rest.ts';
export { startRest } from './rest.ts';
export type { RestAnswer, ScriptedAnswer } from './rest-answer.ts';
export type {
  CallInstructions,
  RestCall,
  RestCallStatus,
  StartedStream,
  StreamRequest,
} from './rest-call.ts';
export type { CallRequest } from './rest-calls.ts';
export type { RestRequest } from './rest-request.ts';
export type { TwimlDialled, TwimlMethod, TwimlStream, TwimlVerb } from './twiml.ts';
export { readTwiml } from './twiml.ts';
