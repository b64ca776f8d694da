/**
 * The client: asks a hub what its calls do, and goes on asking when the connection breaks.
 *
 * @module
 */

import { type AudioFrame, type Clock, type Frame, MediaError, mulaw, systemClock } from '@patchcord/core';
import {
  type CallEvent,
  type CallLevels,
  type CallListChange,
  CloseCode,
  type FailureCode,
  type HubMessage,
  MONITOR_PROTOCOL,
  type Scope,
  TICKET_PREFIX,
  type Topic,
} from '../wire/messages.ts';
import type { AudioPacket } from '../wire/packet.ts';
import { backoffMs } from './backoff.ts';
import { createFeed } from './feed.ts';
import { Link } from './link.ts';
import { type ClientSocketConstructor, defaultWebSocket } from './socket.ts';

/** Longest wait for a connection, and for an answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** A connection that lasted this long was a good one: the next attempt comes quickly again. In milliseconds. */
const STEADY_MS = 5000;

/** Sound that waits to be read, at most, in milliseconds. */
const MAX_AUDIO_MS = 2000;

/** Changes of the list that wait to be read, at most: beyond it, the list is told anew. */
const MAX_CHANGES = 1000;

/** Events that wait to be read, at most: twice what a hub keeps of a call. */
const MAX_EVENTS = 2000;

const words = {
  silent: 'The gateway does not answer. Still trying.',
  lost: 'Lost the gateway. The call itself goes on.',
  noTicket: 'Could not ask for access to the calls. Still trying.',
  noAccess: 'This page has no access to the calls. Sign in again.',
  closed: 'The monitor client is closed. Connect another one.',
} as const;

/** How a client stands with its hub. */
export type MonitorState = 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'closed';

/** Options of `MonitorClient.connect`. */
export interface MonitorClientOptions {
  /**
   * Gets a fresh ticket: asked once per attempt to connect. A rejection is a reason to try again later, but for a
   * `MediaError` with the code `refused`, whose message then stands for the refusal.
   */
  readonly ticket: () => Promise<string>;
  /** Default: the runtime's, or `ws` where there is none. */
  readonly WebSocket?: ClientSocketConstructor;
  readonly clock?: Clock;
  /** 0 to 1, for the waits between attempts. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What a stream is made of. */
interface Interest<T> {
  /** What to ask for, now. */
  readonly topic: () => Topic;
  /** Turns what the hub said into items. */
  readonly take: (message: HubMessage | AudioPacket, push: (item: T) => void) => void;
  readonly trim: (waiting: T[]) => void;
}

interface Subscription {
  readonly topic: () => Topic;
  readonly take: (message: HubMessage | AudioPacket) => void;
  readonly close: () => void;
  readonly error: (reason: MediaError) => void;
  /** On this connection. */
  id: number | undefined;
  /** The hub has said yes to it, on this or an earlier connection. */
  granted: boolean;
  cancelDeadline: (() => void) | undefined;
}

interface HangUp {
  readonly callId: string;
  readonly resolve: () => void;
  readonly reject: (reason: MediaError) => void;
  /** On this connection, once sent. */
  id: number | undefined;
}

/**
 * Follows the calls of a gateway. Runs in browsers, Node, Deno and Bun.
 *
 * Fires `state` when `state` or `reason` changes. Whatever was asked for is asked for again on each new connection.
 * All streams may be cancelled at any time; they are closed by `close()`, and errored when the hub refuses them.
 */
export class MonitorClient extends EventTarget {
  readonly #url: string;
  readonly #getTicket: () => Promise<string>;
  readonly #WebSocket: ClientSocketConstructor;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #subscriptions = new Set<Subscription>();
  readonly #byId = new Map<number, Subscription>();
  readonly #hangUps = new Set<HangUp>();
  #state: MonitorState = 'connecting';
  #reason: string | undefined;
  #scopes: readonly Scope[] = [];
  #gateway: string | undefined;
  #roundTripMs: number | undefined;
  #link: Link | undefined;
  #lastId = 0;
  /** Attempts so far: an answer to an earlier one is no longer wanted. */
  #attempt = 0;
  /** Attempts that failed since the last good connection. */
  #failures = 0;
  /** Tickets in a row that had expired: one may have been old by bad luck, such as a laptop's lid. */
  #expired = 0;
  #connectedMs = 0;
  #lostMs: number | undefined;
  #cancelTimer: (() => void) | undefined;

