/**
 * Grants: what the gateway that checked a ticket signs for one act on one call of one other gateway, which checks it itself.
 *
 * @module
 */

import { jwtVerify, SignJWT } from 'jose';
import type { Scope } from '../wire/messages.ts';
import { isCallId, isSaid, isScope } from '../wire/parse.ts';
import { deriveKey } from './keys.ts';

const ALGORITHM = 'HS256';
const TYPE = 'patchcord-grant+jwt';

/** A grant is good for this long, in seconds; one that claims to be good for longer than 30 is not taken. */
const TTL_S = 20;
const MAX_TTL_S = 30;

/** Clocks of two gateways may be this far apart, in seconds. */
const SKEW_S = 10;

const MAX_GRANT_LENGTH = 16_384;

/** Grants that are remembered as used, at most: more within 30 s are no dashboard's. */
const MAX_TAKEN = 20_000;

/** What is done with a call. */
export type GrantAction = 'listen' | 'unlisten' | 'hang-up' | 'say' | 'barge' | 'barge-stop';

/** The scope that it takes. */
const needed: Readonly<Record<GrantAction, Scope>> = {
  listen: 'listen',
  unlisten: 'listen',
  'hang-up': 'control',
  say: 'control',
  barge: 'control',
  'barge-stop': 'control',
};

/** One act on one call. */
export interface Grant {
  readonly action: GrantAction;
  /** As the gateway that has it knows it. */
  readonly callId: string;
  /** The gateway that has it. */
  readonly owner: string;
  /** The gateway that checked the ticket. */
  readonly issuer: string;
  /** The ticket's. */
  readonly scopes: readonly string[];
  readonly subject?: string;
  /** What is said, for `say`. */
  readonly text?: string;
  /** Which barge, for `barge` and `barge-stop`: 32 hexadecimal digits. */
  readonly barge?: string;
}

/** A grant as it was taken. */
export interface TakenGrant extends Grant {
  /** Its id, by which it is answered. */
  readonly jti: string;
}

/** Signs grants, and takes those for this gateway, each once. */
export interface GrantOffice {
  sign(grant: Grant): Promise<{ readonly jti: string; readonly token: string }>;
  /** @returns undefined for one that is forged, expired, used, meant for another gateway, or beyond its scopes. Never rejects. */
  take(token: string): Promise<TakenGrant | undefined>;
}

/**
 * @param own Name of this gateway.
 * @param secret that all gateways share.
 * @param now Unix time in milliseconds.
 */
export function createGrantOffice(own: string, secret: Uint8Array, now: () => number): GrantOffice {
  const key = deriveKey(secret, 'grants');
  /** Grants taken, by id, and when they expire. */
  const taken = new Map<string, number>();

  function takeOnce(jti: string, expiresAtS: number): boolean {
    // In the order of their coming, which is nearly that of their end.
    for (const [id, until] of taken) {
      if ((until + SKEW_S) * 1000 > now()) break;
      taken.delete(id);
    }
    if (taken.has(jti) || taken.size >= MAX_TAKEN) return false;
    taken.set(jti, expiresAtS);
    return true;
  }

  return {
    async sign({ owner, issuer, subject, ...rest }) {
      const jti = crypto.randomUUID();
      const issuedAtS = Math.floor(now() / 1000);
      const token = await new SignJWT({ ...rest })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setAudience(owner)
        .setIssuer(issuer)
        .setSubject(subject ?? '')
        .setJti(jti)
        .setIssuedAt(issuedAtS)
        .setExpirationTime(issuedAtS + TTL_S)
        .sign(await key);
      return { jti, token };
    },

    async take(token) {
      if (token.length > MAX_GRANT_LENGTH) return undefined;
      try {
        const { payload } = await jwtVerify(token, await key, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          audience: own,
          currentDate: new Date(now()),
          clockTolerance: SKEW_S,
          requiredClaims: ['exp', 'iat', 'iss', 'jti'],
        });
        const { jti = '', exp = 0, iat = 0, iss = '', sub, action, callId, scopes, text, barge } = payload;
        if (exp - iat > MAX_TTL_S || iat > now() / 1000 + SKEW_S) return undefined;
        if (!isAction(action) || !isCallId(callId) || !Array.isArray(scopes)) return undefined;
        if (!scopes.filter(isScope).includes(needed[action])) return undefined;
        if (action === 'say' && !isSaid(text)) return undefined;
        if ((action === 'barge' || action === 'barge-stop') && !isBarge(barge)) return undefined;
        if (!takeOnce(jti, exp)) return undefined;
        return {
          action,
          callId,
          owner: own,
          issuer: iss,
          jti,
          scopes: scopes.filter(isScope),
          ...(sub && { subject: sub }),
          ...(isSaid(text) && { text }),
          ...(isBarge(barge) && { barge }),
        };
      } catch {
        return undefined; // whoever can read why could learn from it
      }
    },
  };
}

function isAction(value: unknown): value is GrantAction {
  return typeof value === 'string' && Object.hasOwn(needed, value);
}

function isBarge(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}
