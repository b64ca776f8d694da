/**
 * One call as its observers know it: what it is, what happened so far, how it sounds.
 *
 * @module
 */

import {
  type AudioFrame,
  type Call,
  type CallEnd,
  type CallWarningEvent,
  type Clock,
  durationMs,
  type Frame,
  mulaw,
  type Phase,
  type Track,
  type UnknownFrame,
} from '@patchcord/core';
import { CallBarge, hangUp, type SayHandler, say } from './control.ts';
import type { Actor, BargeEvents, Barging, FollowedCall, Hear, HeardAudio, Tell } from './followed-call.ts';
import { LevelMeter } from './levels.ts';
import { type Turn, TurnFinder } from './turns.ts';
import type { CallEvent, CallLevels, CallSummary } from './wire/messages.ts';

/** Events of a call that are kept: the oldest go first. */
const MAX_EVENTS = 1000;

/** Cleared audio that comes within this time belongs to one cut, in milliseconds. */
const CUT_MS = 20;

/** Sound goes to listeners in packets of this length, in milliseconds. */
const PACKET_MS = 20;

/** Of the silence in a gap, which comes all at once when the gap is over, listeners get the end: half of what their queues take. */
const MAX_CONCEALED_PACKETS = 25;

/** Longest words of one publication, in characters. */
const MAX_WORDS = 1000;

/** Longest name, and longest message in JSON, of an event that nobody has a word for, in characters. */
const MAX_UNKNOWN_NAME = 100;
const MAX_UNKNOWN_MESSAGE = 2000;

/** What is known of a call beside its frames. */
export interface WatchOptions {
  /** What the app calls the call, such as the agent's name. */
  readonly label?: string;
  /** The caller's number, where the wire does not tell it. */
  readonly from?: string;
  /** The called number, where the wire does not tell it. */
  readonly to?: string;
  /**
   * Takes a text that somebody of the monitor sends to the app of this call, up to 1,000 characters: a hint for the agent,
   * say. Needs the scope `control`. Who sent it is told as far as the ticket says. Until its promise settles (9 s at
   * most) the sender waits; a rejection is told to the sender as a failure, without its words.
   */
  readonly onSay?: SayHandler;
}

/** What a watched call needs of its surroundings. */
export interface WatchSurroundings {
  readonly clock: Clock;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly gateway?: string | undefined;
  /** The summary has changed, or the call has ended. */
  readonly onChange: (call: WatchedCall) => void;
}

