import type { Clock } from '@patchcord/core';

/** What another gateway asked for holds this long, in milliseconds: three times what it takes to ask again. */
export const LEASE_MS = 15_000;

interface Lease {
  readonly until: Map<string, number>;
  readonly end: () => void;
}

/** What is sent to other gateways, by what it is of, as long as one of them asks for it again and again. */
export class Leases<Of> {
  readonly #clock: Clock;
  readonly #leases = new Map<Of, Lease>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Lends, or lends for longer.
   *
   * @param begin begins to send, where nobody has asked before. Returns what ends it.
   * @returns whether that gateway had not asked before.
   */
  lend(of: Of, gateway: string, begin: () => () => void): boolean {
    let lease = this.#leases.get(of);
    if (!lease) {
      lease = { until: new Map(), end: begin() };
      this.#leases.set(of, lease);
    }
    const fresh = !lease.until.has(gateway);
    lease.until.set(gateway, this.#clock.now() + LEASE_MS);
    return fresh;
  }

  /** A gateway wants no more. */
  release(of: Of, gateway: string): void {
    const lease = this.#leases.get(of);
    lease?.until.delete(gateway);
    if (lease?.until.size === 0) this.end(of);
  }

  /** Ends what nobody has asked for lately. */
  expire(): void {
    const now = this.#clock.now();
    for (const [of, { until }] of this.#leases) {
      for (const [gateway, untilMs] of until) if (untilMs <= now) this.release(of, gateway);
    }
  }

  /** Ends one, whoever wants it. */
  end(of: Of): void {
    this.#leases.get(of)?.end();
    this.#leases.delete(of);
  }

  /** Ends all. */
  close(): void {
    for (const of of [...this.#leases.keys()]) this.end(of);
  }
}
