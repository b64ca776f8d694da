import type { Clock } from '@patchcord/core';

/** How often a listener's health is looked at, in milliseconds. */
const HEARTBEAT_MS = 1000;

/** Pings after the first two, which tell the round trip early, in heartbeats. */
const PING_EVERY = 5;

/** A listener that has not answered for this long is gone, in milliseconds. */
const SILENT_MS = 30_000;

/** What a heartbeat needs of its listener. */
export interface HeartbeatHost {
  readonly clock: Clock;
  /** Sends a ping, with the round trip of the one before, where it came back. */
  readonly ping: (id: number, roundTripMs: number | undefined) => void;
  /** Nothing came back for 30 s. */
  readonly onSilent: () => void;
  /** To be done every second. */
  readonly onBeat: () => void;
}

/** Knows whether a listener still answers. */
export class Heartbeat {
  readonly #host: HeartbeatHost;
  #cancel: () => void;
  #lastPongMs: number;
  #pings = 0;
  #pingSentMs = 0;
  #roundTripMs: number | undefined;
  #beats = 0;

  constructor(host: HeartbeatHost) {
    this.#host = host;
    this.#lastPongMs = host.clock.now();
    this.#cancel = host.clock.after(HEARTBEAT_MS, this.#beat);
  }

  /** Sends a ping now. */
  ping(): void {
    this.#pingSentMs = this.#host.clock.now();
    this.#host.ping(++this.#pings, this.#roundTripMs);
  }

  /** Notes an answer. */
  pong(id: number): void {
    this.#lastPongMs = this.#host.clock.now();
    if (id === this.#pings) this.#roundTripMs = this.#lastPongMs - this.#pingSentMs;
  }

  stop(): void {
    this.#cancel();
  }

  readonly #beat = (): void => {
    this.#cancel = this.#host.clock.after(HEARTBEAT_MS, this.#beat);
    if (this.#host.clock.now() - this.#lastPongMs >= SILENT_MS) {
      this.#host.onSilent();
      return;
    }
    this.#host.onBeat();
    this.#beats++;
    if (this.#beats === 1 || this.#beats % PING_EVERY === 0) this.ping();
  };
}
