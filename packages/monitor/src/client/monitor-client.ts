/**
 * The client: asks a hub what its calls do, and goes on asking when the connection breaks.
 *
 * @module
 */

import { type Clock, type Frame, MediaError, systemClock } from '@patchcord/core';
import type { CallEvent, CallLevels, CallListChange, Scope } from '../wire/messages.ts';
import { isSaid, MAX_SAID } from '../wire/parse.ts';
import { type Barge, Barges } from './barge.ts';
import { Connection, type MonitorState } from './connection.ts';
import { callList, eventsOf, levels, soundOf } from './interests.ts';
import { Requests } from './requests.ts';
import { type ClientSocketConstructor, defaultWebSocket } from './socket.ts';
import { Subscriptions } from './subscriptions.ts';
import { words } from './words.ts';

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

/**
 * Follows the calls of a gateway. Runs in browsers, Node, Deno and Bun.
 *
 * Fires `state` when `state` or `reason` changes. Whatever was asked for is asked for again on each new connection.
 * All streams may be cancelled at any time; they are closed by `close()`, and errored when the hub refuses them.
 */
export class MonitorClient extends EventTarget {
  readonly #connection: Connection;
  readonly #subscriptions: Subscriptions;
  readonly #requests: Requests;
  readonly #barges: Barges;

  /**
   * Begins to connect, and returns at once.
   *
   * @param url of the hub's socket, such as `wss://gateway.example/monitor`; in a page, also relative to the page.
   * @throws {MediaError} `invalid-argument` for a URL that is none.
   */
  static connect(url: string | URL, options: MonitorClientOptions): MonitorClient {
    const client = new MonitorClient(url, options);
    client.#connection.open();
    return client;
  }

  private constructor(
    url: string | URL,
    { ticket, WebSocket = defaultWebSocket, clock = systemClock, random = Math.random }: MonitorClientOptions,
  ) {
    super();
    this.#connection = new Connection(
      { url: socketUrl(url), ticket, WebSocket, clock, random },
      {
        onConnected: () => {
          this.#subscriptions.connected();
          this.#requests.connected();
        },
        onMessage: (message) => {
          if (!this.#subscriptions.take(message) && !this.#barges.take(message)) this.#requests.take(message);
        },
        onPacket: (packet) => this.#subscriptions.hear(packet),
        onLost: () => {
          this.#subscriptions.lost();
          this.#requests.lost();
          this.#barges.lost();
        },
        onRefused: (reason) => {
          this.#subscriptions.over(reason);
          this.#requests.over(reason);
          this.#barges.lost(reason);
        },
        onState: () => this.dispatchEvent(new Event('state')),
      },
    );
    this.#subscriptions = new Subscriptions(this.#connection, clock);
    this.#requests = new Requests(this.#connection, clock);
    this.#barges = new Barges(this.#connection);
  }

  get state(): MonitorState {
    return this.#connection.state;
  }

  /** Why the state is what it is, in words for people, where there is something to say. */
  get reason(): string | undefined {
    return this.#connection.reason;
  }

  /** What the ticket allows. Empty before the first connection. */
  get scopes(): readonly Scope[] {
    return this.#connection.scopes;
  }

  /** Name of the gateway, where it has one and has been reached. */
  get gateway(): string | undefined {
    return this.#connection.gateway;
  }

  /** Round trip to the gateway and back, in milliseconds, known about a second after connecting. */
  get roundTripMs(): number | undefined {
    return this.#connection.roundTripMs;
  }

  /** All calls first, then what changes; all calls again after each reconnection, and to a reader 1,000 changes behind. */
  calls(): ReadableStream<CallListChange> {
    return this.#subscriptions.open(callList);
  }

  /** Loudness of all calls, ten times a second. Only the latest waits for a slow reader. */
  levels(): ReadableStream<readonly CallLevels[]> {
    return this.#subscriptions.open(levels);
  }

  /**
   * The sound of a call: audio frames of both tracks at the wire's rate, 8 kHz for telephones. Inbound sound comes
   * when it was said, outbound sound when the caller has heard it; `timestampMs` of both is on one timeline. Sound
   * that is not read for 2 s is dropped, oldest first. Closes when the call ends.
   */
  listen(callId: string): ReadableStream<Frame> {
    return this.#subscriptions.open(soundOf(callId));
  }

  /**
   * What happened in a call: up to 1,000 events so far first, then live. Of more than 2,000 that are not read the
   * oldest go. Closes when the call ends.
   */
  events(callId: string): ReadableStream<CallEvent> {
    return this.#subscriptions.open(eventsOf(callId));
  }

  /**
   * Ends a call. A call that has just ended is success.
   *
   * @throws {MediaError} `refused`, `control-failed`, `invalid-argument` for a call that is not there, `timeout` after
   * 10 s, `transport-closed`: each with words for people.
   */
  hangUp(callId: string): Promise<void> {
    return this.#requests.ask(
      (id) => ({ type: 'hang-up', id, callId }),
      'Could not hang up. The gateway did not answer in 10 s. Look whether the call is still up.',
    );
  }

  /**
   * Sends a text to the app of a call, such as a hint for the agent: its `onSay` gets it. Resolves when the app has taken it.
   *
   * @param text 1 to 1,000 characters.
   * @throws {MediaError} as `hangUp` does, and `invalid-argument` for a text that is empty or longer.
   */
  async say(callId: string, text: string): Promise<void> {
    const { length } = text;
    if (!isSaid(text)) {
      throw new MediaError(
        'invalid-argument',
        `The text has ${length} characters; it can have 1 to ${MAX_SAID}.`,
      );
    }
    await this.#requests.ask(
      (id) => ({ type: 'say', id, callId, text }),
      'The gateway did not answer in 10 s. The app may not have got the text.',
    );
  }

  /**
   * Speaks to a caller in the app's place. Returns at once, and sound may be written at once: the first of it interrupts
   * what is playing, and until the barge ends the app's own sound is discarded. It ends when the connection breaks.
   */
  barge(callId: string): Barge {
    return this.#barges.open(callId);
  }

  /** Tries again at once, where the next attempt is being waited for. */
  reconnect(): void {
    this.#connection.reconnect();
  }

  /** Ends the connection and closes all streams. Idempotent. */
  close(): void {
    if (!this.#connection.close()) return;
    const reason = new MediaError('transport-closed', words.closed);
    this.#subscriptions.over();
    this.#requests.over(reason);
    this.#barges.lost(reason);
    this.#connection.closed();
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
