import type { Frame } from '@patchcord/core';
import type { CallEvent, CallLevels, CallListChange, CallSummary, Scope } from '@patchcord/monitor/client';
import type { CallSource } from '../src/sources.ts';

/** A stream, and what feeds it. */
interface Feed<Chunk> {
  readonly stream: ReadableStream<Chunk>;
  push(chunk: Chunk): void;
  close(): void;
  cancelled: boolean;
}

function createFeed<Chunk>(): Feed<Chunk> {
  let controller: ReadableStreamDefaultController<Chunk> | undefined;
  const feed: Feed<Chunk> = {
    stream: new ReadableStream<Chunk>({
      start(own) {
        controller = own;
      },
      cancel() {
        feed.cancelled = true;
      },
    }),
    push: (chunk) => {
      if (!feed.cancelled) controller?.enqueue(chunk);
    },
    close: () => {
      if (!feed.cancelled) controller?.close();
    },
    cancelled: false,
  };
  return feed;
}

/** A monitor client that says what the test tells it to. */
export class FakeClient extends EventTarget implements CallSource {
  state: CallSource['state'] = 'connected';
  reason: string | undefined;
  scopes: readonly Scope[] = ['list', 'listen', 'control', 'see'];
  readonly gateway = 'fra-2';
  readonly roundTripMs = 8;
  readonly list: Feed<CallListChange> = createFeed();
  readonly loud: Feed<readonly CallLevels[]> = createFeed();
  /** Feeds by call, made when somebody listens or follows. */
  readonly sounds: Map<string, Feed<Frame>> = new Map();
  readonly happenings: Map<string, Feed<CallEvent>> = new Map();
  readonly hungUp: string[] = [];

  calls(): ReadableStream<CallListChange> {
    return this.list.stream;
  }

  levels(): ReadableStream<readonly CallLevels[]> {
    return this.loud.stream;
  }

  listen(callId: string): ReadableStream<Frame> {
    const feed = createFeed<Frame>();
    this.sounds.set(callId, feed);
    return feed.stream;
  }

  /** All who follow a call are told the same. */
  events(callId: string): ReadableStream<CallEvent> {
    const feed = createFeed<CallEvent>();
    const before = this.happenings.get(callId);
    this.happenings.set(callId, {
      ...feed,
      push(event) {
        before?.push(event);
        feed.push(event);
      },
    });
    return feed.stream;
  }

  async hangUp(callId: string): Promise<void> {
    this.hungUp.push(callId);
  }

  readonly said: string[] = [];
  reconnects = 0;

  reconnect(): void {
    this.reconnects++;
  }

  async say(callId: string, text: string): Promise<void> {
    this.said.push(`${callId}: ${text}`);
  }

  /** Tells all calls. */
  tell(...calls: readonly CallSummary[]): void {
    this.list.push({ kind: 'calls', calls, gatewayNowMs: Date.now() });
  }

  become(state: CallSource['state'], reason?: string): void {
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new Event('state'));
  }
}

/** A call as a list shows it. */
export function summary(callId: string, more: Partial<CallSummary> = {}): CallSummary {
  return {
    callId,
    streamId: `MZ${callId}`,
    provider: 'twilio',
    from: `+1415555${callId.padStart(4, '0')}`,
    label: 'Booking',
    format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
    tracks: ['inbound', 'outbound'],
    startedAtMs: Date.now() - 60_000,
    state: 'up',
    warnings: 0,
    canHangUp: true,
    speaking: [],
    ...more,
  };
}
