/** A file in memory, and a reader that takes a WAV file at its header's word. */
import type { RecordingWriter } from '../src/recording-file.ts';

export interface MemoryFile extends RecordingWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly largestWrite: number;
  readonly closed: boolean;
}

/** @param onWrite is called before each write, and may throw or make it wait. */
export function memoryFile(onWrite: (position: number) => Promise<void> | void = () => {}): MemoryFile {
  let room = new Uint8Array(1024);
  let length = 0;
  let largestWrite = 0;
  let closed = false;
  return {
    async write(position, bytes) {
      await onWrite(position);
      const end = position + bytes.length;
      if (end > room.length) {
        const larger = new Uint8Array(2 * end);
        larger.set(room);
        room = larger;
      }
      room.set(bytes, position);
      length = Math.max(length, end);
      largestWrite = Math.max(largestWrite, bytes.length);
    },
    close() {
      closed = true;
    },
    get bytes() {
      return room.subarray(0, length);
    },
    get largestWrite() {
      return largestWrite;
    },
    get closed() {
      return closed;
    },
  };
}

export interface Riff {
  /** Interleaved. */
  readonly samples: Int16Array<ArrayBuffer>;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Reads what the header says that there is, no more, and throws where there is less. */
export function readRiff(file: Uint8Array): Riff {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tag = (at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE' || tag(12) !== 'fmt ' || tag(36) !== 'data')
    throw new Error('no WAV file');
  const riffBytes = view.getUint32(4, true);
  const dataBytes = view.getUint32(40, true);
  if (riffBytes !== dataBytes + 36) throw new Error(`RIFF of ${riffBytes} bytes, data of ${dataBytes}`);
  if (44 + dataBytes > file.length) throw new Error(`${dataBytes} bytes of data, ${file.length} of file`);
  const channels = view.getUint16(22, true);
  if (view.getUint16(20, true) !== 1 || view.getUint16(34, true) !== 16 || dataBytes % (2 * channels) !== 0)
    throw new Error('not whole 16-bit linear samples');
  const samples = Int16Array.from({ length: dataBytes / 2 }, (_, i) => view.getInt16(44 + 2 * i, true));
  return { samples, sampleRate: view.getUint32(24, true), channels };
}

/** One channel of interleaved stereo. */
export function side(which: 'left' | 'right', { samples }: Riff): Int16Array<ArrayBuffer> {
  const offset = which === 'left' ? 0 : 1;
  return Int16Array.from({ length: samples.length / 2 }, (_, i) => samples[2 * i + offset] as number);
}
