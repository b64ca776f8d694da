/**
 * From which pages, and under which names, a hub answers.
 *
 * @module
 */

import { type Refusal, refusals } from './tickets.ts';

/** The two headers of an upgrade request that matter here. */
export interface UpgradeHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/** Which pages and hosts are welcome. */
export interface OriginRules {
  /**
   * Origins of pages that may connect, such as `https://desk.example`. A page that comes from the hub's own host and
   * port always may. So may requests without an Origin, which no browser sends: they need a ticket like all others.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Host names that the hub answers under, with or without a port. Default: any. Where a hub listens on loopback,
   * name it here, so that no foreign name that leads to it (DNS rebinding) gets an answer.
   */
  readonly allowedHosts?: readonly string[];
}

/** Why a request is turned away, if it is. */
export function refusalOf({ origin, host }: UpgradeHeaders, rules: OriginRules): Refusal | undefined {
  const ownHost = host?.toLowerCase();
  if (rules.allowedHosts && !(ownHost && rules.allowedHosts.some((allowed) => matches(allowed, ownHost)))) {
    return refusals.host;
  }
  if (origin === undefined) return undefined;
  const from = origin.toLowerCase();
  if (rules.allowedOrigins?.some((allowed) => allowed.toLowerCase().replace(/\/$/, '') === from))
    return undefined;
  return ownHost !== undefined && hostOf(from) === ownHost ? undefined : refusals.origin;
}

function matches(allowed: string, host: string): boolean {
  const name = allowed.toLowerCase();
  return name === host || name === host.replace(/:\d+$/, '');
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // `null`, as sandboxed pages have it
  }
}
