import type { webcrypto } from 'node:crypto';

/** What a key of the bus is for: no key serves two purposes, nor do tickets share one with the bus. */
export type Purpose = 'grants' | 'voice';

/** Derives a key from the secret that all gateways of a bus share (HKDF, RFC 5869). */
export async function deriveKey(secret: Uint8Array, purpose: Purpose): Promise<webcrypto.CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret.slice(), 'HKDF', false, ['deriveKey']);
  return await crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(0),
      info: new TextEncoder().encode(`patchcord ${purpose}`),
    },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  );
}
