/** A call under whatever an app and a phone may do, in any order. */
import {
  type AudioFrame,
  type CallControl,
  type Frame,
  MediaError,
  mulaw,
  type OpenPlayback,
  type Playback,
  type PlaybackEnd,
  type PlaySource,
} from '@patchcord/core';
import { macrotask } from '@patchcord/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Line, openLine } from './line.ts';

type Source = 'frame' | 'array' | 'stream' | 'failing' | 'silent' | 'locked' | 'stereo';

type Step =
  | { readonly do: 'play'; readonly source: Source; readonly ms: number }
  | { readonly do: 'open' | 'interrupt' | 'close writable' | 'abort writable' | 'echo' | 'cancel readable' }
  | { readonly do: 'write open'; readonly index: number; readonly ms: number }
  | { readonly do: 'end open' | 'interrupt one'; readonly index: number }
  | { readonly do: 'send' | 'write'; readonly frame: Written; readonly ms: number }
  | { readonly do: 'say'; readonly ms: number }
  | { readonly do: 'press' | 'hang up' | 'drop' | 'abort signal' }
  | { readonly do: 'socket'; readonly takes: boolean }
  | { readonly do: 'end'; readonly when: 'played' | 'now' };

type Written =
  | 'audio'
  | 'mark'
  | 'clear'
  | 'message'
  | 'bad message'
  | 'dtmf'
  | 'stereo'
  | 'stop'
  | 'odd rate';

interface Scenario {
  readonly delayMs: number;
  readonly markEveryMs: number;
  readonly sampleRate: number;
  readonly control: 'none' | 'good' | 'slow' | 'silent' | 'throws' | 'rejects' | 'released throws';
  /** What observers do, three times. */
  readonly observer: 'looks on' | 'interrupts' | 'sends' | 'plays' | 'ends' | 'throws';
  readonly observerAt: 'app' | 'wire';
  readonly observedPhase: 'received' | 'sent' | 'played' | 'cleared';
  /** Whether the app ends what it began before it ends the call. */
  readonly tidy: boolean;
  readonly steps: readonly { readonly step: Step; readonly thenMs: number }[];
}

const ms = fc.constantFrom(0, 6, 20, 50, 130, 400, 900, 2000);
const index = fc.nat({ max: 5 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('play' as const),
      source: fc.constantFrom<Source>(
        'frame',
        'frame',
        'array',
        'stream',
        'failing',
        'silent',
        'locked',
        'stereo',
      ),
      ms,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'open' as const,
        'interrupt' as const,
        'close writable' as const,
        'abort writable' as const,
        'echo' as const,
        'cancel readable' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('write open' as const), index, ms }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('end open' as const, 'interrupt one' as const, 'interrupt one' as const),
      index,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('send' as const, 'write' as const),
      frame: fc.constantFrom<Written>(
        ...([
          'audio',
          'audio',
          'mark',
          'mark',
          'clear',
          'message',
          'bad message',
          'dtmf',
          'stereo',
          'stop',
          'odd rate',
        ] as const),
      ),
      ms,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('say' as const), ms }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'press' as const,
        'press' as const,
        'hang up' as const,
        'drop' as const,
        'abort signal' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('socket' as const), takes: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      when: fc.constantFrom('played' as const, 'now' as const),
    }),
  },
);

const scenario: fc.Arbitrary<Scenario> = fc.record({
  delayMs: fc.constantFrom(0, 15, 60),
  markEveryMs: fc.constantFrom(100, 100, 20, 0),
  sampleRate: fc.constantFrom(8000, 16_000, 44_100),
  control: fc.constantFrom<Scenario['control']>(
    'none',
    'good',
    'slow',
    'silent',
    'throws',
    'rejects',
    'released throws',
  ),
  observer: fc.constantFrom<Scenario['observer']>(
    'looks on',
    'looks on',
    'interrupts',
    'sends',
    'plays',
    'ends',
    'throws',
  ),
  observerAt: fc.constantFrom('app' as const, 'wire' as const),
  observedPhase: fc.constantFrom('received' as const, 'sent' as const, 'played' as const, 'cleared' as const),
  tidy: fc.boolean(),
  steps: fc.array(fc.record({ step, thenMs: fc.constantFrom(0, 0, 1, 20, 35, 90, 250, 700) }), {
    minLength: 1,
    maxLength: 14,
  }),
});

