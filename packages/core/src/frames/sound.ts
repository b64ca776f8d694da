import { MediaError } from '../errors.ts';
import type { AudioFrame } from './frame.ts';

/** Highest rate that any sound card has, in Hz, and more channels than any wire: what lies beyond is no sound. */
const MAX_RATE = 768_000;
const MAX_CHANNELS = 64;

/**
 * Makes sure that a frame's samples, rate, channels, time and track go together: what is typed so need not be so.
 *
 * @throws {MediaError} `wrong-format`
 */
export function assertSound({ samples, sampleRate, channels, timestampMs, track }: AudioFrame): void {
  if (
    samples instanceof Int16Array &&
    Number.isFinite(sampleRate) &&
    sampleRate > 0 &&
    sampleRate <= MAX_RATE &&
    Number.isInteger(channels) &&
    channels > 0 &&
    channels <= MAX_CHANNELS &&
    samples.length % channels === 0 &&
    Number.isFinite(timestampMs) &&
    (track === 'inbound' || track === 'outbound')
  )
    return;
  throw new MediaError(
    'wrong-format',
    'This frame is no sound: its samples are an Int16Array with as many of each channel, its rate is in Hz, its time in ms, its track inbound or outbound.',
  );
}
