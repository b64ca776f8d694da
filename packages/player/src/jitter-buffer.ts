import type { Track } from '@patchcord/core';
import { Concealer } from './conceal.ts';
import { ASSUMED_MS, DelayTarget } from './delay-target.ts';
import { findLag, type Lag } from './pitch.ts';
import { BLOCK, CAPACITY, FADE, HISTORY, LONGEST_LAG, SAMPLES_PER_MS, SHORTEST_LAG } from './timing.ts';
import { TrackRing } from './track-ring.ts';

/** Sound is taken out above the target by this much, and put in when this much is lacking. */
const ABOVE_MS = 12;
const BELOW_MS = 3;

/** So much sound passes untouched between two stretches. */
const REST = 80 * SAMPLES_PER_MS;

/** No sound for this long: the link has stalled, and the buffer is filled anew. */
const STALL_MS = 400;
const STALL = STALL_MS * SAMPLES_PER_MS;

/** Further behind than this, and than three times the target: a jump, since stretching would take too long. */
const FAR_BEHIND_MS = 1000;
const FAR_BEHIND_TARGETS = 3;

/** Below this level (-40 dBFS) a cut of any length is not heard. */
const QUIET = 0.01;

/** Longest cut or repetition of quiet at once: 200 ms. */
const LONGEST_QUIET = 200 * SAMPLES_PER_MS;

/** Two pieces at least this alike are overlapped as one voice; others only when the delay is this far off. */
const ALIKE = 0.5;
const FAR_OFF_MS = 30;

/**
 * Outbound timestamps tell when the caller heard the sound, as far as is known then: they waver by some milliseconds while
 * the sound itself has no gap. A step of up to 50 ms on, or of less than a frame back, is taken as such.
 */
const WAVER = 50 * SAMPLES_PER_MS;

/** Silence and made-up sound are put together a millisecond at a time, so that sound begins as soon as it comes. */
const WAIT = SAMPLES_PER_MS;

const LONGEST_PIECE = Math.max(BLOCK, LONGEST_LAG);

/**
 * What the buffer does: nothing but play (`steady`), lose delay (`catching-up`), gain delay or wait for a start
 * (`filling`), or wait for a link that has stalled (`ran-dry`).
 */
export type BufferState = 'steady' | 'catching-up' | 'filling' | 'ran-dry';

/** How a `JitterBuffer` behaves. */
export interface JitterBufferOptions {
  /**
   * A fixed wait between the first sound's arrival and its playing, in milliseconds, with no stretching: for tests.
   * Without it, 100 ms at first, and then as much as the link's jitter asks for, from 40 ms to 1.5 s.
   */
  readonly delayMs?: number | undefined;
}

/** `empty`: nothing to play. `filling`: waits for its start. `dry`: has run out, and makes sound up. */
type Phase = 'empty' | 'filling' | 'playing' | 'dry';

/**
 * Turns two tracks that arrive irregularly into sound that plays regularly.
 *
 * Both tracks share one timeline and one play pointer. `inbound` arrives all the time and is the clock: where it lacks
 * sound, sound is made up and counted. `outbound` is there only while something is played to the caller; elsewhere
 * it is silence. On an even link samples come out as they went in, bit for bit.
 *
 * Time is passed in, in milliseconds of the clock that plays (an AudioContext's `currentTime`). Neither `push` nor `read`
 * makes garbage.
 */
export class JitterBuffer {
  readonly #fixedMs: number | undefined;
  readonly #inbound = new TrackRing();
  readonly #outbound = new TrackRing();
  readonly #inboundConcealer = new Concealer();
  readonly #outboundConcealer = new Concealer();
  readonly #target = new DelayTarget();

  #phase: Phase = 'empty';
  /** The track whose end is the end of what can be played. */
  #clock: Track = 'inbound';
  /** Inbound sound is expected from this place on. */
  #expectedFrom = 0;
  #hasPlayed = false;
  #ended = false;
  #stalled = false;
  #startAtMs = 0;
  /** Place on the timeline of the next sample put together. */
  #pointer = 0;
  /** What was played since this place was quiet. */
  #quietSince = 0;
  #sinceStretch = REST;
  #drySamples = 0;
  #delayMs = 0;
  #steering: 'steady' | 'catching-up' | 'filling' = 'steady';

