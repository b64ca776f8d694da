/** A packet of sound as a hub sends it: `packages/monitor/src/wire/packet.ts` has the layout. */
export function packet(
  stream: number,
  timestampMs: number,
  codes: Uint8Array,
  { outbound = false, sampleRate = 8000 } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20 + codes.length);
  const view = new DataView(bytes.buffer);
  bytes.set([1, 1, outbound ? 1 : 0]);
  view.setUint32(4, stream);
  view.setUint32(12, timestampMs * 16);
  view.setUint32(16, sampleRate);
  bytes.set(codes, 20);
  return bytes;
}