  /**
   * Begins to connect, and returns at once.
   *
   * @param url of the hub's socket, such as `wss://gateway.example/monitor`; in a page, also relative to the page.
   * @throws {MediaError} `invalid-argument` for a URL that is none.
   */
  static connect(url: string | URL, options: MonitorClientOptions): MonitorClient {
    const client = new MonitorClient(url, options);
    void client.#connect();
    return client;
  }

  private constructor(
    url: string | URL,
    { ticket, WebSocket = defaultWebSocket, clock = systemClock, random = Math.random }: MonitorClientOptions,
  ) {
    super();
    this.#url = socketUrl(url);
    this.#getTicket = ticket;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
  }

  get state(): MonitorState {
    return this.#state;
  }

  /** Why the state is what it is, in words for people, where there is something to say. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** What the ticket allows. Empty before the first connection. */
  get scopes(): readonly Scope[] {
    return this.#scopes;
  }

  /** Name of the gateway, where it has one and has been reached. */
  get gateway(): string | undefined {
    return this.#gateway;
  }

  /** Round trip to the gateway and back, in milliseconds, known about a second after connecting. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** All calls first, then what changes; all calls again after each reconnection, and to a reader 1,000 changes behind. */
  calls(): ReadableStream<CallListChange> {
    const { stream, reopen } = this.#subscribe<CallListChange>({
      topic: () => ({ topic: 'calls' }),
      take(message, push) {
        if ('type' in message && message.type === 'calls') push(message.change);
      },
      trim(waiting) {
        // All calls at once make what was not read before them worthless.
        if (waiting.at(-1)?.kind === 'calls') waiting.splice(0, waiting.length - 1);
        if (waiting.length <= MAX_CHANGES) return;
        waiting.length = 0;
        reopen();
      },
    });
    return stream;
  }

  /** Loudness of all calls, ten times a second. Only the latest waits for a slow reader. */
  levels(): ReadableStream<readonly CallLevels[]> {
    return this.#subscribe<readonly CallLevels[]>({
      topic: () => ({ topic: 'levels' }),
      take(message, push) {
        if ('type' in message && message.type === 'levels') push(message.levels);
      },
      trim(waiting) {
        if (waiting.length > 1) waiting.shift();
      },
    }).stream;
  }

  /**
   * The sound of a call: audio frames of both tracks at the wire's rate, 8 kHz for telephones. Inbound sound comes
   * when it was said, outbound sound when the caller has heard it; `timestampMs` of both is on one timeline. Sound
   * that is not read for 2 s is dropped, oldest first. Closes when the call ends.
   */
  listen(callId: string): ReadableStream<Frame> {
    return this.#subscribe<AudioFrame>({
      topic: () => ({ topic: 'audio', callId }),
      take(message, push) {
        if ('codes' in message) push(frameOf(message));
      },
      trim(waiting) {
        while (spanMs(waiting) > MAX_AUDIO_MS) waiting.shift();
      },
    }).stream;
  }

  /**
   * What happened in a call: up to 1,000 events so far first, then live. Of more than 2,000 that are not read the
   * oldest go. Closes when the call ends.
   */
  events(callId: string): ReadableStream<CallEvent> {
    let from = 0;
    return this.#subscribe<CallEvent>({
      topic: () => ({ topic: 'events', callId, from }),
      take(message, push) {
        if (!('type' in message) || message.type !== 'events') return;
        from = message.next;
        for (const event of message.events) push(event);
      },
      trim(waiting) {
        if (waiting.length > MAX_EVENTS) waiting.shift();
      },
    }).stream;
  }

  /**
   * Ends a call. A call that has just ended is success.
   *
   * @throws {MediaError} `refused`, `control-failed`, `invalid-argument` for a call that is not there, `timeout` after
   * 10 s, `transport-closed`: each with words for people.
   */
  hangUp(callId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const refusal = this.#overError();
      if (refusal) return reject(refusal);
      const settle = (): void => {
        cancel();
        this.#hangUps.delete(request);
      };
      const request: HangUp = {
        callId,
        id: undefined,
        resolve() {
          settle();
          resolve();
        },
        reject(reason) {
          settle();
          reject(reason);
        },
      };
      const cancel = this.#clock.after(TIMEOUT_MS, () =>
        request.reject(
          new MediaError(
            'timeout',
            'Could not hang up. The gateway did not answer in 10 s. Look whether the call is still up.',
          ),
        ),
      );
      this.#hangUps.add(request);
      if (this.#state === 'connected') this.#sendHangUp(request);
    });
  }

  /** Tries again at once, where the next attempt is being waited for. */
  reconnect(): void {
    if (this.#state === 'connected' || this.#overError()) return;
    this.#letGo();
    void this.#connect();
  }

  /** Ends the connection and closes all streams. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#letGo();
    for (const subscription of [...this.#subscriptions]) this.#drop(subscription).close();
    for (const request of [...this.#hangUps])
      request.reject(new MediaError('transport-closed', words.closed));
    this.#setState('closed', undefined);
  }

  #subscribe<T>({ topic, take, trim }: Interest<T>): { stream: ReadableStream<T>; reopen: () => void } {
    const feed = createFeed<T>({ trim, onCancel: () => this.#unsubscribe(subscription) });
    const subscription: Subscription = {
      topic,
      take: (message) => take(message, feed.push),
      close: feed.close,
      error: feed.error,
      id: undefined,
      granted: false,
      cancelDeadline: undefined,
    };
    const refusal = this.#overError();
    if (this.#state === 'closed') feed.close();
    else if (refusal) feed.error(refusal);
    else {
      this.#subscriptions.add(subscription);
      if (this.#state === 'connected') this.#open(subscription);
    }
    return {
      stream: feed.stream,
      reopen: () => {
        this.#closeOnHub(subscription);
        if (this.#state === 'connected') this.#open(subscription);
      },
    };
  }

  #unsubscribe(subscription: Subscription): void {
    this.#closeOnHub(subscription);
    this.#drop(subscription);
  }

  /** Asks for it on this connection. */
  #open(subscription: Subscription): void {
    const id = ++this.#lastId;
    subscription.id = id;
    this.#byId.set(id, subscription);
    subscription.cancelDeadline = this.#clock.after(TIMEOUT_MS, () => {
      this.#unsubscribe(subscription);
      subscription.error(new MediaError('timeout', 'The gateway did not answer in 10 s. Try again.'));
    });
    this.#link?.say({ type: 'open', id, ...subscription.topic() });
  }

  #closeOnHub(subscription: Subscription): void {
    const { id } = subscription;
    this.#detach(subscription);
    if (id !== undefined) this.#link?.say({ type: 'close', id });
  }

  /** Forgets what tied it to this connection. */
  #detach(subscription: Subscription): void {
    subscription.cancelDeadline?.();
    subscription.cancelDeadline = undefined;
    if (subscription.id !== undefined) this.#byId.delete(subscription.id);
    subscription.id = undefined;
  }

  #drop(subscription: Subscription): Subscription {
    this.#detach(subscription);
    this.#subscriptions.delete(subscription);
    return subscription;
  }

  #sendHangUp(request: HangUp): void {
    request.id = ++this.#lastId;
    this.#link?.say({ type: 'hang-up', id: request.id, callId: request.callId });
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(TIMEOUT_MS, () => this.#tryLater(words.silent));
    let ticket: string;
    try {
      ticket = await this.#getTicket();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (isRefusal(error)) this.#refuse(error.message);
      else this.#tryLater(words.noTicket);
      return;
    }
    if (attempt !== this.#attempt) return;
    if (!/^[\w.~-]+$/.test(ticket)) return this.#refuse(words.noAccess); // no subprotocol can be made of it
    try {
      const socket = new this.#WebSocket(this.#url, [MONITOR_PROTOCOL, TICKET_PREFIX + ticket]);
      this.#link = new Link(socket, this.#clock, {
        onMessage: (message) => this.#receive(message),
        onPacket: (packet) => this.#byId.get(packet.stream)?.take(packet),
        onClosed: (code, reason) => this.#lost(attempt, code, reason),
      });
    } catch {
      this.#refuse(
        "The browser does not let this page reach the gateway's address. Serve both over https, or both over http.",
      );
    }
  }

  #receive(message: HubMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        return;
      case 'ping':
        this.#roundTripMs = message.roundTripMs ?? this.#roundTripMs;
        return;
    }
    const subscription = this.#byId.get(message.id);
    if (subscription) {
      this.#tell(subscription, message);
      return;
    }
    for (const request of this.#hangUps) {
      if (request.id !== message.id) continue;
      if (message.type === 'done') request.resolve();
      if (message.type === 'failed') request.reject(errorOf(message.code, message.message));
      return;
    }
  }

  #tell(subscription: Subscription, message: HubMessage): void {
    switch (message.type) {
      case 'done':
        subscription.cancelDeadline?.();
        subscription.granted = true;
        return;
      case 'over':
        this.#drop(subscription).close();
        return;
      case 'failed': {
        this.#drop(subscription);
        // It ended while nobody could tell: to a reader that is the end, too.
        if (subscription.granted && message.code === 'unknown-call') subscription.close();
        else subscription.error(errorOf(message.code, message.message));
        return;
      }
      default:
        subscription.take(message);
    }
  }

  #welcome({ scopes, gateway }: HubMessage & { readonly type: 'welcome' }): void {
    if (this.#state === 'connected') return;
    this.#cancelTimer?.();
    this.#scopes = scopes;
    this.#gateway = gateway;
    this.#expired = 0;
    this.#connectedMs = this.#clock.now();
    const missedMs = this.#lostMs === undefined ? undefined : this.#connectedMs - this.#lostMs;
    this.#lostMs = undefined;
    for (const subscription of [...this.#subscriptions]) this.#open(subscription);
    for (const request of this.#hangUps) this.#sendHangUp(request);
    this.#setState(
      'connected',
      missedMs === undefined ? undefined : `The gateway is back. You missed ${Math.ceil(missedMs / 1000)} s.`,
    );
  }

  #lost(attempt: number, code: number, reason: string): void {
    if (attempt !== this.#attempt) return;
    if (code === CloseCode.refused) {
      this.#refuse(reason || words.noAccess);
      return;
    }
    if (code === CloseCode.expired && ++this.#expired > 1) {
      this.#refuse(reason || words.noAccess);
      return;
    }
    this.#tryLater(reason || (this.#state === 'connecting' ? words.silent : words.lost));
  }

  /** Gives the present attempt or connection up, and plans another. */
  #tryLater(reason: string): void {
    const wasConnected = this.#state === 'connected';
    if (wasConnected && this.#clock.now() - this.#connectedMs >= STEADY_MS) this.#failures = 0;
    if (wasConnected) this.#lostMs = this.#clock.now();
    this.#letGo();
    for (const subscription of this.#subscriptions) this.#detach(subscription);
    for (const request of [...this.#hangUps]) {
      if (request.id === undefined) continue;
      request.reject(
        new MediaError(
          'transport-closed',
          'Lost the gateway before it answered. Look whether the call is still up.',
        ),
      );
    }
    const waitMs = backoffMs(this.#failures++, this.#random());
    this.#cancelTimer = this.#clock.after(waitMs, () => void this.#connect());
    this.#setState(this.#state === 'connecting' ? 'connecting' : 'reconnecting', reason);
  }

  #refuse(reason: string): void {
    this.#letGo();
    const error = new MediaError('refused', reason);
    for (const subscription of [...this.#subscriptions]) this.#drop(subscription).error(error);
    for (const request of [...this.#hangUps]) request.reject(error);
    this.#setState('refused', reason);
  }

  /** Ends the present attempt or connection, without a word to anybody. */
  #letGo(): void {
    this.#attempt++;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const link = this.#link;
    this.#link = undefined;
    this.#roundTripMs = undefined;
    link?.close();
  }

  /** Why nothing can be asked any more, once that is so. */
  #overError(): MediaError | undefined {
    if (this.#state === 'closed') return new MediaError('transport-closed', words.closed);
    if (this.#state === 'refused') return new MediaError('refused', this.#reason ?? words.noAccess);
    return undefined;
  }

  #setState(state: MonitorState, reason: string | undefined): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.dispatchEvent(new Event('state'));
  }
}

function socketUrl(url: string | URL): string {
  try {
    const page = (globalThis as { readonly location?: { readonly href: string } }).location;
    const resolved = new URL(url, page?.href);
    resolved.protocol = resolved.protocol.replace(/^http/, 'ws');
    resolved.hash = '';
    if (resolved.protocol === 'ws:' || resolved.protocol === 'wss:') return resolved.href;
  } catch {
    // Said below.
  }
  throw new MediaError(
    'invalid-argument',
    'The monitor needs a URL such as wss://gateway.example/monitor; this is none.',
  );
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

function errorOf(code: FailureCode, message: string): MediaError {
  return new MediaError(code === 'unknown-call' ? 'invalid-argument' : code, message);
}

/** By its code: a page may hold two copies of the class. */
function isRefusal(error: unknown): error is MediaError {
  return error instanceof Error && 'code' in error && error.code === 'refused';
}
