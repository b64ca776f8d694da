/** A call and the phone at its other end, on a clock that the test turns. */
import { type Call, type CallOptions, mulaw, openCall, twilio } from '@patchcord/core';
import { openPhone, type Phone, type PhoneOptions } from '@patchcord/simulator';
import { createManualClock, createSocketPair, type ManualClock, type PairedSocket } from '@patchcord/testing';

export interface Line {
  readonly call: Call;
  readonly phone: Phone;
  readonly clock: ManualClock;
  /** The app's end of the socket. */
  readonly socket: PairedSocket;
  readonly providerSocket: PairedSocket;
  /** Texts that the app sent. */
  readonly sent: string[];
}

export interface LineOptions {
  readonly call?: CallOptions;
  readonly phone?: PhoneOptions;
  /** One way, in milliseconds. */
  readonly delayMs?: number;
}

export async function openLine({
  call: options,
  phone: phoneOptions,
  delayMs = 0,
}: LineOptions = {}): Promise<Line> {
  const clock = createManualClock();
  const [socket, providerSocket] = createSocketPair({ clock, delayMs });
  const sent: string[] = [];
  providerSocket.addEventListener('message', ({ data }) => {
    sent.push(String(data));
  });
  const opening = openCall(socket, twilio, { clock, ...options });
  const dialling = openPhone(providerSocket, { clock, ...phoneOptions });
  await clock.advance(2 * delayMs + 20);
  return { call: await opening, phone: await dialling, clock, socket, providerSocket, sent };
}

/** Noise that is never silent and that G.711 leaves as it is, so that it can be found sample by sample. */
export function countable(ms: number, seed = 0): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(ms * 8);
  let state = seed * 7919 + 1;
  for (let i = 0; i < samples.length; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    samples[i] = ((state >> 16) % 200) * 100 + 500;
  }
  return mulaw.decode(mulaw.encode(samples));
}

/** Where a sound, begins in what was heard; -1 where it does not stand whole. */
export function findWhole(heard: Int16Array, sound: Int16Array): number {
  outer: for (let at = 0; at + sound.length <= heard.length; at++) {
    for (let i = 0; i < sound.length; i++) if (heard[at + i] !== sound[i]) continue outer;
    return at;
  }
  return -1;
}

/** Samples that are not silence. */
export function soundIn(heard: Int16Array): number {
  let count = 0;
  for (const sample of heard) if (sample !== 0) count++;
  return count;
}

/** Reads what there is, without waiting for the end. */
export async function readAll<T>(stream: ReadableStream<T>): Promise<T[]> {
  const reader = stream.getReader();
  const all: T[] = [];
  while (true) {
    const { done, value } = await reader.read();
    if (done) return all;
    all.push(value);
  }
}
