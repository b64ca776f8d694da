/**
 * Sealed packets: what somebody says to a caller of another gateway, so that nobody without the gateways' secret can say it.
 *
 * Big-endian: 16 bytes of the barge's id, a sequence number and the sample rate in Hz of 32 bits each, µ-law codes, and
 * 16 bytes of HMAC-SHA-256 over all of that. A grant, signed and single-use, opens the barge and names its id; the sequence
 * number, which only grows, makes each packet single-use.
 *
 * @module
 */

import { SAMPLE_RATES, type SampleRate } from '@patchcord/core';
import { deriveKey } from './keys.ts';

const ID_BYTES = 16;
const HEADER_BYTES = 24;
const SEAL_BYTES = 16;

/** Most codes in a packet: what a client's message can hold. */
const MAX_CODES = 8192;

/** What a sealed packet holds. */
export interface SealedVoice {
  /** 32 hexadecimal digits. */
  readonly barge: string;
  readonly sequence: number;
  /** Hz. */
  readonly sampleRate: number;
  /** µ-law. */
  readonly codes: Uint8Array;
}

/** Seals and opens packets. */
export interface VoiceSeal {
  seal(voice: SealedVoice): Promise<Uint8Array>;
  /** @returns undefined for what is no packet, or whose seal is broken. Never rejects. */
  open(bytes: Uint8Array): Promise<SealedVoice | undefined>;
}

/** @param secret that all gateways share. */
export function createVoiceSeal(secret: Uint8Array): VoiceSeal {
  const key = deriveKey(secret, 'voice');
  return {
    async seal({ barge, sequence, sampleRate, codes }) {
      const bytes = new Uint8Array(HEADER_BYTES + codes.length + SEAL_BYTES);
      for (let i = 0; i < ID_BYTES; i++) bytes[i] = Number.parseInt(barge.slice(2 * i, 2 * i + 2), 16);
      const view = new DataView(bytes.buffer);
      view.setUint32(ID_BYTES, sequence);
      view.setUint32(ID_BYTES + 4, sampleRate);
      bytes.set(codes, HEADER_BYTES);
      const sealed = HEADER_BYTES + codes.length;
      const mac = await crypto.subtle.sign('HMAC', await key, bytes.subarray(0, sealed));
      bytes.set(new Uint8Array(mac, 0, SEAL_BYTES), sealed);
      return bytes;
    },

    async open(given) {
      const length = given.length - HEADER_BYTES - SEAL_BYTES;
      if (length <= 0 || length > MAX_CODES) return undefined;
      const bytes = new Uint8Array(given); // not `slice`, which a Node Buffer has otherwise
      const sealed = HEADER_BYTES + length;
      const mac = new Uint8Array(await crypto.subtle.sign('HMAC', await key, bytes.subarray(0, sealed)));
      let difference = 0; // in constant time
      for (let i = 0; i < SEAL_BYTES; i++) difference |= (mac[i] as number) ^ (bytes[sealed + i] as number);
      if (difference !== 0) return undefined;
      const view = new DataView(bytes.buffer);
      const sampleRate = view.getUint32(ID_BYTES + 4);
      if (!SAMPLE_RATES.includes(sampleRate as SampleRate)) return undefined;
      return {
        barge: [...bytes.subarray(0, ID_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
        sequence: view.getUint32(ID_BYTES),
        sampleRate,
        codes: bytes.subarray(HEADER_BYTES, sealed),
      };
    },
  };
}
