/**
 * What was received of a call while somebody listened: kept as codes, to be played again and saved.
 *
 * @module
 */

import { type AudioFrame, type Frame, mulaw, type Track } from '@patchcord/core';

/** Codes of one piece: 8 s at 8 kHz. */
const PIECE = 65_536;
/** Pieces kept of each track, 32 MiB in all: 34 minutes of both tracks at 8 kHz. The oldest go. */
const MOST_PIECES = 256;
/** µ-law for a sample of zero. */
const SILENCE = 0xff;
/** A jump of the clock that no call makes. In milliseconds. */
const LONGEST_JUMP_MS = 3_600_000;
const DEFAULT_RATE = 8000;

/** The sound of one call, both tracks on one timeline; silence where nothing came. Holds 32 MiB at most. */
export class Recording {
  readonly #tracks: Readonly<Record<Track, Map<number, Uint8Array>>> = {
    inbound: new Map(),
    outbound: new Map(),
  };
  #rate: number | undefined;
  #fromMs: number | undefined;
  #endMs = 0;

  /** Hz; of the first frame. */
  get sampleRate(): number {
    return this.#rate ?? DEFAULT_RATE;
  }

  /** Where what is kept begins, in milliseconds of the call; undefined before the first frame. */
  get fromMs(): number | undefined {
    return this.#fromMs;
  }

  /** Where the newest frame ended. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Takes a frame. Only reads its samples. Frames of another rate than the first one are left out. */
  push(frame: Frame): void {
    if (frame.kind !== 'audio' || frame.channels !== 1) return;
    this.#rate ??= frame.sampleRate;
    if (frame.sampleRate !== this.#rate || frame.timestampMs > this.#endMs + LONGEST_JUMP_MS) return;
    this.#write(frame);
  }

  /** The samples of a track from one time to another: as many as that takes, silence where nothing came. */
  read(track: Track, fromMs: number, toMs: number): Int16Array<ArrayBuffer> {
    const from = this.#positionOf(fromMs);
    const codes = new Uint8Array(Math.max(0, this.#positionOf(toMs) - from)).fill(SILENCE);
    this.#each(from, codes.length, (piece, offset, at, length) => {
      const kept = this.#tracks[track].get(piece);
      if (kept) codes.set(kept.subarray(offset, offset + length), at);
    });
    return mulaw.decode(codes);
  }

  #write({ samples, timestampMs, track }: AudioFrame): void {
    const codes = mulaw.encode(samples);
    const pieces = this.#tracks[track];
    this.#each(this.#positionOf(timestampMs), codes.length, (piece, offset, at, length) => {
      const kept = pieces.get(piece) ?? new Uint8Array(PIECE).fill(SILENCE);
      pieces.set(piece, kept);
      kept.set(codes.subarray(at, at + length), offset);
    });
    const endMs = timestampMs + (1000 * samples.length) / this.sampleRate;
    this.#fromMs = Math.min(this.#fromMs ?? timestampMs, timestampMs);
    this.#endMs = Math.max(this.#endMs, endMs);
    this.#forget(pieces);
  }

  #forget(pieces: Map<number, Uint8Array>): void {
    const pieceMs = (1000 * PIECE) / this.sampleRate;
    const oldest = Math.floor(this.#endMs / pieceMs) - MOST_PIECES + 1;
    if (oldest <= 0) return;
    for (const piece of pieces.keys()) if (piece < oldest) pieces.delete(piece);
    this.#fromMs = Math.max(this.#fromMs ?? 0, oldest * pieceMs);
  }

  #positionOf(ms: number): number {
    return Math.max(0, Math.round((ms * this.sampleRate) / 1000));
  }

  /** Walks over the pieces under a stretch of samples. */
  #each(
    from: number,
    count: number,
    visit: (piece: number, offset: number, at: number, length: number) => void,
  ): void {
    for (let at = 0; at < count; ) {
      const piece = Math.floor((from + at) / PIECE);
      const offset = (from + at) % PIECE;
      const length = Math.min(PIECE - offset, count - at);
      visit(piece, offset, at, length);
      at += length;
    }
  }
}
