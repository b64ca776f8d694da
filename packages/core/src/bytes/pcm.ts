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
  const samples = new Int16Array(samplesIn(bytes));
  readSamples(bytes, samples, order);
  return samples;
}

/**
 * How many 16-bit samples the bytes hold.
 *
 * @throws {MediaError} `malformed-message` for an odd number of bytes.
 */
export function samplesIn({ length }: Uint8Array): number {
  if (length % 2 === 0) return length / 2;
  throw new MediaError(
    'malformed-message',
    `16-bit samples take 2 bytes each; ${length} bytes came, which is half a sample too many. ` +
      'The audio is cut in the wrong place, or is not 16-bit linear.',
  );
}

/** Writes the samples that the bytes hold to the beginning of `samples`, which has room for them. */
export function readSamples(bytes: Uint8Array, samples: Int16Array, order: ByteOrder): void {
  copyBytes(bytes, bytesBehind(samples).subarray(0, bytes.length), order);
}

/** Bytes of 16-bit samples, in a fresh array that the caller owns. */
export function bytesFromSamples(samples: Int16Array, order: ByteOrder = 'little'): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  writeSamples(samples, bytes, order);
  return bytes;
}

/** Writes the bytes of the samples to the beginning of `bytes`, which has room for them. */
export function writeSamples(samples: Int16Array, bytes: Uint8Array, order: ByteOrder): void {
  copyBytes(bytesBehind(samples), bytes.subarray(0, samples.byteLength), order);
}

function bytesBehind({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Copies bytes, the two of each sample swapped where the platform keeps them the other way round. */
function copyBytes(from: Uint8Array, to: Uint8Array, order: ByteOrder): void {
  to.set(from);
  if ((order === 'little') === PLATFORM_IS_LITTLE) return;
  for (let index = 0; index < to.length; index += 2) {
    const first = to[index]!;
    to[index] = to[index + 1]!;
    to[index + 1] = first;
  }
}