/** A playback whose samples are all of one value that no other has, so that the ear tells it apart. */
interface Followed {
  readonly playback: Playback;
  readonly value: number;
  /** Milliseconds that were accepted of its source. */
  givenMs: number;
  settled: PlaybackEnd | undefined;
}

/** More than all that a scenario can give to play, and what a call waits for marks that are lost. */
const LONGEST_PLAY_MS = 45_000;

/** More than a goodbye and a hang-up may take. */
const LONGEST_END_MS = 60_000;
const AFTER_THE_END_MS = 15_000;

/** A hang-up that takes its time, and then some; less than what an end waits for what never comes. */
const END_MARGIN_MS = 8000;

/** The frame that is being played, and the one that it waited for. */
const FRAMES_MS = 40;

class Run {
  readonly #line: Line;
  readonly #scenario: Scenario;
  readonly #signal: AbortController;
  readonly followed: Followed[] = [];
  readonly #open: { readonly playback: OpenPlayback; readonly followed: Followed }[] = [];
  readonly #endless: Followed[] = [];
  #writer: WritableStreamDefaultWriter<Frame> | undefined;
  #observerMoves = 3;
  #values = 0;
  /** Whether the app has ended the call. */
  ended = false;
  /** Milliseconds of plain writes. */
  plainMs = 0;
  /** Where one playback was interrupted, others were sent again from where the ear was thought to be. */
  interruptedOne = false;
  #takes = true;
  readonly told = { received: 0, sent: 0, played: 0, cleared: 0 };

