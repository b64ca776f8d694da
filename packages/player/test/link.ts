import type { Track } from '@patchcord/core';
import type { JitterBuffer } from '../src/index.ts';

const FRAME = 160;
const FRAME_MS = 20;

/** A seeded generator of numbers from 0 to 1. */
export function random(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function noise(seed: number, length: number, level = 0.5): Int16Array<ArrayBuffer> {
  const next = random(seed);
  const sound = new Int16Array(length);
  for (let i = 0; i < length; i++) sound[i] = Math.round((next() * 2 - 1) * level * 32767) || 1;
  return sound;
}

export function sine(frequency: number, length: number): Int16Array<ArrayBuffer> {
  const sound = new Int16Array(length);
  for (let i = 0; i < length; i++)
    sound[i] = Math.round(16_000 * Math.sin((2 * Math.PI * frequency * i) / 8000));
  return sound;
}

/** Samples as they are heard. */
export function asHeard(samples: Int16Array): Float32Array {
  const sound = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) sound[i] = (samples[i] as number) / 32768;
  return sound;
}

export function largestSecondDifference(sound: Float32Array): number {
  let largest = 0;
  for (let i = 2; i < sound.length; i++) {
    const bend = (sound[i] as number) - 2 * (sound[i - 1] as number) + (sound[i - 2] as number);
    largest = Math.max(largest, Math.abs(bend));
  }
  return largest;
}

interface LinkOptions {
  /** Samples read at once. */
  readonly quantum?: number;
  /** Each frame is late by 0 to this much, in order. */
  readonly jitterMs?: number;
  /** How much faster the sender's clock is. */
  readonly ppm?: number;
  readonly seed?: number;
}

interface SendOptions {
  readonly fromMs?: number;
  readonly transitMs?: number;
  /** Frames that arrive together. */
  readonly burst?: number;
  readonly timestampOffsetMs?: number;
  /** Timestamps are off by up to this much, either way. */
  readonly waverMs?: number;
  readonly lose?: (index: number) => boolean;
  readonly stall?: { readonly fromMs: number; readonly toMs: number };
}

interface Arrival {
  readonly atMs: number;
  readonly arrive: () => void;
}

/** A link with a virtual clock between a call and its jitter buffer. */
export class Link {
  readonly buffer: JitterBuffer;
  readonly #options: Required<LinkOptions>;
  readonly #random: () => number;
  #arrivals: Arrival[] = [];
  #nowMs = 0;

  constructor(buffer: JitterBuffer, options: LinkOptions = {}) {
    this.buffer = buffer;
    this.#options = { quantum: 21, jitterMs: 0, ppm: 0, seed: 0, ...options };
    this.#random = random(this.#options.seed);
  }

  /** Sends sound in frames of 20 ms, each when it was spoken. */
  send(track: Track, sound: Int16Array, options: SendOptions = {}): void {
    const { fromMs = 0, transitMs = 0, burst = 1, timestampOffsetMs = 0, waverMs = 0, lose, stall } = options;
    let lastMs = 0;
    for (let index = 0; index * FRAME < sound.length; index++) {
      const samples = sound.slice(index * FRAME, (index + 1) * FRAME);
      const sentWith = Math.ceil((index + 1) / burst) * burst - 1;
      const spokenMs = (fromMs + (sentWith + 1) * FRAME_MS) / (1 + this.#options.ppm / 1e6);
      let atMs = spokenMs + transitMs + this.#random() * this.#options.jitterMs;
      if (stall && atMs >= stall.fromMs) atMs = Math.max(atMs, stall.toMs);
      atMs = Math.max(atMs, lastMs);
      lastMs = atMs;
      if (lose?.(index)) continue;
      const waver = waverMs === 0 ? 0 : (2 * this.#random() - 1) * waverMs;
      const timestampMs = fromMs + index * FRAME_MS + timestampOffsetMs + waver;
      this.#arrivals.push({ atMs, arrive: () => this.buffer.push(track, timestampMs, samples, atMs) });
    }
  }

  /** Closes the stream after what was sent until then. */
  end(afterMs: number): void {
    this.#arrivals.push({ atMs: afterMs + this.#options.jitterMs + 20, arrive: () => this.buffer.end() });
  }

  /** Plays for so long, and gives back what was heard. */
  play(ms: number): { inbound: Float32Array; outbound: Float32Array } {
    const { quantum } = this.#options;
    this.#arrivals.sort((a, b) => a.atMs - b.atMs);
    const length = Math.ceil((ms * 8) / quantum) * quantum;
    const inbound = new Float32Array(length);
    const outbound = new Float32Array(length);
    let due = 0;
    for (let at = 0; at < length; at += quantum) {
      for (; (this.#arrivals[due]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs; due++) {
        this.#arrivals[due]?.arrive();
      }
      this.buffer.read(inbound.subarray(at), outbound.subarray(at), quantum, this.#nowMs);
      this.#nowMs += quantum / 8;
    }
    this.#arrivals = this.#arrivals.slice(due);
    return { inbound, outbound };
  }
}

/** Something like speech: voiced words whose pitch wanders, and pauses in which the room is heard. */
export function voice(seed: number, length: number): Int16Array<ArrayBuffer> {
  const next = random(seed);
  const sound = new Int16Array(length);
  let phase = 0;
  let pitch = 140;
  let left = 0;
  let loud = 0;
  for (let i = 0; i < length; i++) {
    if (left-- <= 0) {
      loud = loud > 0 ? 0 : 3000 + 5000 * next();
      left = loud > 0 ? 2000 + 6000 * next() : 1000 + 4000 * next();
      pitch = 100 + 120 * next();
    }
    phase += (2 * Math.PI * pitch * (1 + 0.05 * Math.sin(i / 2500))) / 8000;
    const voiced = Math.sin(phase) + Math.sin(2 * phase + 1) / 2 + Math.sin(5 * phase + 2) / 4;
    sound[i] = Math.round(loud * voiced + 20 * (next() - 0.5)) || 1;
  }
  return sound;
}
