/**
 * Speaking to a caller in the app's place.
 *
 * @module
 */

import { type AudioFrame, MediaError, mulaw, SAMPLE_RATES, type SampleRate } from '@patchcord/core';
import type { HubMessage } from '../wire/messages.ts';
import { writePacket } from '../wire/packet.ts';
import type { Connection } from './connection.ts';
import { errorOf } from './failure.ts';
import { words } from './words.ts';

/** Sound goes to the hub in packets of this length, in milliseconds. */
const PACKET_MS = 20;

/** Somebody speaking to a caller. */
export interface Barge {
  /**
   * Takes what you say, as it is said: audio frames of one channel, at any rate that Patchcord converts. What comes faster
   * than the gateway takes it is dropped. Closing or aborting it is the end, as `close()` is; it errors when
   * the gateway refuses, when the connection is lost, and when the call is over.
   */
  readonly writable: WritableStream<AudioFrame>;
  /** Settles when the caller can hear you; rejects, with words for people, where that cannot be. */
  readonly opened: Promise<void>;
  /** Settles when the caller hears you no more: by `close()` or the call's end. Rejects when it came otherwise. */
  readonly closed: Promise<void>;
  /** Gives the caller back to the app. Idempotent. */
  close(): void;
}

/** The barges of one client. None outlasts its connection: nobody speaks who may believe to be unheard. */
export class Barges {
  readonly #connection: Connection;
  readonly #byId = new Map<number, OpenBarge>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  open(callId: string): Barge {
    const connection = this.#connection;
    if (connection.state !== 'connected') {
      const barge = new OpenBarge(
        () => {},
        () => {},
      );
      barge.fail(connection.overError ?? new MediaError('transport-closed', words.notConnected));
      return barge;
    }
    const id = connection.ask((fresh) => ({ type: 'barge', id: fresh, callId }));
    let sequence = 0;
    const barge = new OpenBarge(
      (codes, sampleRate) => {
        const heard = {
          stream: id,
          sequence: sequence++,
          track: 'outbound',
          concealed: false,
          timestampMs: 0,
        } as const;
        connection.send(writePacket({ ...heard, sampleRate, codes }));
      },
      () => {
        if (this.#byId.delete(id)) connection.say({ type: 'close', id });
      },
    );
    this.#byId.set(id, barge);
    return barge;
  }

  /** Takes what the hub said of a barge. False where it is of something else. */
  take(message: HubMessage & { readonly id: number }): boolean {
    const barge = this.#byId.get(message.id);
    if (!barge) return false;
    if (message.type === 'done') barge.open();
    else {
      this.#byId.delete(message.id);
      if (message.type === 'failed') barge.fail(errorOf(message.code, message.message));
      else barge.over();
    }
    return true;
  }

  /** The connection is down. */
  lost(reason: MediaError = new MediaError('transport-closed', words.lostVoice)): void {
    const barges = [...this.#byId.values()];
    this.#byId.clear();
    for (const barge of barges) barge.fail(reason);
  }
}

class OpenBarge implements Barge {
  readonly writable: WritableStream<AudioFrame>;
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  readonly #onClose: () => void;
  #controller: WritableStreamDefaultController | undefined;
  #open!: () => void;
  #refuse!: (reason: MediaError) => void;
  #close!: () => void;
  #fail!: (reason: MediaError) => void;

  constructor(send: (codes: Uint8Array, sampleRate: number) => void, onClose: () => void) {
    this.#onClose = onClose;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.closed = new Promise((resolve, reject) => {
      this.#close = resolve;
      this.#fail = reject;
    });
    // Whoever does not ask need not know.
    this.opened.catch(() => {});
    this.closed.catch(() => {});
    this.writable = new WritableStream<AudioFrame>({
      start: (controller) => {
        this.#controller = controller;
      },
      write: (frame) => {
        assertSpoken(frame);
        const step = Math.round((frame.sampleRate * PACKET_MS) / 1000);
        for (let at = 0; at < frame.samples.length; at += step) {
          send(mulaw.encode(frame.samples.subarray(at, at + step)), frame.sampleRate);
        }
      },
      close: () => this.#end(),
      abort: () => this.#end(),
    });
  }

  open(): void {
    this.#open();
  }

  close(): void {
    this.#controller?.error(new MediaError('transport-closed', 'The barge is closed. Open another one.'));
    this.#end();
  }

  /** The call is over. */
  over(): void {
    const reason = new MediaError('transport-closed', words.bargeOver);
    this.#refuse(reason);
    this.#controller?.error(reason);
    this.#close();
  }

  fail(reason: MediaError): void {
    this.#refuse(reason);
    this.#controller?.error(reason);
    this.#fail(reason);
  }

  #end(): void {
    this.#onClose();
    this.#refuse(
      new MediaError('transport-closed', 'The barge was closed before the gateway had opened it.'),
    );
    this.#close();
  }
}

function assertSpoken({ channels, sampleRate }: AudioFrame): void {
  if (channels !== 1) {
    throw new MediaError(
      'wrong-format',
      `A call carries one channel; this frame has ${channels}. Mix it down before it is written.`,
    );
  }
  if (!SAMPLE_RATES.includes(sampleRate as SampleRate)) {
    throw new MediaError(
      'wrong-format',
      `This frame has ${sampleRate} samples a second; ${SAMPLE_RATES.join(', ')} can be converted.`,
    );
  }
}
