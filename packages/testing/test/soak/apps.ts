import type { Call, Clock, FrameFromCall } from '@patchcord/core';
import type { Random } from './random.ts';
import type { Received } from './received.ts';

/** What an app of the soak has at hand. */
export interface AppSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly received: Received;
  /** How long it may take before it is done by itself, in milliseconds. */
  readonly forMs: number;
}

/** An app, with what it needs of its call. */
export interface SoakApp {
  readonly name: string;
  readonly sampleRate: number;
  /** Whether it reads what comes. */
  readonly reads: boolean;
  handle(call: Call, surroundings: AppSurroundings): Promise<unknown>;
}

/** Reads to the end, each frame compared with what came. */
async function read(
  call: Call,
  received: Received,
  use: (frame: FrameFromCall) => unknown = () => {},
): Promise<void> {
  const reader = call.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (value.kind === 'audio') received.read(value);
    await use(value);
  }
  // Where the other side ends a call, nothing may be missing; what we end, we need not hear to its end.
  const { reason } = await call.closed;
  if (reason === 'stopped' || reason === 'socket-closed') received.finish();
}

/** A voice: half a second to two of a waveform that is never silent. */
function voice(random: Random, sampleRate: number): Int16Array<ArrayBuffer> {
  const step = random.between(300, 900);
  const length = Math.round((sampleRate * random.between(500, 2000)) / 1000);
  return Int16Array.from({ length }, (_, index) => (((index * step) % 16_001) - 8000) | 1);
}

/** Pieces of 20 ms, one at a time, as a speech synthesiser gives them. */
async function* pieces(
  sound: Int16Array<ArrayBuffer>,
  sampleRate: number,
): AsyncGenerator<Int16Array<ArrayBuffer>> {
  const size = sampleRate / 50;
  for (let at = 0; at < sound.length; at += size) yield sound.slice(at, at + size);
}

const later = (clock: Clock, milliseconds: number): Promise<void> =>
  new Promise((resolve) => void clock.after(milliseconds, resolve));

/**
 * Says back what it hears, through the streams. It does not wait for what it writes: a peer that stops reading would hold
 * up its own reading.
 */
const echo: SoakApp = {
  name: 'echo',
  sampleRate: 8000,
  reads: true,
  async handle(call, { received }) {
    const writer = call.writable.getWriter();
    await read(call, received, (frame) => void writer.write(frame).catch(() => {}));
  },
};

/** Hears 16 kHz, talks in pieces, and is interrupted by keys; now and then it says two things at once. */
const agent: SoakApp = {
  name: 'agent',
  sampleRate: 16_000,
  reads: true,
  async handle(call, { received, random }) {
    let talking: Promise<unknown> | undefined;
    const talk = (): void => {
      const playback = call.play(pieces(voice(random, 24_000), 24_000), { sampleRate: 24_000 });
      if (random.between(0, 3) === 0) call.play(voice(random, 16_000));
      talking = playback.done.then(() => {
        talking = undefined;
      });
    };
    await read(call, received, (frame) => {
      if (frame.kind === 'dtmf') call.interrupt();
      if (frame.kind === 'audio' && talking === undefined && random.between(0, 40) === 0) talk();
    });
  },
};

/** Never reads its streams: every sample negated and sent back, in the tick in which it came. */
const observer: SoakApp = {
  name: 'observer',
  sampleRate: 8000,
  reads: false,
  async handle(call) {
    call.observe((frame, phase) => {
      if (phase !== 'received' || frame.kind !== 'audio') return;
      call.send({ ...frame, samples: frame.samples.map((sample) => ~sample), track: 'outbound' });
    });
    await call.closed;
  },
};

/** Says goodbye after a while, which is heard, and is done. */
const goodbye: SoakApp = {
  name: 'goodbye',
  sampleRate: 8000,
  reads: true,
  async handle(call, { clock, random, received, forMs }) {
    void read(call, received);
    await later(clock, forMs);
    call.play(voice(random, 8000));
  },
};

/** Fails in the middle of a word. */
const failing: SoakApp = {
  name: 'failing',
  sampleRate: 16_000,
  reads: true,
  async handle(call, { clock, random, received, forMs }) {
    void read(call, received);
    call.play(voice(random, 16_000));
    await later(clock, forMs);
    throw new Error('This app fails on purpose.');
  },
};

/** Apps for calls that last. */
export const lastingApps: readonly SoakApp[] = [echo, agent, observer];

/** Apps for calls that come and go. */
export const passingApps: readonly SoakApp[] = [...lastingApps, goodbye, failing];
