import type { RecordingWriter } from './recording-file.ts';
import type { Piece } from './stereo-window.ts';

/** Bytes that may wait for a slow disk: 16 s of stereo at 8 kHz. */
const MOST_WAITING_BYTES = 512 * 1024;

const BYTES_PER_POSITION = 4;
const RIFF_SIZE_AT = 4;
const DATA_SIZE_AT = 40;
const CHUNK_HEADER_BYTES = 8;

/**
 * Writes a WAV file piece by piece, one write at a time: sound first, then the header that says how much of it there
 * is. So the file is true after every write.
 */
export class WritingQueue {
  readonly #writer: RecordingWriter;
  /** Its lengths are those of what has been written. */
  readonly #header: Uint8Array<ArrayBuffer>;
  readonly #failed: (error: unknown) => void;
  readonly #pieces: Piece[] = [];
  #waitingBytes = 0;
  #dataBytes = 0;
  #busy = false;
  /** Settles when all that was added is written. Never rejects. */
  #written: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /**
   * Begins with the header.
   *
   * @param header of a WAV file with 16-bit stereo samples, 44 bytes long. Taken.
   * @param failed is told once that a write failed, never in the same tick; nothing is written after it.
   */
  constructor(writer: RecordingWriter, header: Uint8Array<ArrayBuffer>, failed: (error: unknown) => void) {
    this.#writer = writer;
    this.#header = header;
    this.#failed = failed;
    this.#run();
  }

  /** Adds a piece; false where too much waits already. */
  add(piece: Piece): boolean {
    if (this.#waitingBytes + piece.bytes.length > MOST_WAITING_BYTES) return false;
    this.#waitingBytes += piece.bytes.length;
    this.#pieces.push(piece);
    this.#run();
    return true;
  }

  /** Waits for all writes, and closes the writer. Rejects with what went wrong. */
  async close(): Promise<void> {
    await this.#written;
    await this.#writer.close?.();
    if (this.#failure) throw this.#failure.error;
  }

  #run(): void {
    if (this.#busy || this.#failure) return;
    this.#busy = true;
    this.#written = this.#drain().catch((error: unknown) => {
      this.#failure = { error };
      this.#failed(error);
    });
  }

  async #drain(): Promise<void> {
    do {
      for (let piece = this.#pieces.shift(); piece; piece = this.#pieces.shift()) {
        const { position, bytes } = piece;
        const at = position * BYTES_PER_POSITION;
        await this.#writer.write(this.#header.length + at, bytes);
        this.#waitingBytes -= bytes.length;
        this.#dataBytes = Math.max(this.#dataBytes, at + bytes.length);
      }
      const lengths = new DataView(this.#header.buffer);
      lengths.setUint32(RIFF_SIZE_AT, this.#header.length - CHUNK_HEADER_BYTES + this.#dataBytes, true);
      lengths.setUint32(DATA_SIZE_AT, this.#dataBytes, true);
      await this.#writer.write(0, this.#header);
    } while (this.#pieces.length > 0);
    // In the tick of the last look at the pieces, so that none that is added after it stays behind.
    this.#busy = false;
  }
}
