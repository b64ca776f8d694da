import {
  type Clock,
  type FrameFromCall,
  type FrameSerializer,
  type FrameToCall,
  type MediaError,
  twilio,
} from '@patchcord/core';
import { FRAME_MS } from '../phone/caller.ts';
import { connectionFailed, connectionTimedOut } from '../phone/connection.ts';
import { ABNORMAL_CLOSURE, GOING_AWAY, NORMAL_CLOSURE } from '../phone/endings.ts';
import type { PhoneSocket } from '../phone/phone.ts';
import { createPlayout, type MarkEcho } from '../phone/playout.ts';
import { createSid } from '../phone/sid.ts';
import { LINE_RATE } from '../phone/sound.ts';
import { TOO_MANY_MARKS_QUEUED, TOO_MUCH_AUDIO_QUEUED, understand } from '../phone/warnings.ts';
import { CODES, codedFrame, createCodeReader } from './coded-sound.ts';
import type { Tally } from './tally.ts';
import type { Wheel } from './wheel.ts';

/** How long frames that are still on their way are waited for, once all are sent. */
const TAIL_FRAMES = 1000 / FRAME_MS;

/** Messages that an app has not read: about 90 s of audio. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** How long a closing socket is waited for. */
const CLOSE_TIMEOUT_MS = 2500;

const NOT_CLOSED = 'The app did not answer the closing handshake of a call that was over.';

const SILENCE = new Int16Array((LINE_RATE * FRAME_MS) / 1000);

/** One of many phones. */
export interface LoadPhoneOptions {
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly tally: Tally;
  /** Where it calls, for errors. */
  readonly url: string;
  /** How many frames it sends that have to come back. */
  readonly frames: number;
  /** The code of its first frame. */
  readonly firstCode: number;
  /** From the opened socket to the start of the stream, in milliseconds: spreads the phones within a frame. */
  readonly phaseMs: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
}

/**
 * A phone that costs little: it says coded frames, looks for them in what comes back, and keeps no sound and no events.
 * Its playback is that of all phones, heard at each of its frames.
 */
export class LoadPhone {
  /** Settles when the call is over. Never rejects. */
  readonly over: Promise<void>;

  readonly #socket: PhoneSocket;
  readonly #options: LoadPhoneOptions;
  readonly #tally: Tally;
  readonly #serializer: FrameSerializer<FrameToCall, FrameFromCall> = twilio.createProviderSerializer();
  readonly #playout = createPlayout({ sampleRate: LINE_RATE, frameMs: FRAME_MS });
  readonly #reader = createCodeReader((code) => this.#hear(code));
  /** When the latest frame of each code was sent; NaN where it is not waited for. */
  readonly #sentAt = new Float64Array(CODES).fill(Number.NaN);
  #state: 'connecting' | 'up' | 'closing' | 'over' = 'connecting';
  /** The start of the stream, on the clock. */
  #startedAt = 0;
  #frames = 0;
  #waitedFor = 0;
  #leaveWheel = (): void => {};
  #cancelTimeout = (): void => {};
  #settle = (): void => {};

