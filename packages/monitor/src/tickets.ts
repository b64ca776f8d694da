/**
 * Tickets: signed, short-lived, good for one connection.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Claims } from './claims.ts';
import { CloseCode, type Scope } from './wire/messages.ts';
import { isScope } from './wire/parse.ts';

const ALGORITHM = 'HS256';
const AUDIENCE = 'patchcord-monitor';

/** RFC 7518 §3.2: a key for HS256 has at least as many bits as the hash. */
const SECRET_BYTES = 32;

const DEFAULT_TTL_MS = 30_000;
const MAX_TTL_MS = 5 * 60_000;

/** A ticket travels in a header, of which servers take 8 to 16 KiB in all. */
const MAX_TICKET_LENGTH = 4096;

/** What a ticket shall allow. */
export interface TicketOptions {
  /** What its holder may do. At least one. */
  readonly scopes: readonly Scope[];
  /** Ids of the calls that it is about. Default: all. */
  readonly calls?: readonly string[];
  /** How long it may be used, in milliseconds, up to 5 minutes. Default: 30 000. The connection it opens may last longer. */
  readonly ttlMs?: number;
  /** Whom it is for, such as a user's id. The audit tells it. */
  readonly subject?: string;
}

/** Why a ticket or a page is turned away: a close code, and words for the people in front of the page. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** Refusals in words. Close frames carry up to 123 bytes of them. */
export const refusals: Readonly<Record<'expired' | 'noAccess' | 'origin' | 'host', Refusal>> = {
  expired: {
    code: CloseCode.expired,
    message: 'Your access has run out. Reload the page to go on.',
  },
  noAccess: {
    code: CloseCode.refused,
    message: 'This page has no access to the calls. Sign in again.',
  },
  origin: {
    code: CloseCode.refused,
    message: "The gateway does not accept this page's address. Add it to `allowedOrigins`.",
  },
  host: {
    code: CloseCode.refused,
    message: 'The gateway does not answer under this address. Add it to `allowedHosts`.',
  },
};

/** Issues tickets and takes each once. */
export interface TicketOffice {
  /** @throws {MediaError} `invalid-argument` */
  issue(options: TicketOptions): Promise<string>;
  /** Takes a ticket: what it allows, or why it is turned away. Never rejects. */
  redeem(ticket: string): Promise<{ readonly claims: Claims } | { readonly refusal: Refusal }>;
}

/** Options of the ticket office. */
export interface TicketOfficeOptions {
  /** Key that tickets are signed with, 32 bytes or more. Default: random, so that no other process can issue any. */
  readonly secret?: Uint8Array;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** @throws {MediaError} `invalid-argument` for a short secret. */
export function createTicketOffice({ secret, now }: TicketOfficeOptions): TicketOffice {
  if (secret !== undefined && secret.length < SECRET_BYTES) {
    throw new MediaError(
      'invalid-argument',
      `The secret has ${secret.length} bytes. Give at least ${SECRET_BYTES} random ones, or none at all.`,
    );
  }
  const key = secret?.slice() ?? crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  /** Tickets taken, by id, until they expire: afterwards their age turns them away. */
  const taken = new Map<string, number>();

  function takeOnce(jti: string, expiresAtMs: number): boolean {
    for (const [id, until] of taken) if (until <= now()) taken.delete(id);
    if (taken.has(jti)) return false;
    taken.set(jti, expiresAtMs);
    return true;
  }

  return {
    async issue({ scopes, calls, ttlMs = DEFAULT_TTL_MS, subject }) {
      if (scopes.length === 0 || !scopes.every(isScope)) {
        throw new MediaError(
          'invalid-argument',
          "A ticket needs scopes: one or more of 'list', 'listen', 'control' and 'see'.",
        );
      }
      if (!(ttlMs > 0 && ttlMs <= MAX_TTL_MS)) {
        throw new MediaError('invalid-argument', `ttlMs is ${ttlMs}; it can be up to ${MAX_TTL_MS}.`);
      }
      const issuedAtMs = now();
      const ticket = await new SignJWT({ scopes: [...scopes], ...(calls && { calls: [...calls] }) })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setAudience(AUDIENCE)
        .setJti(crypto.randomUUID())
        .setIssuedAt(Math.floor(issuedAtMs / 1000))
        .setExpirationTime((issuedAtMs + ttlMs) / 1000)
        .setSubject(subject ?? '')
        .sign(key);
      if (ticket.length > MAX_TICKET_LENGTH) {
        throw new MediaError(
          'invalid-argument',
          `A ticket for ${calls?.length ?? 0} calls has ${ticket.length} characters and can have ${MAX_TICKET_LENGTH}. ` +
            'Name fewer calls, or none for all of them.',
        );
      }
      return ticket;
    },

    async redeem(ticket) {
      if (ticket.length > MAX_TICKET_LENGTH) return { refusal: refusals.noAccess };
      try {
        const { payload } = await jwtVerify(ticket, key, {
          algorithms: [ALGORITHM],
          audience: AUDIENCE,
          currentDate: new Date(now()),
          requiredClaims: ['exp', 'jti'],
        });
        const { jti = '', exp = 0, sub, scopes, calls } = payload;
        const expiresAtMs = exp * 1000; // jose counts whole seconds
        if (expiresAtMs <= now()) return { refusal: refusals.expired };
        if (!Array.isArray(scopes) || !takeOnce(jti, expiresAtMs)) return { refusal: refusals.noAccess };
        return {
          claims: {
            scopes: new Set(scopes.filter(isScope)),
            ...(Array.isArray(calls) && { calls: new Set(calls.filter((id) => typeof id === 'string')) }),
            ...(sub && { subject: sub }),
          },
        };
      } catch (error) {
        return { refusal: error instanceof errors.JWTExpired ? refusals.expired : refusals.noAccess };
      }
    },
  };
}
