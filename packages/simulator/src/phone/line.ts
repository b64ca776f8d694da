import {
  type Clock,
  type FrameFromCall,
  type FrameSerializer,
  type FrameToCall,
  MediaError,
  type Track,
  twilio,
} from '@patchcord/core';
import type { FaultListener } from '../faults/faults.ts';
import { CallLog } from './call-log.ts';
import { Caller, FRAME_MS } from './caller.ts';
import { silenceOf, soundFromNowOn } from './ear.ts';
import { Earpiece } from './earpiece.ts';
import {
  ABNORMAL_CLOSURE,
  type Ending,
  endedElsewhere,
  GOING_AWAY,
  MESSAGE_TOO_BIG,
  NORMAL_CLOSURE,
  PROTOCOL_ERROR,
} from './endings.ts';
import type { PhoneEnd, PhoneEvent, PhoneEventMap } from './events.ts';
import { customParameters, MAX_MESSAGE_BYTES } from './habits.ts';
import type { Phone, PhoneOptions, PhoneSocket, WaitOptions } from './phone.ts';
import { createSid } from './sid.ts';
import type { Sound } from './sound.ts';
import { createWaits, type Waits } from './waits.ts';
import { type PhoneWarning, SENT_ON_UNIDIRECTIONAL_STREAM, understand } from './warnings.ts';
import { type CountChunks, countChunks, sizeOf, wireOf } from './wire.ts';

/** After a longer stall than this the line has lost audio: timestamps jump, in place of a flood. */
const MAX_CATCH_UP_MS = 5000;

/** Messages for the app that it has not read: about 90 s of audio. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** How long a closing socket is waited for. */
const CLOSE_TIMEOUT_MS = 2500;

/** Times are sums of fractions: a frame that lacks a millionth of itself is due, or a clock that is turned would stand still for it. */
const ROUNDING = 1e-6;

/** A call on a socket, as Twilio conducts it: every 20 ms a message each way, by absolute deadlines. */
export class Line implements Phone {
  readonly callSid: string;
  readonly streamSid: string;
  readonly closed: Promise<PhoneEnd>;

  readonly #socket: PhoneSocket;
  readonly #clock: Clock;
  readonly #options: PhoneOptions;
  readonly #serializer: FrameSerializer<FrameToCall, FrameFromCall> = twilio.createProviderSerializer();
  readonly #caller: Caller;
  readonly #earpiece: Earpiece;
  readonly #waits: Waits;
  readonly #log = new CallLog();
  #rejectedMessages = 0;
  readonly #counted: CountChunks;
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
      this.#log.note({ kind: 'fault', fault, timestampMs: this.timestampMs });
    this.#socket = wireOf(socket, clock, options, onFault);
    this.#clock = clock;
    this.#options = options;
    this.callSid = options.callSid ?? createSid('CA');
    this.streamSid = options.streamSid ?? createSid('MZ');
    this.#counted = countChunks(options);
    this.#waits = createWaits(clock);
    this.#caller = new Caller(options, onFault);
    this.#earpiece = new Earpiece(options, {
      echo: (name) => this.#send({ kind: 'mark', name }),
      note: (event) => this.#log.note(event),
      warn: (warning) => this.#warn(warning),
      reject: (warning) => this.#reject(warning),
    });
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
    return this.#earpiece.ear.heard;
  }

  get events(): readonly PhoneEvent[] {
    return this.#log.events;
  }

  get warnings(): readonly PhoneWarning[] {
    return this.#log.warnings;
  }

  get rejectedMessages(): number {
    return this.#rejectedMessages;
  }

  /** Begins the stream. The socket is open. */
  start(): void {
    const { accountSid = createSid('AC'), tracks = ['inbound'] } = this.#options;
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
      tracks,
      parameters: customParameters(this.#options),
    });
    this.#scheduleTick();
    this.#schedulePing();
  }

  say(sound: Sound, { track = 'inbound' }: { readonly track?: Track } = {}): Promise<void> {
    return this.#waits.begin((resolve) =>
      this.#caller.say(sound, track, (said) => {
        this.#log.note({ kind: 'said', ...said });
        resolve();
      }),
    );
  }

  press(keys: string): Promise<void> {
    return this.#waits.begin((resolve) => this.#caller.press(keys, resolve));
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
    return this.#waits.until(soundFromNowOn(this.#earpiece.ear), timeoutMs, 'something to be heard');
  }

  waitForSilence({
    ms = 600,
    timeoutMs = 60_000,
  }: WaitOptions & { readonly ms?: number } = {}): Promise<number> {
    return this.#waits.until(silenceOf(this.#earpiece.ear, ms), timeoutMs, `${ms} ms of silence`);
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
    this.#log.addEventListener(type, listener);
  }

  removeEventListener<Type extends keyof PhoneEventMap>(
    type: Type,
    listener: (event: PhoneEventMap[Type]) => void,
  ): void {
    this.#log.removeEventListener(type, listener);
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
    const due = Math.floor(elapsedMs / FRAME_MS + ROUNDING);
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
    this.#caller.read(timestampMs, (frame) => {
      this.#send(frame);
      if (frame.kind === 'dtmf') this.#log.note({ kind: 'pressed', digit: frame.digit, timestampMs });
    });
  }

  #send(frame: FrameFromCall): void {
    if (this.#state !== 'up') return;
    for (const message of this.#serializer.serialize(frame)) this.#socket.send(this.#counted(frame, message));
  }

  // --- from the app ---

  #receive(data: unknown): void {
    if (this.#state !== 'up') return;
    if (this.#options.unidirectional) {
      this.#reject(SENT_ON_UNIDIRECTIONAL_STREAM);
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
      this.#reject(understood.warning);
      return;
    }
    this.#listen();
    for (const frame of understood.frames) this.#earpiece.obey(frame, this.timestampMs);
    this.#scheduleEcho();
  }

  /** The ear catches up with the clock. */
  #listen(): void {
    if (this.#state === 'up') this.#earpiece.advance(this.timestampMs);
  }

  /** A mark that is due before the next 20 ms are over does not wait for them. */
  #scheduleEcho(): void {
    this.#cancelEcho();
    const dueMs = this.#earpiece.nextEchoMs;
    if (this.#state !== 'up' || dueMs === undefined || dueMs >= (this.#frames + 1) * FRAME_MS) return;
    this.#cancelEcho = this.#clock.after(Math.max(0, dueMs - this.timestampMs), () => {
      this.#listen();
      this.#scheduleEcho();
    });
  }

  #warn(warning: PhoneWarning): void {
    this.#log.warn(warning, this.timestampMs);
  }

  #reject(warning: PhoneWarning): void {
    this.#rejectedMessages++;
    this.#warn(warning);
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
    const unheardMs = this.#earpiece.queuedMs;
    const end: PhoneEnd = { ...ending, closeCode, durationMs: this.#endedMs, unheardMs };
    this.#log.note({ kind: 'ended', end, timestampMs: this.#endedMs });
    this.#waits.end(new MediaError('transport-closed', `The call is over. ${end.message}`));
    this.#settleClosed(end);
  }
}