  constructor(line: Line, run: Scenario, signal: AbortController) {
    this.#line = line;
    this.#scenario = run;
    this.#signal = signal;
    Object.defineProperty(line.socket, 'bufferedAmount', { get: () => (this.#takes ? 0 : 5000) });
    line.call.observe(
      (frame, phase) => {
        if (frame.kind === 'audio' && (phase !== 'received' || frame.track === 'outbound'))
          this.told[phase] += frame.samples.length;
      },
      { at: 'wire' },
    );
    line.call.observe((_frame, phase) => this.#observe(phase), { at: run.observerAt });
  }

  /** Does one step. Nothing that a call's methods do may throw, but for what they document. */
  do(step: Step): void {
    const { call, phone } = this.#line;
    try {
      switch (step.do) {
        case 'play':
          this.#play(step.source, step.ms);
          break;
        case 'open': {
          const playback = call.play();
          this.#open.push({ playback, followed: this.#follow(playback, 0) });
          break;
        }
        case 'write open': {
          const open = this.#open[step.index % Math.max(1, this.#open.length)];
          if (open?.playback.write(this.#sound(step.ms, open.followed.value)))
            open.followed.givenMs += step.ms;
          break;
        }
        case 'end open':
          this.#open[step.index % Math.max(1, this.#open.length)]?.playback.end();
          break;
        case 'interrupt one':
          this.#interruptOne(this.followed[step.index % Math.max(1, this.followed.length)]);
          break;
        case 'interrupt':
          for (const { heardMs, sentMs } of call.interrupt().playbacks)
            expect(heardMs).toBeLessThanOrEqual(sentMs);
          break;
        case 'send':
          call.send(this.#frame(step.frame, step.ms));
          break;
        case 'write':
          this.#writer ??= this.#takeWriter();
          this.#writer?.write(this.#frame(step.frame, step.ms)).catch(documented);
          break;
        case 'close writable':
          this.#writer?.close().catch(documented);
          this.#writer = undefined;
          break;
        case 'abort writable':
          this.#writer?.abort(new Error('barge-in')).catch(documented);
          this.#writer = undefined;
          break;
        case 'echo':
          if (!call.readable.locked && !call.writable.locked)
            void call.readable.pipeTo(call.writable).catch(() => {});
          break;
        case 'cancel readable':
          if (!call.readable.locked) void call.readable.cancel();
          break;
        case 'say':
          phone.say(this.#sound(step.ms, 100).samples).catch(() => {});
          break;
        case 'press':
          phone.press('12#').catch(() => {});
          break;
        case 'hang up':
          void phone.hangUp();
          break;
        case 'drop':
          this.#line.socket.drop();
          break;
        case 'abort signal':
          this.ended = true;
          this.#signal.abort();
          break;
        case 'socket':
          this.#takes = step.takes;
          break;
        case 'end':
          this.ended = true;
          void call.end({ when: step.when });
          break;
      }
    } catch (error) {
      documented(error);
    }
  }

  /** What holds at every moment. */
  check(): void {
    for (const { playback, givenMs } of this.followed) {
      const { heardMs, sentMs } = playback;
      expect(Number.isInteger(heardMs) && Number.isInteger(sentMs)).toBe(true);
      expect(heardMs).toBeGreaterThanOrEqual(0);
      expect(heardMs).toBeLessThanOrEqual(sentMs);
      expect(sentMs).toBeLessThanOrEqual(givenMs);
    }
    expect(this.told.played + this.told.cleared).toBeLessThanOrEqual(this.told.sent);
  }

  /** What holds when the call is long over: every playback is settled, and what it says is what the ear got. */
  checkOutcomes(): void {
    const { delayMs, markEveryMs } = this.#scenario;
    for (const { value, givenMs, settled } of this.followed) {
      expect(settled).toBeDefined();
      if (settled === undefined) continue;
      const { outcome, heardMs, sentMs, errorMs } = settled;
      expect(heardMs).toBeLessThanOrEqual(sentMs);
      let samples = 0;
      for (const sample of this.#line.phone.heard) if (sample === value) samples++;
      const earMs = samples / 8;
      const boundMs = errorMs + 2 * delayMs + FRAMES_MS + (this.interruptedOne ? 3 * (150 + 2 * delayMs) : 0);
      if (outcome === 'played') {
        expect(heardMs).toBe(givenMs);
        if (this.interruptedOne) expect(Math.abs(earMs - givenMs)).toBeLessThanOrEqual(boundMs);
        else expect(earMs).toBe(givenMs);
      } else {
        expect(earMs).toBeGreaterThanOrEqual(heardMs - boundMs);
        // A call that ended may be heard on until the line is down.
        if (outcome === 'cleared' && markEveryMs > 0) expect(earMs).toBeLessThanOrEqual(heardMs + boundMs);
      }
    }
  }

  letGo(): void {
    this.#takes = true;
    this.#writer?.close().catch(documented);
    this.#writer?.releaseLock();
  }

  /** Ends all that would otherwise wait for more. */
  tidy(): void {
    this.#observerMoves = 0;
    for (const { playback } of this.#open) playback.end();
    for (const followed of this.#endless) this.#interruptOne(followed);
  }

  /** What becomes of sound on a call that nothing is left to do on. */
  async probe(): Promise<string> {
    const { call } = this.#line;
    const { writable } = call;
    if (!writable.locked) {
      const writer = writable.getWriter();
      await writer.write(this.#sound(50, 100));
      await writer.close();
    }
    return (await call.play(this.#sound(100, 100)).done).outcome;
  }

  /** How long `end()` may take from now on. */
  get longestEndMs(): number {
    if (this.#endless.length > 0 || this.#scenario.control === 'silent') return LONGEST_END_MS;
    let unheardMs = this.plainMs;
    for (const { playback, givenMs } of this.followed) unheardMs += givenMs - playback.heardMs;
    return unheardMs + END_MARGIN_MS;
  }

  get allSettled(): boolean {
    return this.followed.every(({ settled }) => settled !== undefined);
  }

  #play(kind: Source, ms: number): void {
    const value = this.#nextValue();
    const half = (): AudioFrame => this.#sound(ms / 2, value);
    const sources: Record<Source, () => [PlaySource, number]> = {
      frame: () => [this.#sound(ms, value), ms],
      array: () => [[half(), half()], ms],
      stream: () => [streamOf([half(), half()], 'closes'), ms],
      failing: () => [streamOf([half()], 'errors'), ms / 2],
      silent: () => [streamOf([half()], 'waits'), ms / 2],
      locked: () => {
        const stream = streamOf([half()], 'closes');
        stream.getReader();
        return [stream, 0];
      },
      stereo: () => [{ ...half(), channels: 2 }, 0],
    };
    const [source, givenMs] = sources[kind]();
    const followed = this.#follow(this.#line.call.play(source), givenMs, value);
    if (kind === 'silent') this.#endless.push(followed);
  }

  #follow(playback: Playback, givenMs: number, value = this.#nextValue()): Followed {
    const followed: Followed = { playback, value, givenMs, settled: undefined };
    this.followed.push(followed);
    void playback.done.then((end) => {
      followed.settled = end;
    });
    return followed;
  }

  #interruptOne(followed: Followed | undefined): void {
    if (followed === undefined) return;
    const wasSettled = followed.settled !== undefined;
    const end = followed.playback.interrupt();
    expect(end.heardMs).toBeLessThanOrEqual(end.sentMs);
    if (!wasSettled) this.interruptedOne = true;
  }

  #takeWriter(): WritableStreamDefaultWriter<Frame> | undefined {
    const { writable } = this.#line.call;
    if (writable.locked) return undefined;
    const writer = writable.getWriter();
    writer.closed.catch(documented);
    return writer;
  }

  #frame(kind: Written, ms: number): Frame {
    const sound = this.#sound(ms, 100);
    if (kind === 'audio') this.plainMs += ms;
    const frames: Record<Written, () => Frame> = {
      audio: () => sound,
      mark: () => ({ kind: 'mark', name: `m${ms}` }),
      clear: () => ({ kind: 'clear' }),
      message: () => ({ kind: 'message', message: { label: 'rtvi-ai' } }),
      'bad message': () => ({ kind: 'message', message: null as never }),
      dtmf: () => ({ kind: 'dtmf', digit: '1', track: 'outbound' }),
      stereo: () => ({ ...sound, channels: 2 }),
      stop: () => ({ kind: 'stop' }),
      'odd rate': () => ({ ...sound, sampleRate: 11_025 }),
    };
    return frames[kind]();
  }

  /** At the wire's rate, so that every sample arrives as it is. */
  #sound(ms: number, value: number): AudioFrame {
    const samples = mulaw.decode(mulaw.encode(new Int16Array(ms * 8).fill(value)));
    return { kind: 'audio', samples, sampleRate: 8000, channels: 1, timestampMs: 0, track: 'outbound' };
  }

  /** A value that µ-law carries as it is. */
  #nextValue(): number {
    const code = Uint8Array.of(0x81 + (this.#values++ % 90));
    return mulaw.decode(code)[0] as number;
  }

  #observe(phase: string): void {
    const { observer, observedPhase } = this.#scenario;
    if (phase !== observedPhase || this.#observerMoves <= 0 || observer === 'looks on') return;
    this.#observerMoves--;
    const { call } = this.#line;
    switch (observer) {
      case 'interrupts':
        call.interrupt();
        break;
      case 'sends':
        call.send(this.#sound(30, 100));
        break;
      case 'plays':
        this.#play('frame', 50);
        break;
      case 'ends':
        this.ended = true;
        void call.end();
        break;
      case 'throws':
        throw new Error('mine');
    }
  }
}

function streamOf(sounds: AudioFrame[], then: 'closes' | 'errors' | 'waits'): ReadableStream<AudioFrame> {
  return new ReadableStream<AudioFrame>(
    {
      pull(controller) {
        const sound = sounds.shift();
        if (sound !== undefined) controller.enqueue(sound);
        else if (then === 'closes') controller.close();
        else if (then === 'errors') controller.error(new Error('the source broke'));
        // A pull that never settles: nothing comes any more.
        else return new Promise<void>(() => {});
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
}

/** What a call may throw at an app: wrong sound, a source that is in use, a stream that is closed or was aborted. */
function documented(error: unknown): void {
  if (error instanceof TypeError) return;
  if (
    error instanceof MediaError &&
    ['wrong-format', 'invalid-argument', 'transport-closed'].includes(error.code)
  )
    return;
  if (error instanceof Error && error.message === 'barge-in') return;
  throw error;
}

function controlOf(kind: Scenario['control'], clock: () => Line['clock']): { control?: CallControl } {
  const controls: Record<Scenario['control'], CallControl | undefined> = {
    none: undefined,
    good: { hangUp: async () => {} },
    slow: { hangUp: () => new Promise((resolve) => clock().after(3000, resolve)) },
    silent: { hangUp: () => new Promise(() => {}) },
    throws: {
      hangUp: () => {
        throw new Error('at once');
      },
    },
    rejects: { hangUp: () => Promise.reject(new Error('later')) },
    'released throws': {
      hangUp: async () => {},
      released: () => {
        throw new Error('mine');
      },
    },
  };
  const control = controls[kind];
  return control ? { control } : {};
}

const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => void rejections.push(reason);

beforeAll(() => void process.on('unhandledRejection', noteRejection));
afterAll(() => void process.off('unhandledRejection', noteRejection));

async function run(given: Scenario): Promise<void> {
  rejections.length = 0;
  const signal = new AbortController();
  let line: Line | undefined;
  const { delayMs, markEveryMs, sampleRate } = given;
  line = await openLine({
    delayMs,
    call: {
      markEveryMs,
      sampleRate,
      signal: signal.signal,
      ...controlOf(given.control, () => (line as Line).clock),
    },
  });
  const { call, clock, phone } = line;
  const driven = new Run(line, given, signal);
  let over = false;
  void call.closed.then(() => {
    over = true;
  });
  for (const { step, thenMs } of given.steps) {
    driven.do(step);
    driven.check();
    await clock.advance(thenMs);
    driven.check();
  }
  driven.letGo();
  if (given.tidy) {
    driven.tidy();
    for (let waitedMs = 0; !driven.allSettled && !over && waitedMs < LONGEST_PLAY_MS; waitedMs += 500) {
      await clock.advance(500);
      driven.check();
    }
    expect(driven.allSettled || over).toBe(true);
    // Plain writes are nobody's playback.
    await clock.advance(driven.plainMs);
    const probe = driven.probe().catch(String);
    await clock.advance(1500);
    if (!over && !driven.ended) expect(await Promise.race([probe, 'pending'])).toBe('played');
  }
  const longestMs = driven.ended ? LONGEST_END_MS : driven.longestEndMs;
  void call.end();
  for (let waitedMs = 0; !over && waitedMs < longestMs; waitedMs += 1000) {
    await clock.advance(1000);
    driven.check();
  }
  expect(over).toBe(true);
  void phone.drop();
  await clock.advance(AFTER_THE_END_MS);
  driven.checkOutcomes();
  expect(clock.pending).toBe(0);
  // After the end nothing throws either.
  expect(call.send({ kind: 'clear' })).toBe(false);
  expect(call.interrupt()).toEqual({ playbacks: [] });
  expect((await call.play(new Int16Array(160)).done).outcome).toBe('call-ended');
  await macrotask();
  expect(rejections).toEqual([]);
}

test('whatever an app and a phone do, the call ends, all settles, nothing is left, and the ear agrees', async () => {
  await fc.assert(fc.asyncProperty(scenario, run), { seed: 711, numRuns: 150 });
}, 240_000);
