import {
  type AudioFrame,
  type Clock,
  type DtmfDigit,
  dtmfTone,
  type FrameFromCall,
  type FrameSerializer,
  type FrameToCall,
  MediaError,
  type Track,
  twilio,
  type WireMessage,
} from '@patchcord/core';
import { captureSocket } from './capture-socket.ts';
import { createEar, type Ear } from './ear.ts';
import { Notice, type PhoneEnd, type PhoneEvent, type PhoneEventMap } from './events.ts';
import { createCutter, createGaps, type FaultListener, type TimedSamples } from './faults.ts';
import { FaultySocket } from './faulty-socket.ts';
import { customParameters, MAX_MESSAGE_BYTES } from './habits.ts';
import { createKeypad, parseKeys } from './keypad.ts';
import { createMouth, type Mouth } from './mouth.ts';
import type { Phone, PhoneOptions, PhoneSocket, WaitOptions } from './phone.ts';
import { createPlayout, type MarkEcho, type Playout } from './playout.ts';
import { LINE_RATE, type Sound, toLineSamples } from './sound.ts';
import { createWaits, type Waits } from './waits.ts';
import {
  MARK_NAME_TAKEN,
  MARK_NAME_TOO_LONG,
  type PhoneWarning,
  SENT_ON_UNIDIRECTIONAL_STREAM,
  TOO_MANY_MARKS_QUEUED,
  TOO_MUCH_AUDIO_QUEUED,
  understand,
} from './warnings.ts';

const FRAME_MS = 20;
const FRAME_LENGTH = (LINE_RATE * FRAME_MS) / 1000;

/** After a longer stall than this the line has lost audio: timestamps jump, in place of a flood. */
const MAX_CATCH_UP_MS = 5000;

/** Messages for the app that it has not read: about 90 s of audio. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** How long a closing socket is waited for. */
const CLOSE_TIMEOUT_MS = 2500;

/** How long the tone of a key is heard. */
const KEY_TONE_MS = 100;

const MAX_EVENTS = 100_000;
const MAX_WAITING_KEYS = 1000;
const MAX_WAITING_SAMPLES = 3600 * LINE_RATE;

/** Close codes of RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
const ABNORMAL_CLOSURE = 1006;
/** Twilio's own code after its 31924 is not known; the RFC's word for it is the protocol error. */
const PROTOCOL_ERROR = 1002;
const MESSAGE_TOO_BIG = 1009;

/** A call on a socket, as Twilio conducts it: every 20 ms a message each way, by absolute deadlines. */
export class Line implements Phone {
  readonly callSid: string;
  readonly streamSid: string;
  readonly closed: Promise<PhoneEnd>;

  readonly #socket: PhoneSocket;
  readonly #clock: Clock;
  readonly #options: PhoneOptions;
  readonly #tracks: readonly Track[];
  readonly #serializer: FrameSerializer<FrameToCall, FrameFromCall> = twilio.createProviderSerializer();
  readonly #playout: Playout;
  readonly #ear: Ear;
  readonly #mouths: ReadonlyMap<Track, Mouth>;
  readonly #keypad = createKeypad();
  readonly #waits: Waits;
  readonly #listeners = new EventTarget();
  readonly #events: PhoneEvent[] = [];
  readonly #warnings: PhoneWarning[] = [];
  #rejectedMessages = 0;
  /** What happens to audio on purpose. */
  readonly #isMissing: (timestampMs: number) => boolean;
  readonly #cutters: ReadonlyMap<Track, (piece: TimedSamples) => TimedSamples[]>;
  readonly #chunks: Record<Track, number> = { inbound: 0, outbound: 0 };
  /** Tones of keys that are not heard yet. */
  #keyTone: Int16Array = new Int16Array(0);
  /** Names of marks that wait, where they may not be used twice. */
  readonly #waitingMarks = new Set<string>();
  #lastMessageAt = 0;

  #state: 'connecting' | 'up' | 'closing' | 'over' = 'connecting';
  #startedAt = 0;
  #endedMs = 0;
  /** 20 ms frames of the timeline that have been sent, or were skipped. */
  #frames = 0;
  #cancelTick = (): void => {};
  #cancelEcho = (): void => {};
  #cancelClosing = (): void => {};
  #cancelPing = (): void => {};
  /** Why we are closing the socket. */
  #ending: Ending | undefined;
  #settleClosed = (_end: PhoneEnd): void => {};

