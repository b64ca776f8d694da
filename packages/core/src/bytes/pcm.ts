import { MediaError } from '../errors.ts';

/** Which byte of a 16-bit sample comes first: the low one (`little`) or the high one (`big`). */
export type ByteOrder = 'little' | 'big';

const PLATFORM_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * 16-bit samples of the given bytes, in a fresh array that the caller owns.
 *
 * @throws {MediaError} `malformed-message` for an odd number of bytes.
 */
export function samplesFromBytes(bytes: Uint8Array, order: ByteOrder = 'little'): Int16Array<ArrayBuffer> {
  if (bytes.length % 2 !== 0) {
    throw new MediaError(
      'malformed-message',
      `16-bit samples take 2 bytes each; ${bytes.length} bytes came, which is half a sample too many. ` +
        'The audio is cut in the wrong place, or is not 16-bit linear.',
    );
  }
  const samples = new Int16Array(bytes.length / 2);
  const target = new Uint8Array(samples.buffer);
  target.set(bytes);
  if ((order === 'little') !== PLATFORM_IS_LITTLE) swapPairs(target);
  return samples;
}

/** Bytes of 16-bit samples, in a fresh array that the caller owns. */
export function bytesFromSamples(samples: Int16Array, order: ByteOrder = 'little'): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  if ((order === 'little') !== PLATFORM_IS_LITTLE) swapPairs(bytes);
  return bytes;
}

function swapPairs(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index += 2) {
    const first = bytes[index]!;
    bytes[index] = bytes[index + 1]!;
    bytes[index + 1] = first;
  }
}