/** Observes one call. Whatever a listener does, nothing here waits and nothing throws into the call. */
export class WatchedCall implements FollowedCall {
  readonly id: string;
  readonly call: Call;
  readonly #hears = new Set<Hear>();
  readonly #tells = new Set<Tell>();
  readonly #onSay: SayHandler | undefined;
  #barge: CallBarge | undefined;
  /** Whether levels are wanted. */
  metering = false;
  readonly #surroundings: WatchSurroundings;
  readonly #turns: Record<Track, TurnFinder>;
  readonly #meters: Record<Track, LevelMeter> = { inbound: new LevelMeter(), outbound: new LevelMeter() };
  #summary: CallSummary;
  #events: CallEvent[] = [];
  #nextEvent = 0;
  readonly #gaps: Record<Track, { readonly timestampMs: number; durationMs: number } | undefined> = {
    inbound: undefined,
    outbound: undefined,
  };
  #cut: { readonly timestampMs: number; unheardMs: number; readonly cancel: () => void } | undefined;
  #unobserve: (() => void) | undefined;

  constructor(id: string, call: Call, options: WatchOptions, surroundings: WatchSurroundings) {
    this.id = id;
    this.call = call;
    this.#onSay = options.onSay;
    this.#surroundings = surroundings;
    const { info } = call;
    const { sampleRate } = info.format;
    this.#turns = { inbound: new TurnFinder(sampleRate), outbound: new TurnFinder(sampleRate) };
    const from = options.from ?? info.from;
    const to = options.to ?? info.to;
    this.#summary = {
      callId: id,
      streamId: info.streamId,
      provider: info.provider,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(options.label !== undefined && { label: options.label }),
      format: info.format,
      tracks: info.tracks,
      startedAtMs: Math.round(surroundings.now() - call.timestampMs),
      state: 'up',
      warnings: 0,
      canHangUp: false,
      speaking: [],
      ...(surroundings.gateway !== undefined && { gateway: surroundings.gateway }),
    };
    this.#unobserve = call.observe((frame, phase) => this.#observe(frame, phase), { at: 'wire' });
    call.addEventListener('warning', this.#onWarning);
    call.closed.then((end) => this.#end(end));
  }

  get summary(): CallSummary {
    return this.#summary;
  }

  /** Number of the event that comes next; the first of a call had 0. */
  get nextEvent(): number {
    return this.#nextEvent;
  }

  /** The events from a number on, oldest first, as far as they are kept. */
  eventsFrom(from: number): readonly CallEvent[] {
    const missed = Math.max(0, this.#nextEvent - from);
    return missed === 0 ? [] : this.#events.slice(-missed);
  }

  listen(hear: Hear): () => void {
    if (this.#summary.state === 'up') this.#hears.add(hear);
    return () => this.#hears.delete(hear);
  }

  follow(from: number, tell: Tell, over: () => void): () => void {
    tell(this.eventsFrom(from), this.#nextEvent);
    if (this.#summary.state === 'up') this.#tells.add(tell);
    else over();
    return () => this.#tells.delete(tell);
  }

  hangUp(): Promise<string | undefined> {
    if (this.#summary.state === 'ended') return Promise.resolve(undefined);
    return hangUp(this.call, this.#surroundings.clock);
  }

  say(text: string, actor: Actor): Promise<string | undefined> {
    if (this.#summary.state === 'ended') return Promise.resolve('The call is over.');
    return say(this.#onSay, text, actor, this.#surroundings.clock);
  }

  barge(_actor: Actor, events: BargeEvents): Barging {
    if (this.#barge || this.#summary.state === 'ended') {
      if (this.#barge) events.failed('Somebody else speaks to this caller already.');
      else events.over();
      return { write() {}, stop() {} };
    }
    const barge = new CallBarge(this.call, this.#surroundings.clock, events, () => {
      this.#barge = undefined;
      this.#tell({ kind: 'barge', timestampMs: this.call.timestampMs, state: 'stopped' });
    });
    this.#barge = barge;
    this.#tell({ kind: 'barge', timestampMs: this.call.timestampMs, state: 'started' });
    events.opened();
    return barge;
  }

  /** Loudness since the last reading. */
  readLevels(): CallLevels {
    return { callId: this.id, inbound: this.#meters.inbound.read(), outbound: this.#meters.outbound.read() };
  }

  /** Adds words to the events. */
  publish(words: string, track: Track, timestampMs: number): void {
    if (this.#summary.state === 'ended') return;
    const told = words.length > MAX_WORDS ? `${words.slice(0, MAX_WORDS)}…` : words;
    this.#tell({ kind: 'words', timestampMs, track, words: told });
  }

  /** Stops observing. The call goes on. */
  release(): void {
    this.#unobserve?.();
    this.#unobserve = undefined;
    this.call.removeEventListener('warning', this.#onWarning);
    this.#cut?.cancel();
    this.#barge?.stop();
    this.#hears.clear();
    this.#tells.clear();
  }

  #observe(frame: Frame, phase: Phase): void {
    if (frame.kind === 'audio') {
      if (phase === 'received') this.#hear(frame, frame.track, frame.concealed === true);
      // Whatever track an app's frame says, what the caller has heard is the outbound one.
      else if (phase === 'played') this.#hear(frame, 'outbound', false);
      else if (phase === 'cleared') this.#noteCut(frame);
      return;
    }
    switch (frame.kind) {
      case 'start':
      case 'message':
        return; // parameters and the app's own messages are nobody else's
      case 'mark':
        // Told when its fate is known: `sent` says nothing yet, and that it came back is the same news twice.
        if (phase === 'sent' || phase === 'received') return;
        break;
      case 'clear':
        if (phase !== 'sent' && phase !== 'received') return;
        break;
      default:
        if (phase !== 'received') return;
    }
    const told = frame.kind === 'unknown' ? shortened(frame) : frame;
    this.#tell({ kind: 'frame', frame: told, phase, timestampMs: this.call.timestampMs });
  }

  #hear(frame: AudioFrame, track: Track, concealed: boolean): void {
    const samples = monoOf(frame);
    const { timestampMs, sampleRate } = frame;
    const lengthMs = durationMs(frame);
    if (track === 'inbound') this.#noteTurn(this.#turns.outbound.passTime(timestampMs), 'outbound');
    this.#noteGap(track, concealed, timestampMs, lengthMs);
    if (!concealed) {
      const spoke = this.#turns[track].speaking;
      this.#noteTurn(this.#turns[track].push(samples, timestampMs, lengthMs), track);
      if (this.#turns[track].speaking !== spoke) this.#noteSpeaking();
      if (this.metering) this.#meters[track].push(samples);
    }
    if (this.#hears.size === 0) return;
    const codes = mulaw.encode(samples);
    const step = Math.max(1, Math.round((sampleRate * PACKET_MS) / 1000));
    const told = concealed ? Math.max(0, codes.length - step * MAX_CONCEALED_PACKETS) : 0;
    for (let at = told; at < codes.length; at += step) {
      const audio: HeardAudio = {
        track,
        timestampMs: timestampMs + (1000 * at) / sampleRate,
        concealed,
        sampleRate,
        codes: codes.subarray(at, at + step),
      };
      for (const hear of this.#hears) hear(audio);
    }
  }

  #noteTurn(turn: Turn | undefined, track: Track): void {
    if (turn === undefined) return;
    this.#tell({ kind: 'turn', ...turn, track });
    this.#noteSpeaking();
  }

  #noteSpeaking(): void {
    const speaking = (['inbound', 'outbound'] as const).filter((track) => this.#turns[track].speaking);
    this.#change({ speaking });
  }

  #noteGap(track: Track, concealed: boolean, timestampMs: number, lengthMs: number): void {
    if (concealed) {
      this.#gaps[track] ??= { timestampMs, durationMs: 0 };
      this.#gaps[track].durationMs += lengthMs;
      return;
    }
    const gap = this.#gaps[track];
    if (gap === undefined) return;
    this.#gaps[track] = undefined;
    this.#tell({ kind: 'gap', ...gap, track });
  }

  #noteCut(frame: AudioFrame): void {
    this.#cut ??= {
      timestampMs: frame.timestampMs,
      unheardMs: 0,
      cancel: this.#surroundings.clock.after(CUT_MS, () => this.#tellCut()),
    };
    this.#cut.unheardMs += durationMs(frame);
  }

  #tellCut(): void {
    if (this.#cut === undefined) return;
    const { timestampMs, unheardMs, cancel } = this.#cut;
    cancel();
    this.#cut = undefined;
    this.#tell({ kind: 'cut', timestampMs, unheardMs });
  }

  readonly #onWarning = ({ warning }: CallWarningEvent): void => {
    this.#tell({ kind: 'warning', timestampMs: warning.timestampMs, warning });
    this.#change({ warnings: this.#summary.warnings + 1 });
  };

  #end({ reason, message, durationMs: timestampMs }: CallEnd): void {
    if (this.#unobserve === undefined) return;
    this.#tellCut();
    this.#barge?.over();
    for (const track of ['inbound', 'outbound'] as const) {
      this.#noteGap(track, false, timestampMs, 0);
      this.#noteTurn(this.#turns[track].end(), track);
    }
    this.#tell({ kind: 'ended', timestampMs, reason, message });
    this.#change({
      state: 'ended',
      endedAtMs: Math.round(this.#surroundings.now()),
      endReason: reason,
      speaking: [],
    });
    this.release();
  }

  #change(changed: Partial<CallSummary>): void {
    this.#summary = { ...this.#summary, ...changed };
    this.#surroundings.onChange(this);
  }

  #tell(event: CallEvent): void {
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    this.#nextEvent++;
    for (const tell of this.#tells) tell([event], this.#nextEvent);
  }
}

/** The event as it is kept: whoever calls decides how long it is, and events are kept by number. */
function shortened({ kind, event, message }: UnknownFrame): UnknownFrame {
  const isLong = JSON.stringify(message).length > MAX_UNKNOWN_MESSAGE;
  // Not a slice of the name: engines keep the whole string behind one.
  return { kind, event: event.length > MAX_UNKNOWN_NAME ? '…' : event, message: isLong ? null : message };
}

/** One channel of what the frame holds: the wire to listeners has no more. */
function monoOf({ samples, channels }: AudioFrame): Int16Array {
  if (channels === 1) return samples;
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[i * channels + channel] ?? 0;
    mono[i] = Math.round(sum / channels);
  }
  return mono;
}
