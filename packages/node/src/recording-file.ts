import { type FileHandle, open } from 'node:fs/promises';

/** Where a recording goes: a file, or whatever can be written to at any position. */
export interface RecordingWriter {
  /**
   * Writes bytes at a position, counted in bytes from the start. Positions are not always in order: the header is written
   * again and again, and what came late is written over. What was never written between two stretches is zeros, as
   * in a file.
   *
   * Is called again when the promise has settled, not before. A throw or a rejection ends the recording.
   */
  write(position: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  /** Nothing more will be written. */
  close?(): Promise<void> | void;
}

/** Recordings are nobody else's business. */
const OWNER_ONLY = 0o600;

/** A file, which is made or emptied with the first write, and readable for its owner only. */
export function recordingFile(path: string | URL): RecordingWriter {
  let opening: Promise<FileHandle> | undefined;
  return {
    async write(position, bytes) {
      opening ??= open(path, 'w', OWNER_ONLY);
      const file = await opening;
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    },
    async close() {
      const file = await opening?.catch(() => undefined); // that it could not be opened, its write has told
      await file?.close();
    },
  };
}
