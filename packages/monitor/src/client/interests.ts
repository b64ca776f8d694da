/**
 * What a client can follow: how it asks for it, what it makes of the answers, and how much of them waits to be read.
 *
 * @module
 */

import { type AudioFrame, mulaw } from '@patchcord/core';
import type { CallEvent, CallLevels, CallListChange, HubMessage, Topic } from '../wire/messages.ts';
import type { AudioPacket } from '../wire/packet.ts';

/** Sound that waits to be read, at most, in milliseconds. */
const MAX_AUDIO_MS = 2000;

/** Changes of the list that wait to be read, at most: beyond it, the list is told anew. */
const MAX_CHANGES = 1000;

/** Events that wait to be read, at most: twice what a hub keeps of a call. */
const MAX_EVENTS = 2000;

/** What a stream is made of. */
export interface Interest<T> {
  /** What to ask for, now. */
  readonly topic: () => Topic;
  /** Turns what the hub said into items. */
  readonly take: (message: HubMessage | AudioPacket, push: (item: T) => void) => void;
  /**
   * Takes out of the items that wait, oldest first, what is too much.
   *
   * @param reopen asks the hub anew.
   */
  readonly trim: (waiting: T[], reopen: () => void) => void;
}

/** All calls first, then what changes. */
export const callList: Interest<CallListChange> = {
  topic: () => ({ topic: 'calls' }),
  take(message, push) {
    if ('type' in message && message.type === 'calls') push(message.change);
  },
  trim(waiting, reopen) {
    // All calls at once make what was not read before them worthless.
    if (waiting.at(-1)?.kind === 'calls') waiting.splice(0, waiting.length - 1);
    if (waiting.length <= MAX_CHANGES) return;
    waiting.length = 0;
    reopen();
  },
};

/** Loudness of all calls. */
export const levels: Interest<readonly CallLevels[]> = {
  topic: () => ({ topic: 'levels' }),
  take(message, push) {
    if ('type' in message && message.type === 'levels') push(message.levels);
  },
  trim(waiting) {
    if (waiting.length > 1) waiting.shift();
  },
};

/** The sound of a call. */
export function soundOf(callId: string): Interest<AudioFrame> {
  return {
    topic: () => ({ topic: 'audio', callId }),
    take(message, push) {
      if ('codes' in message) push(frameOf(message));
    },
    trim(waiting) {
      while (spanMs(waiting) > MAX_AUDIO_MS) waiting.shift();
    },
  };
}

/** What happens in a call. */
export function eventsOf(callId: string): Interest<CallEvent> {
  let from = 0;
  return {
    topic: () => ({ topic: 'events', callId, from }),
    take(message, push) {
      if (!('type' in message) || message.type !== 'events') return;
      from = message.next;
      for (const event of message.events) push(event);
    },
    trim(waiting) {
      if (waiting.length > MAX_EVENTS) waiting.shift();
    },
  };
}

function frameOf({ codes, sampleRate, timestampMs, track, concealed }: AudioPacket): AudioFrame {
  return {
    kind: 'audio',
    samples: mulaw.decode(codes),
    sampleRate,
    channels: 1,
    timestampMs,
    track,
    ...(concealed && { concealed }),
  };
}

/** From the oldest frame to the newest, in milliseconds. */
function spanMs(frames: readonly AudioFrame[]): number {
  const [oldest] = frames;
  const newest = frames.at(-1);
  return oldest && newest ? newest.timestampMs - oldest.timestampMs : 0;
}
