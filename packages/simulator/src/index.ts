/**
 * The provider's side of the wire: a phone, a number, REST, faults, load, on real or virtual time.
 *
 * @module @patchcord/simulator
 */

// A phone

export type { ConnectionOptions } from './phone/connection.ts';
export type { DialOptions } from './phone/dial.ts';
export { dial, openPhone } from './phone/dial.ts';
export type { FaultName, Faults } from './faults/faults.ts';
export type { ProviderHabits } from './phone/habits.ts';
export type { Phone, PhoneOptions, PhoneSocket, WaitOptions } from './phone/phone.ts';
export type { Sound } from './phone/sound.ts';

// What happened

export type { PhoneEnd, PhoneEndReason, PhoneEvent, PhoneEventMap, PhoneNotice } from './phone/events.ts';
export type { PhoneWarning, PhoneWarningCode } from './phone/warnings.ts';

// Calls written down, and done again

export type { CaptureEntry, CaptureHead, CaptureOptions, CaptureSide } from './capture/capture.ts';
export { parseCapture } from './capture/capture.ts';
export type { CapturedCall } from './capture/replay.ts';
export { readCapture, replay } from './capture/replay.ts';

// Time and connections within one process

export type { Link, LinkOptions, LinkSocket } from './virtual/link.ts';
export { createLink } from './virtual/link.ts';
export type { VirtualClock, VirtualClockOptions } from './virtual/clock.ts';
export { createVirtualClock } from './virtual/clock.ts';

// Many phones at once

export type { DurationSummary } from './load/durations.ts';
export type { LoadOptions, LoadProgress } from './load/load.ts';
export { load } from './load/load.ts';
export type { EchoReport, LoadReport } from './load/tally.ts';

// Playback, without a call

export type { Cleared, MarkEcho, Played, Playout, PlayoutOptions } from './phone/playout.ts';
export { createPlayout } from './phone/playout.ts';

// A number, and the REST interface that controls its calls

export { callNumber } from './number/number.ts';
export type { NumberCall, NumberOptions } from './number/call.ts';
export type { NumberEnd, NumberEndReason, NumberEvent } from './number/events.ts';
export type { RestOptions, RestStandIn } from './rest/rest.ts';
export { startRest } from './rest/rest.ts';
export type { RestAnswer, ScriptedAnswer } from './rest/answer.ts';
export type {
  CallInstructions,
  RestCall,
  RestCallStatus,
  StartedStream,
  StreamRequest,
} from './rest/call.ts';
export type { CallRequest } from './rest/calls.ts';
export type { RestRequest } from './rest/request.ts';
export type { TwimlDialled, TwimlMethod, TwimlStream, TwimlVerb } from './number/twiml.ts';
export { readTwiml } from './number/twiml.ts';
