import type { ResamplerQuality } from '../dsp/resampler.ts';
import type { FrameToCall } from '../frames/frame.ts';
import type { ProviderCapabilities } from '../serializers/serializer.ts';
import type { Clock } from '../streams/clock.ts';
import type { CallWarningCode } from './call.ts';
import type { Deadlines } from './deadlines.ts';
import type { InFlightHost } from './in-flight.ts';

/** Deadlines of the way out. */
export type OutboundDeadline = 'pump' | 'follow';

/** What the way out needs of its call. */
export interface OutboundHost extends InFlightHost {
  readonly clock: Clock;
  /** The clock's time, read once for each message that comes in. */
  now(): number;
  readonly deadlines: Pick<Deadlines<OutboundDeadline>, 'set'>;
  readonly wireRate: number;
  readonly appRate: number;
  readonly quality: ResamplerQuality;
  readonly sendAheadMs: number;
  readonly maxQueuedMs: number;
  readonly markEveryMs: number;
  readonly sendsDtmf: boolean;
  readonly clearedMarks: ProviderCapabilities['clearedMarks'];
  /** Bytes that wait in the socket. */
  bufferedAmount(): number;
  transmit(frame: FrameToCall): void;
  warn(code: CallWarningCode, message: string): void;
  /** Sound begins that is to be heard. */
  inspect(samples: Int16Array): void;
  /** A mark of the app's that was never sent was cleared. */
  markCleared(name: string): void;
  /** The peer stopped reading. */
  stalled(): void;
  readonly counted: { sentMs: number; clearedMs: number; passedOver: number };
}