  constructor(socket: PhoneSocket, clock: Clock, options: PhoneOptions) {
    const onFault: FaultListener = (fault) =>
      this.#note({ kind: 'fault', fault, timestampMs: this.timestampMs });
    const { faults = {} } = options;
    const { capture } = options;
    // What faults do is captured, for it is what the app gets.
    const wire =
      capture === undefined
        ? socket
        : captureSocket(socket, { ...capture, clock, write: (line) => capture.write(line) });
    this.#socket = options.faults === undefined ? wire : new FaultySocket(wire, { faults, clock, onFault });
    this.#clock = clock;
    this.#options = options;
    this.#tracks = options.tracks ?? ['inbound'];
    this.#isMissing = createGaps(faults, onFault);
    this.#cutters = new Map(this.#tracks.map((track) => [track, createCutter(faults, LINE_RATE)]));
    this.#waits = createWaits(clock);
    this.callSid = options.callSid ?? createSid('CA');
    this.streamSid = options.streamSid ?? createSid('MZ');
    const { jitterBufferMs = 0, keepHeardMs, lineNoiseDb } = options;
    const { partialFrames = 'played', overflow = 'newest', clearsAt = 'sample' } = options;
    this.#playout = createPlayout({
      ...{ sampleRate: LINE_RATE, frameMs: FRAME_MS, jitterBufferMs },
      ...{ partialFrames, overflow, clearsAt },
    });
    this.#ear = createEar(keepHeardMs === undefined ? {} : { keepMs: keepHeardMs });
    this.#mouths = new Map(
      this.#tracks.map((track) => [track, createMouth(track === 'inbound' ? { lineNoiseDb } : {})]),
    );
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#socket.addEventListener('message', ({ data }) => this.#receive(data));
    this.#socket.addEventListener('close', ({ code }) => this.#onClose(code ?? ABNORMAL_CLOSURE));
    this.#socket.addEventListener('error', () => {}); // `close` follows, with all that is known
  }

  get timestampMs(): number {
    if (this.#state === 'connecting') return 0;
    return this.#state === 'up' ? this.#clock.now() - this.#startedAt : this.#endedMs;
  }

  get heard(): Int16Array<ArrayBuffer> {
    return this.#ear.heard;
  }

  get events(): readonly PhoneEvent[] {
    return this.#events;
  }

  get warnings(): readonly PhoneWarning[] {
    return this.#warnings;
  }

  get rejectedMessages(): number {
    return this.#rejectedMessages;
  }

  /** Begins the stream. The socket is open. */
  start(): void {
    const { accountSid = createSid('AC') } = this.#options;
    this.#state = 'up';
    this.#startedAt = this.#clock.now();
    this.#lastMessageAt = this.#startedAt;
    this.#send({
      kind: 'start',
      provider: twilio.name,
      streamId: this.streamSid,
      callId: this.callSid,
      accountId: accountSid,
      format: twilio.format,
      tracks: this.#tracks,
      parameters: customParameters(this.#options),
    });
    this.#scheduleTick();
    this.#schedulePing();
  }

  say(sound: Sound, { track = 'inbound' }: { readonly track?: Track } = {}): Promise<void> {
    return this.#waits.begin((resolve) => {
      const mouth = this.#mouths.get(track);
      if (mouth === undefined) {
        throw new MediaError(
          'unsupported-frame',
          `This stream has no ${track} track. Name it in the tracks that the phone is opened with.`,
        );
      }
      const samples = toLineSamples(sound);
      if (mouth.pendingSamples + samples.length > MAX_WAITING_SAMPLES) {
        throw new MediaError(
          'limit-exceeded',
          'More than an hour of sound would wait to be said. Await each say() before the next.',
        );
      }
      mouth.say(samples, (said) => {
        this.#note({ kind: 'said', ...said });
        resolve();
      });
    });
  }

  press(keys: string): Promise<void> {
    return this.#waits.begin((resolve) => {
      if (this.#options.unidirectional) {
        throw new MediaError(
          'unsupported-frame',
          'A unidirectional stream carries no keys. Open the phone without unidirectional.',
        );
      }
      const digits = parseKeys(keys);
      if (this.#keypad.pending + digits.length > MAX_WAITING_KEYS) {
        throw new MediaError(
          'limit-exceeded',
          `More than ${MAX_WAITING_KEYS} keys would wait to be pressed. Await each press() before the next.`,
        );
      }
      this.#keypad.press(digits, resolve);
    });
  }

  hangUp({ by = 'caller' }: { readonly by?: 'caller' | 'app' } = {}): Promise<PhoneEnd> {
    if (this.#state === 'up') {
      this.#listen();
      const { closedBy = 'phone', closeCode = NORMAL_CLOSURE } = this.#options;
      this.#send({ kind: 'stop' });
      this.#close(
        { endedBy: by, reason: 'hung-up', message: `The ${by} hung up.` },
        closedBy === 'phone' ? closeCode : 'app',
      );
    }
    return this.closed;
  }

  drop(): Promise<PhoneEnd> {
    this.#close({
      endedBy: 'caller',
      reason: 'dropped',
      message: "The caller's line broke: the socket was closed without `stop`.",
    });
    return this.closed;
  }

  wait(milliseconds: number): Promise<void> {
    return this.#waits.sleep(milliseconds);
  }

  waitForSpeech({ timeoutMs = 10_000 }: WaitOptions = {}): Promise<number> {
    const since = this.#ear.soundEndMs ?? 0;
    const { length } = this.#ear;
    return this.#waits.until(
      () => {
        const { soundStartMs, soundEndMs } = this.#ear;
        if (soundStartMs === undefined || soundEndMs === undefined) return undefined;
        return soundEndMs > since ? Math.max(soundStartMs, (length * 1000) / LINE_RATE) : undefined;
      },
      timeoutMs,
      'something to be heard',
    );
  }

  waitForSilence({
    ms = 600,
    timeoutMs = 60_000,
  }: WaitOptions & { readonly ms?: number } = {}): Promise<number> {
    return this.#waits.until(
      () => {
        const { soundEndMs = 0, length } = this.#ear;
        return (length * 1000) / LINE_RATE - soundEndMs >= ms ? soundEndMs : undefined;
      },
      timeoutMs,
      `${ms} ms of silence`,
    );
  }

  waitUntil(
    condition: () => boolean,
    { timeoutMs = 10_000, what = 'a condition' }: WaitOptions & { readonly what?: string } = {},
  ): Promise<void> {
    const waiting = this.#waits.until(() => condition() || undefined, timeoutMs, what).then(() => {});
    waiting.catch(() => {}); // it need not be awaited
    return waiting;
  }

  addEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void {
    this.#listeners.addEventListener(type, listener as (event: Event) => void);
  }

  removeEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void {
    this.#listeners.removeEventListener(type, listener as (event: Event) => void);
  }

  // --- towards the app ---

  /** Frame n of the line, 20 ms from n · 20 ms on, exists when it has passed. */
  #scheduleTick(): void {
    const dueAt = this.#startedAt + (this.#frames + 1) * FRAME_MS;
    this.#cancelTick = this.#clock.after(Math.max(0, dueAt - this.#clock.now()), () => this.#tick());
  }

  #tick(): void {
    const elapsedMs = this.#clock.now() - this.#startedAt;
    this.#listen();
    const due = Math.floor(elapsedMs / FRAME_MS);
    const mostKept = MAX_CATCH_UP_MS / FRAME_MS;
    if (due - this.#frames > mostKept) this.#frames = due - mostKept;
    while (this.#state === 'up' && this.#frames < due) this.#sendFrame();
    this.#waits.look();
    if (this.#state !== 'up') return;
    if ((this.#socket.bufferedAmount ?? 0) > MAX_BUFFERED_BYTES) {
      this.#close(
        {
          endedBy: 'app',
          reason: 'app-stalled',
          message: `The app has left more than ${MAX_BUFFERED_BYTES / 1024} KiB of messages unread.`,
        },
        GOING_AWAY,
      );
      return;
    }
    const { idleTimeoutMs = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#clock.now() - this.#lastMessageAt >= idleTimeoutMs) {
      const message = `The app sent nothing for ${idleTimeoutMs} ms (idleTimeoutMs).`;
      this.#close({ endedBy: 'phone', reason: 'app-idle', message }, GOING_AWAY);
      return;
    }
    this.#scheduleTick();
    this.#scheduleEcho();
  }

  #schedulePing(): void {
    const { pingEveryMs } = this.#options;
    if (pingEveryMs === undefined || this.#socket.ping === undefined) return;
    this.#cancelPing = this.#clock.after(pingEveryMs, () => {
      this.#socket.ping?.();
      this.#schedulePing();
    });
  }

  #sendFrame(): void {
    const timestampMs = this.#frames++ * FRAME_MS;
    const digit = this.#keypad.read(timestampMs);
    if (digit !== undefined) this.#sendKey(digit, timestampMs);
    const { firstTimestampMs = 0 } = this.#options;
    const missing = this.#isMissing(timestampMs);
    for (const [track, mouth] of this.#mouths) {
      const samples = mouth.read(FRAME_LENGTH, timestampMs);
      if (track === 'inbound') this.#addKeyTone(samples);
      if (missing) continue;
      const piece = { samples, timestampMs: timestampMs + firstTimestampMs };
      for (const cut of this.#cutters.get(track)?.(piece) ?? []) {
        this.#send({ kind: 'audio', ...cut, sampleRate: LINE_RATE, channels: 1, track });
      }
    }
  }

  #sendKey(digit: DtmfDigit, timestampMs: number): void {
    this.#send({ kind: 'dtmf', digit, track: 'inbound' });
    this.#note({ kind: 'pressed', digit, timestampMs });
    if (this.#options.audibleKeys) {
      this.#keyTone = dtmfTone(digit, { ms: KEY_TONE_MS, sampleRate: LINE_RATE });
    }
  }

  #addKeyTone(samples: Int16Array): void {
    const tone = this.#keyTone.subarray(0, samples.length);
    for (const [index, sample] of tone.entries()) {
      samples[index] = Math.max(-32_768, Math.min(32_767, (samples[index] ?? 0) + sample));
    }
    this.#keyTone = this.#keyTone.subarray(tone.length);
  }

  #send(frame: FrameFromCall): void {
    if (this.#state !== 'up') return;
    for (const message of this.#serializer.serialize(frame)) this.#socket.send(this.#counted(frame, message));
  }

  /** The message with the chunks of its own track counted, where that is asked for. */
  #counted(frame: FrameFromCall, message: WireMessage): WireMessage {
    if (frame.kind !== 'audio' || this.#options.chunksPer !== 'track' || typeof message !== 'string') {
      return message;
    }
    return message.replace(/"chunk":"\d+"/, `"chunk":"${++this.#chunks[frame.track]}"`);
  }

  // --- from the app ---

  #receive(data: unknown): void {
    if (this.#state !== 'up') return;
    if (this.#options.unidirectional) {
      this.#rejectedMessages++;
      this.#warn(SENT_ON_UNIDIRECTIONAL_STREAM);
      const { message } = SENT_ON_UNIDIRECTIONAL_STREAM;
      this.#close({ endedBy: 'phone', reason: 'protocol-error', message }, PROTOCOL_ERROR);
      return;
    }
    this.#lastMessageAt = this.#clock.now();
    const { maxMessageBytes = MAX_MESSAGE_BYTES } = this.#options;
    if (sizeOf(data) > maxMessageBytes) {
      const message = `The app sent a message of more than ${maxMessageBytes} bytes (maxMessageBytes).`;
      this.#close({ endedBy: 'phone', reason: 'protocol-error', message }, MESSAGE_TOO_BIG);
      return;
    }
    const understood = understand(data, this.#serializer);
    if (understood.warning !== undefined) {
      this.#rejectedMessages++;
      this.#warn(understood.warning);
      return;
    }
    this.#listen();
    for (const frame of understood.frames) this.#obey(frame);
    this.#scheduleEcho();
  }

  #obey(frame: FrameToCall): void {
    const { timestampMs } = this;
    switch (frame.kind) {
      case 'audio':
        this.#queue(frame);
        return;
      case 'mark':
        this.#mark(frame.name, timestampMs);
        return;
      case 'clear': {
        const { droppedMs, echoes } = this.#playout.clear();
        this.#note({ kind: 'clear', droppedMs, timestampMs });
        this.#echo(echoes);
        return;
      }
      case 'dtmf':
      case 'message':
        return; // no message of Twilio's holds these
    }
  }

  #mark(name: string, timestampMs: number): void {
    const { maxMarkNameLength = Number.POSITIVE_INFINITY, duplicateMarks = 'echoed' } = this.#options;
    const tooLong = name.length > maxMarkNameLength;
    if (tooLong || (duplicateMarks === 'refused' && this.#waitingMarks.has(name))) {
      this.#rejectedMessages++;
      this.#warn(tooLong ? MARK_NAME_TOO_LONG : MARK_NAME_TAKEN);
      return;
    }
    this.#note({ kind: 'mark', name, timestampMs });
    const echo = this.#playout.mark(name);
    if (echo === 'refused') this.#warn(TOO_MANY_MARKS_QUEUED);
    else if (echo !== undefined) this.#echo([echo]);
    else if (duplicateMarks === 'refused') this.#waitingMarks.add(name);
  }

  #queue({ samples }: AudioFrame): void {
    if (this.#playout.write(samples) > 0) this.#warn(TOO_MUCH_AUDIO_QUEUED);
  }

  /** The ear catches up with the clock. */
  #listen(): void {
    if (this.#state !== 'up') return;
    const { samples, echoes } = this.#playout.advance(this.timestampMs);
    this.#ear.push(samples);
    this.#echo(echoes);
  }

  #echo(echoes: readonly MarkEcho[]): void {
    for (const echo of echoes) {
      this.#waitingMarks.delete(echo.name);
      this.#send({ kind: 'mark', name: echo.name });
      this.#note({ kind: 'echo', ...echo });
    }
  }

  /** A mark that is due before the next 20 ms are over does not wait for them. */
  #scheduleEcho(): void {
    this.#cancelEcho();
    const dueMs = this.#playout.nextEchoMs;
    if (this.#state !== 'up' || dueMs === undefined || dueMs >= (this.#frames + 1) * FRAME_MS) return;
    this.#cancelEcho = this.#clock.after(Math.max(0, dueMs - this.timestampMs), () => {
      this.#listen();
      this.#scheduleEcho();
    });
  }

  // --- what happened ---

  #note(event: PhoneEvent): void {
    if (this.#events.length >= MAX_EVENTS) this.#events.splice(0, MAX_EVENTS / 10);
    this.#events.push(event);
    this.#listeners.dispatchEvent(new Notice('event', event));
  }

  #warn(warning: PhoneWarning): void {
    if (this.#warnings.some(({ code }) => code === warning.code)) return;
    this.#warnings.push(warning);
    this.#note({ kind: 'warning', timestampMs: this.timestampMs, ...warning });
    this.#listeners.dispatchEvent(new Notice('warning', warning));
  }

  // --- the end ---

  /** @param code The close code, or `app` where the app is to close. */
  #close(ending: Ending, code: number | 'app' = NORMAL_CLOSURE): void {
    if (this.#state !== 'up') return;
    this.#listen();
    this.#ending = ending;
    this.#hush('closing');
    this.#cancelClosing = this.#clock.after(CLOSE_TIMEOUT_MS, () => {
      if (code === 'app') this.#socket.close();
      this.#onClose(ABNORMAL_CLOSURE);
    });
    if (code === 'app') return;
    try {
      this.#socket.close(code);
    } catch {
      this.#socket.close(); // some sockets let users send no code but 1000 and those from 3000 on
    }
  }

  /** Time stands still from here on. */
  #hush(state: 'closing' | 'over'): void {
    this.#endedMs = this.timestampMs;
    this.#state = state;
    this.#cancelTick();
    this.#cancelEcho();
    this.#cancelPing();
  }

  #onClose(closeCode: number): void {
    if (this.#state === 'over') return;
    if (this.#state === 'up') this.#listen();
    this.#hush('over');
    this.#cancelClosing();
    const ending = this.#ending ?? endedElsewhere(closeCode);
    const unheardMs = this.#playout.queuedMs;
    const end: PhoneEnd = { ...ending, closeCode, durationMs: this.#endedMs, unheardMs };
    this.#note({ kind: 'ended', end, timestampMs: this.#endedMs });
    this.#waits.end(new MediaError('transport-closed', `The call is over. ${end.message}`));
    this.#settleClosed(end);
  }
}

/** Why a call ends, before it has. */
type Ending = Pick<PhoneEnd, 'endedBy' | 'reason' | 'message'>;

function endedElsewhere(closeCode: number): Ending {
  return closeCode === ABNORMAL_CLOSURE
    ? {
        endedBy: 'network',
        reason: 'connection-lost',
        message: 'The connection was lost, with no word from the app (Twilio would log 31903).',
      }
    : {
        endedBy: 'app',
        reason: 'app-closed',
        message: `The app closed the connection (code ${closeCode}).`,
      };
}

/** Bytes of a message, at least: text outside ASCII has more. */
function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return (data as { byteLength?: number } | undefined)?.byteLength ?? 0;
}

/** An id as Twilio's look: two letters and 32 hexadecimal digits. */
function createSid(prefix: 'AC' | 'CA' | 'MZ'): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