  constructor(socket: PhoneSocket, options: LoadPhoneOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#tally = options.tally;
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
    let failure: MediaError | undefined;
    const { clock, url, connectTimeoutMs } = options;
    this.#tally.begun++;
    this.#cancelTimeout = clock.after(connectTimeoutMs, () => {
      failure = connectionTimedOut(url, connectTimeoutMs);
      this.#end(failure.message);
      socket.close();
    });
    socket.addEventListener('open', () => this.#start());
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('error', (event) => {
      failure ??= connectionFailed(url, event);
    });
    socket.addEventListener('close', ({ code }) => this.#onClose(code, failure));
  }

  /** Ends the call: `stop`, then the socket closes. Harmless when it is over. */
  hangUp(): void {
    if (this.#state === 'connecting') {
      this.#end();
      this.#socket.close();
      return;
    }
    if (this.#state !== 'up') return;
    this.#tally.finished++;
    this.#send({ kind: 'stop' });
    this.#close(NORMAL_CLOSURE);
  }

  #start(): void {
    if (this.#state !== 'connecting') return;
    this.#cancelTimeout();
    this.#state = 'up';
    this.#tally.answered++;
    const { wheel, phaseMs, parameters } = this.#options;
    this.#send({
      kind: 'start',
      provider: twilio.name,
      streamId: createSid('MZ'),
      callId: createSid('CA'),
      accountId: createSid('AC'),
      format: twilio.format,
      tracks: ['inbound'],
      parameters,
    });
    this.#leaveWheel = wheel.add(phaseMs, (dueAt) => this.#turn(dueAt));
  }

  /** Every 20 ms: what was heard until now, and the next frame. */
  #turn(dueAt: number): void {
    if (this.#state !== 'up') return;
    if (this.#frames === 0) this.#startedAt = dueAt - FRAME_MS;
    this.#echo(this.#playout.advance(dueAt - this.#startedAt).echoes);
    const { frames } = this.#options;
    const frame = Math.round((dueAt - this.#startedAt) / FRAME_MS) - 1;
    this.#tally.skipped += Math.max(0, Math.min(frame, frames) - this.#frames);
    this.#frames = frame + 1;
    if (frame < frames) this.#say(frame, dueAt);
    else if (this.#waitedFor === 0 || frame >= frames + TAIL_FRAMES) this.hangUp();
    else this.#sendAudio(SILENCE, frame);
    if ((this.#socket.bufferedAmount ?? 0) > MAX_BUFFERED_BYTES) {
      this.#fail(`The app has left more than ${MAX_BUFFERED_BYTES / 1024} KiB of messages unread.`);
      this.#close(GOING_AWAY);
    }
  }

  #say(frame: number, dueAt: number): void {
    const code = (this.#options.firstCode + frame) % CODES;
    const now = this.#options.clock.now();
    this.#tally.lateness.add(now - dueAt);
    this.#tally.sent++;
    if (Number.isNaN(this.#sentAt[code])) this.#waitedFor++;
    this.#sentAt[code] = now;
    this.#sendAudio(codedFrame(code), frame);
  }

  #sendAudio(samples: Int16Array<ArrayBuffer>, frame: number): void {
    const timestampMs = frame * FRAME_MS;
    this.#send({ kind: 'audio', samples, sampleRate: LINE_RATE, channels: 1, timestampMs, track: 'inbound' });
  }

  #send(frame: FrameFromCall): void {
    for (const message of this.#serializer.serialize(frame)) this.#socket.send(message);
  }

  #receive(data: unknown): void {
    if (this.#state !== 'up') return;
    const understood = understand(data, this.#serializer);
    if (understood.warning !== undefined) {
      this.#tally.rejected++;
      this.#warn(understood.warning);
      return;
    }
    for (const frame of understood.frames) this.#obey(frame);
  }

  #obey(frame: FrameToCall): void {
    switch (frame.kind) {
      case 'audio':
        this.#tally.received++;
        this.#reader.push(frame.samples);
        if (this.#playout.write(frame.samples) > 0) this.#warn(TOO_MUCH_AUDIO_QUEUED);
        return;
      case 'mark': {
        const echo = this.#playout.mark(frame.name);
        if (echo === 'refused') this.#warn(TOO_MANY_MARKS_QUEUED);
        else if (echo !== undefined) this.#echo([echo]);
        return;
      }
      case 'clear':
        this.#tally.clears++;
        this.#echo(this.#playout.clear().echoes);
        return;
      case 'dtmf':
      case 'message':
        return; // no message of Twilio's holds these
    }
  }

  /** A frame has come back. */
  #hear(code: number): void {
    const sentAt = this.#sentAt[code] ?? Number.NaN;
    if (Number.isNaN(sentAt)) {
      this.#tally.unexpected++;
      return;
    }
    this.#sentAt[code] = Number.NaN;
    this.#waitedFor--;
    this.#tally.returned++;
    this.#tally.echo.add(this.#options.clock.now() - sentAt);
  }

  #echo(echoes: readonly MarkEcho[]): void {
    const now = this.#options.clock.now() - this.#startedAt;
    for (const { name, sentMs } of echoes) {
      this.#send({ kind: 'mark', name });
      this.#tally.marks.add(now - sentMs);
    }
  }

  #warn({ code, message }: { readonly code: number; readonly message: string }): void {
    if (!this.#tally.warnings.has(code)) this.#tally.warnings.set(code, message);
  }

  #fail(message: string): void {
    const { errors } = this.#tally;
    errors.set(message, (errors.get(message) ?? 0) + 1);
  }

  #close(code: number): void {
    this.#state = 'closing';
    this.#leaveWheel();
    this.#cancelTimeout = this.#options.clock.after(CLOSE_TIMEOUT_MS, () => {
      this.#end(NOT_CLOSED);
      this.#socket.terminate?.();
    });
    this.#socket.close(code);
  }

  #onClose(code: number | undefined, failure: MediaError | undefined): void {
    if (this.#state === 'connecting') {
      this.#end((failure ?? connectionFailed(this.#options.url, {})).message);
    } else if (this.#state === 'up') {
      this.#end(`The app closed the connection (code ${code ?? ABNORMAL_CLOSURE}) before the phone hung up.`);
    } else this.#end(code === ABNORMAL_CLOSURE ? NOT_CLOSED : undefined);
  }

  #end(error?: string): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    if (error !== undefined) this.#fail(error);
    this.#leaveWheel();
    this.#cancelTimeout();
    this.#settle();
  }
}