  /** A piece put together and not yet read whole. */
  readonly #inboundPiece = new Float32Array(LONGEST_PIECE);
  readonly #outboundPiece = new Float32Array(LONGEST_PIECE);
  #pieceLength = 0;
  #pieceAt = 0;

  readonly #mix = new Float32Array(BLOCK + LONGEST_LAG);
  readonly #found: Lag = { samples: LONGEST_LAG, likeness: 0 };

  #playedSamples = 0;
  #concealedSamples = 0;
  #lateSamples = 0;
  #underruns = 0;
  #stretches = 0;
  #jumps = 0;

  constructor({ delayMs }: JitterBufferOptions = {}) {
    this.#fixedMs = delayMs;
  }

  get state(): BufferState {
    if (this.#phase === 'playing') return this.#steering;
    return this.#phase === 'dry' || this.#stalled ? 'ran-dry' : 'filling';
  }

  /** How long the sound that came fastest waits before it is played, in milliseconds; 0 while nothing plays. */
  get delayMs(): number {
    return this.#phase === 'playing' || this.#phase === 'dry' ? this.#delayMs : 0;
  }

  /** Samples of the timeline that were played. */
  get playedSamples(): number {
    return this.#playedSamples;
  }

  /** Samples made up where inbound sound was expected and had not come. */
  get concealedSamples(): number {
    return this.#concealedSamples;
  }

  /** Samples, of either track, that came after their time. */
  get lateSamples(): number {
    return this.#lateSamples;
  }

  /** How often inbound sound ran out while the call was on. */
  get underruns(): number {
    return this.#underruns;
  }

  /** How often sound was taken out or put in to hold the delay. */
  get stretches(): number {
    return this.#stretches;
  }

  /** How often sound was skipped because it lay too far behind. */
  get jumps(): number {
    return this.#jumps;
  }

  /**
   * Takes sound of 8000 Hz, mono, at most one second of it, and copies it.
   *
   * @param timestampMs its place on the call's timeline, which both tracks share
   * @param nowMs when it arrived, by the clock that plays
   */
  push(track: Track, timestampMs: number, samples: Int16Array | Float32Array, nowMs: number): void {
    const { length } = samples;
    if (length === 0 || length > HISTORY || !Number.isFinite(timestampMs)) return;
    const stamped = Math.round(timestampMs * SAMPLES_PER_MS);
    const position = track === 'outbound' ? this.#joined(stamped, length) : stamped;
    const isClock = track === 'inbound' || this.#clock === 'outbound' || this.#phase === 'empty';
    if (this.#started && !this.#isNear(position + length)) {
      // A timeline that jumps is a new one. The track that is not the clock cannot turn it.
      if (!isClock) {
        this.#lateSamples += length;
        return;
      }
      // After a stall what waited may reach further than the buffer: the timeline jumps, and the link has still stalled.
      const stalled = this.#stalled;
      this.#forget();
      this.#stalled = stalled;
    }
    // What waited behind a stall says nothing about the jitter.
    if (!this.#stalled) this.#target.add(track, position / SAMPLES_PER_MS, nowMs);
    if (this.#hasPlayed && position < this.#pointer) {
      this.#lateSamples += Math.min(length, this.#pointer - position);
    }
    const ring = track === 'inbound' ? this.#inbound : this.#outbound;
    ring.write(position, samples);
    this.#ended = false;

    if (this.#phase === 'empty') {
      if (this.#hasPlayed && position + length <= this.#pointer) return;
      this.#clock = track;
      this.#fill(position, nowMs);
    } else if (track === 'inbound' && this.#clock === 'outbound') {
      this.#clock = 'inbound';
      if (this.#phase === 'filling') this.#fill(position, nowMs);
      this.#expectedFrom = position;
    }
  }

  /** No more sound will come: what is held is played, and the silence after it is no loss. */
  end(): void {
    this.#ended = true;
  }

  /** Forgets the sound, what was learnt about the link, and all counts. */
  reset(): void {
    this.#forget();
    this.#pieceAt = this.#pieceLength;
    this.#playedSamples = 0;
    this.#concealedSamples = 0;
    this.#lateSamples = 0;
    this.#underruns = 0;
    this.#stretches = 0;
    this.#jumps = 0;
  }

  /**
   * Hands out the next samples of both tracks.
   *
   * @param length how many; both arrays are filled from 0 to here
   * @param nowMs when the first of them is played, by the clock that plays
   */
  read(inbound: Float32Array, outbound: Float32Array, length: number, nowMs: number): void {
    for (let at = 0; at < length; at++) {
      if (this.#pieceAt === this.#pieceLength) this.#assemble(nowMs + at / SAMPLES_PER_MS);
      inbound[at] = this.#inboundPiece[this.#pieceAt] as number;
      outbound[at] = this.#outboundPiece[this.#pieceAt] as number;
      this.#pieceAt++;
    }
  }

  get #started(): boolean {
    return !this.#inbound.empty || !this.#outbound.empty;
  }

  /** Samples from the play pointer to the end of what has come. */
  get #available(): number {
    return (this.#clock === 'inbound' ? this.#inbound : this.#outbound).end - this.#pointer;
  }

  /** The place right behind the outbound sound before, where the timestamp is near it. */
  #joined(position: number, length: number): number {
    if (this.#outbound.empty) return position;
    const behind = this.#outbound.end;
    const step = position - behind;
    if (step > WAVER || step <= -length) return position;
    // Where silence was played already, there is nothing to join.
    return step > 0 && this.#hasPlayed && behind < this.#pointer ? position : behind;
  }

  #isNear(end: number): boolean {
    return end >= this.#pointer - HISTORY && end <= this.#pointer + CAPACITY - HISTORY;
  }

  /** Waits to play from this place on. */
  #fill(position: number, nowMs: number): void {
    this.#phase = 'filling';
    this.#startAtMs = nowMs + (this.#fixedMs ?? Math.max(ASSUMED_MS, this.#target.needMs));
    this.#pointer = this.#hasPlayed ? Math.max(this.#pointer, position) : position;
    this.#expectedFrom = this.#pointer;
    this.#quietSince = this.#pointer;
  }

  #forget(): void {
    this.#inbound.clear();
    this.#outbound.clear();
    this.#inboundConcealer.stop();
    this.#outboundConcealer.stop();
    this.#target.clear();
    this.#phase = 'empty';
    this.#clock = 'inbound';
    this.#hasPlayed = false;
    this.#ended = false;
    this.#stalled = false;
    this.#steering = 'steady';
    this.#sinceStretch = REST;
  }

  /** Puts the next piece together, to be played at `nowMs`. */
  #assemble(nowMs: number): void {
    this.#pieceAt = 0;
    if (this.#phase === 'filling' && this.#mayStart(nowMs)) this.#start();
    if (this.#phase === 'empty' || this.#phase === 'filling') {
      this.#silence();
      return;
    }
    if (this.#available <= 0) {
      this.#runDry();
      return;
    }
    this.#phase = 'playing';
    this.#delayMs = this.#target.delayMs(this.#pointer / SAMPLES_PER_MS, nowMs);
    if (this.#clock === 'inbound' && !this.#inboundConcealer.active && this.#steer()) return;
    this.#play(Math.min(BLOCK, this.#available));
  }

  /** Half of the wait has to be there as sound, or be known not to come. */
  #mayStart(nowMs: number): boolean {
    const waitedMs = nowMs - this.#startAtMs;
    if (waitedMs < 0) return false;
    const enough = ((this.#fixedMs ?? ASSUMED_MS) / 2) * SAMPLES_PER_MS;
    return this.#available >= enough || this.#ended || waitedMs >= STALL_MS;
  }

  #start(): void {
    this.#phase = 'playing';
    this.#hasPlayed = true;
    this.#stalled = false;
  }

  #silence(): void {
    this.#inboundPiece.fill(0, 0, WAIT);
    this.#outboundPiece.fill(0, 0, WAIT);
    this.#pieceLength = WAIT;
  }

  /** The end of what has come: makes sound up for as long as the link may only be late, and holds the pointer. */
  #runDry(): void {
    const expected = this.#clock === 'inbound' && !this.#ended;
    if (!expected || (this.#phase === 'dry' && this.#drySamples >= STALL)) {
      this.#phase = 'empty';
      this.#stalled = expected;
      this.#silence();
      return;
    }
    if (this.#phase !== 'dry') {
      this.#phase = 'dry';
      this.#underruns++;
      this.#drySamples = 0;
      if (!this.#inboundConcealer.active) this.#inboundConcealer.start(this.#inbound, this.#pointer);
      if (!this.#outboundConcealer.active) this.#outboundConcealer.start(this.#outbound, this.#pointer);
    }
    for (let i = 0; i < WAIT; i++) {
      this.#inboundPiece[i] = this.#inboundConcealer.next();
      this.#outboundPiece[i] = this.#outboundConcealer.next();
    }
    this.#pieceLength = WAIT;
    this.#drySamples += WAIT;
    this.#concealedSamples += WAIT;
    this.#quietSince = this.#pointer;
  }

  /** What has come, as it came; and where inbound sound lacks, sound made up. */
  #play(limit: number): void {
    const isMissing =
      this.#clock === 'inbound' && this.#pointer >= this.#expectedFrom && !this.#inbound.has(this.#pointer);
    const length = this.#inbound.run(this.#pointer, limit);
    for (let i = 0; i < length; i++) {
      this.#inboundPiece[i] = this.#inbound.at(this.#pointer + i);
      this.#outboundPiece[i] = this.#outbound.at(this.#pointer + i);
    }
    if (isMissing) {
      if (!this.#inboundConcealer.active) this.#inboundConcealer.start(this.#inbound, this.#pointer);
      for (let i = 0; i < length; i++) this.#inboundPiece[i] = this.#inboundConcealer.next();
      this.#concealedSamples += length;
    } else {
      fadeBack(this.#inboundConcealer, this.#inboundPiece, length);
      this.#playedSamples += length;
    }
    fadeBack(this.#outboundConcealer, this.#outboundPiece, length);
    this.#pieceLength = length;
    this.#pointer += length;
    this.#sinceStretch += length;
    if (isMissing || !this.#isQuietPiece(length)) this.#quietSince = this.#pointer;
  }

  /** Brings the playout delay nearer to its target by one cut or repetition. False when nothing is to be done. */
  #steer(): boolean {
    const delayMs = this.#delayMs;
    const targetMs = this.#fixedMs ?? this.#target.targetMs;
    if (delayMs > FAR_BEHIND_MS && delayMs > FAR_BEHIND_TARGETS * targetMs)
      return this.#jump(delayMs - targetMs);
    if (this.#fixedMs !== undefined) return false;
    if (delayMs > targetMs + ABOVE_MS) {
      this.#steering = 'catching-up';
      return this.#cut(delayMs - targetMs);
    }
    const lackMs = this.#target.needMs - delayMs;
    if (lackMs > BELOW_MS) {
      this.#steering = 'filling';
      return this.#repeat(lackMs);
    }
    this.#steering = 'steady';
    return false;
  }

  #jump(ms: number): boolean {
    const shift = Math.min(Math.round(ms * SAMPLES_PER_MS), this.#available - FADE);
    if (shift <= 0) return false;
    this.#jumps++;
    this.#splice(shift, FADE);
    return true;
  }

  #cut(ms: number): boolean {
    const wanted = Math.min(Math.round(ms * SAMPLES_PER_MS), LONGEST_QUIET);
    const quiet = this.#quietAhead(wanted + FADE) - FADE;
    if (quiet >= SHORTEST_LAG) {
      this.#stretches++;
      this.#splice(quiet, FADE);
      return true;
    }
    if (this.#sinceStretch < REST || this.#available < 2 * LONGEST_LAG) return false;
    if (!this.#inbound.hasAll(this.#pointer, 2 * LONGEST_LAG)) return false;
    this.#mixFrom(this.#pointer, BLOCK + LONGEST_LAG);
    findLag(this.#mix, 0, BLOCK, 1, this.#found);
    if (this.#found.likeness < ALIKE && ms < FAR_OFF_MS) return false;
    this.#stretches++;
    this.#splice(this.#found.samples, this.#found.samples);
    return true;
  }

  #repeat(ms: number): boolean {
    const available = this.#available;
    if (available < FADE) return false;
    const wanted = Math.round(ms * SAMPLES_PER_MS);
    const quiet = Math.min(wanted, LONGEST_QUIET, this.#pointer - this.#quietSince);
    if (
      quiet >= SHORTEST_LAG &&
      this.#quietAhead(FADE) === FADE &&
      this.#inbound.hasAll(this.#pointer - quiet, quiet)
    ) {
      this.#stretches++;
      this.#splice(-quiet, FADE);
      return true;
    }
    if (this.#sinceStretch < REST) return false;
    const width = Math.min(BLOCK, available);
    if (!this.#inbound.hasAll(this.#pointer - LONGEST_LAG, LONGEST_LAG + width)) return false;
    this.#mixFrom(this.#pointer - LONGEST_LAG, LONGEST_LAG + width);
    findLag(this.#mix, LONGEST_LAG, width, -1, this.#found);
    if (this.#found.likeness < ALIKE && ms < FAR_OFF_MS) return false;
    this.#stretches++;
    this.#splice(-this.#found.samples, Math.min(this.#found.samples, available));
    return true;
  }

  /** Goes on `shift` samples further along the timeline, or back, with an overlap. */
  #splice(shift: number, overlap: number): void {
    const there = this.#pointer + shift;
    for (let i = 0; i < overlap; i++) {
      const weight = (i + 0.5) / overlap;
      this.#inboundPiece[i] = blend(this.#inbound.at(this.#pointer + i), this.#inbound.at(there + i), weight);
      this.#outboundPiece[i] = blend(
        this.#outbound.at(this.#pointer + i),
        this.#outbound.at(there + i),
        weight,
      );
    }
    this.#pieceLength = overlap;
    this.#pointer = there + overlap;
    this.#playedSamples += overlap;
    this.#sinceStretch = 0;
    if (shift > 0 || !this.#isQuietPiece(overlap)) this.#quietSince = this.#pointer;
  }

  #mixFrom(position: number, length: number): void {
    for (let i = 0; i < length; i++) {
      this.#mix[i] = this.#inbound.at(position + i) + this.#outbound.at(position + i);
    }
  }

  /** How much quiet lies ahead on both tracks, at most `limit`. */
  #quietAhead(limit: number): number {
    const most = Math.min(limit, this.#available);
    let length = 0;
    while (length < most) {
      const position = this.#pointer + length;
      if (!this.#inbound.has(position)) break;
      if (Math.abs(this.#inbound.at(position)) >= QUIET) break;
      if (Math.abs(this.#outbound.at(position)) >= QUIET) break;
      length++;
    }
    return length;
  }

  #isQuietPiece(length: number): boolean {
    for (let i = 0; i < length; i++) {
      if (Math.abs(this.#inboundPiece[i] as number) >= QUIET) return false;
      if (Math.abs(this.#outboundPiece[i] as number) >= QUIET) return false;
    }
    return true;
  }
}

const blend = (from: number, to: number, weight: number): number => from + (to - from) * weight;

/** Cross-fades from sound made up to the sound that is there again. */
function fadeBack(concealer: Concealer, piece: Float32Array, length: number): void {
  if (!concealer.active) return;
  const fade = Math.min(FADE, length);
  for (let i = 0; i < fade; i++) piece[i] = blend(concealer.next(), piece[i] as number, (i + 0.5) / fade);
  concealer.stop();
}
