import { mulaw } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AudioPacket, PACKET_HEADER_BYTES, readPacket, writePacket } from '../../src/wire/packet.ts';

const packets = fc.record({
  stream: fc.nat({ max: 0xffff_ffff }),
  sequence: fc.nat({ max: 0xffff_ffff }),
  track: fc.constantFrom('inbound' as const, 'outbound' as const),
  concealed: fc.boolean(),
  timestampMs: fc.nat({ max: 0xffff_ffff }).map((steps) => steps / 16),
  sampleRate: fc.constantFrom(8000, 16_000, 24_000, 48_000),
  codes: fc.uint8Array({ minLength: 1, maxLength: 960 }),
}) satisfies fc.Arbitrary<AudioPacket>;

describe('an audio packet', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(readPacket(writePacket(packet))).toEqual(packet);
      }),
      { seed: 1 },
    );
  });

  test('is read from the middle of a larger buffer, as a socket may hand it over', () => {
    fc.assert(
      fc.property(packets, fc.nat({ max: 9 }), (packet, offset) => {
        const bytes = writePacket(packet);
        const larger = new Uint8Array(bytes.length + 20);
        larger.set(bytes, offset);
        expect(readPacket(larger.subarray(offset, offset + bytes.length))).toEqual(packet);
      }),
      { seed: 2 },
    );
  });

  test('carries every code, and through samples every code but negative zero', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const packet: AudioPacket = {
      stream: 1,
      sequence: 2,
      track: 'inbound',
      concealed: false,
      timestampMs: 20,
      sampleRate: 8000,
      codes: mulaw.encode(mulaw.decode(codes)),
    };
    const read = readPacket(writePacket(packet));
    expect(read?.codes).toEqual(codes.map((code) => (code === 0x7f ? 0xff : code)));
  });

  test('places sound to the sample at 8 kHz', () => {
    for (const samples of [0, 1, 7, 8, 159, 8000 * 3600 * 4 + 3]) {
      const packet: AudioPacket = {
        stream: 0,
        sequence: 0,
        track: 'outbound',
        concealed: true,
        timestampMs: samples / 8,
        sampleRate: 8000,
        codes: new Uint8Array(160),
      };
      expect(readPacket(writePacket(packet))?.timestampMs).toBe(samples / 8);
    }
  });

  test('gives nothing for bytes that are none, and never throws', () => {
    const good = writePacket({
      stream: 1,
      sequence: 0,
      track: 'inbound',
      concealed: false,
      timestampMs: 0,
      sampleRate: 8000,
      codes: new Uint8Array(160),
    });
    for (let length = 0; length <= PACKET_HEADER_BYTES; length++) {
      expect(readPacket(good.subarray(0, length))).toBeUndefined();
    }
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes;
    };
    expect(readPacket(changed(0, 2))).toBeUndefined(); // version
    expect(readPacket(changed(1, 2))).toBeUndefined(); // type
    expect(readPacket(changed(2, 4))).toBeUndefined(); // flags
    expect(readPacket(changed(3, 1))).toBeUndefined(); // reserved
    expect(readPacket(changed(16, 1))).toBeUndefined(); // 16.8 MHz
    expect(readPacket(new Uint8Array(1_000_000).fill(1))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readPacket(bytes);
      }),
      { seed: 3 },
    );
  });
});
