/**
 * Throws rubbish at serializers and at the engines of the streams: messages and frames that are nearly right, right in the
 * wrong place, or nothing at all. Seeded, so that what is found is found again.
 *
 * Nothing but a `MediaError` may be thrown, and what was thrown at must work as before.
 *
 * @module
 */

import {
  type AudioFrame,
  type Frame,
  type FrameSerializer,
  linear16,
  MediaError,
  type MessageData,
  mulaw,
  type Provider,
  type StartFrame,
  twilio,
  vonage,
} from '@patchcord/core';

/** Options of a run. */
export interface FuzzOptions {
  readonly seed: number;
  /** Messages and frames, together. */
  readonly count: number;
}

/** What a run met, so that a test can see that it met something. */
export interface FuzzReport {
  readonly accepted: number;
  readonly refused: number;
}

/** A serializer of either side, for frames that may be wrong. */
type AnySerializer = FrameSerializer<Frame, Frame>;

interface Target {
  readonly name: string;
  readonly provider: Provider;
  readonly start: StartFrame;
  readonly good: AudioFrame;
  ours: AnySerializer;
  theirs: AnySerializer;
  /** Messages that were once good. */
  readonly seeds: readonly MessageData[];
}

/** After so many, a stream is begun anew: some things are only met early. */
const STREAM_STEPS = 200;

/** Deeper than recursion goes. */
const DEPTH = 20_000;

const ODD_TEXTS = [
  '',
  '0',
  '-1',
  '1e999',
  'NaN',
  'inbound',
  '\u0000',
  '\ud800',
  '"',
  '\\',
  '=',
  '__proto__',
  'é',
];

/**
 * Runs the fuzzer.
 *
 * @throws {Error} at the first thing that should not happen, with its seed and step.
 */
export function fuzz({ seed, count }: FuzzOptions): FuzzReport {
  const random = new Random(seed);
  const targets = [twilioTarget(), ...[8000, 16_000, 24_000].map(vonageTarget)];
  const report = { accepted: 0, refused: 0 };
  for (let step = 0; step < count; step++) {
    const target = targets[step % targets.length] as Target;
    if (random.below(STREAM_STEPS) === 0) begin(target);
    const what = `seed ${seed}, step ${step}, ${target.name}`;
    const accepted =
      random.below(3) > 0
        ? deserializes(target, oddMessage(random, target), random.below(4) === 0, what)
        : serializes(target, oddFrame(random, target), random.below(2) === 0, what);
    if (accepted) report.accepted++;
    else report.refused++;
    stillWorks(target, what);
  }
  return report;
}

/** Odd messages of a Twilio stream that has begun. */
export function* oddMessages({ seed, count }: FuzzOptions): Generator<MessageData, void> {
  const random = new Random(seed);
  const target = twilioTarget();
  for (let step = 0; step < count; step++) yield oddMessage(random, target);
}

/** Odd frames, audio more often than not. */
export function* oddFrames({ seed, count }: FuzzOptions): Generator<Frame, void> {
  const random = new Random(seed);
  const { good, ...target } = twilioTarget();
  for (let step = 0; step < count; step++) {
    const sound = {
      ...good,
      sampleRate: random.pick([8000, 8000, 16_000, 44_100, 11_025, 0, -8000, 1e9, 8000.5]),
      channels: random.pick([1, 1, 1, 1, 2, 0, -1, 1.5, 1e9]),
      samples: good.samples.slice(0, random.below(good.samples.length)),
    };
    yield random.below(3) > 0 ? sound : oddFrame(random, { ...target, good });
  }
}

// --- what is thrown at ---

function twilioTarget(): Target {
  const samples = mulaw.decode(Uint8Array.from({ length: 160 }, (_, index) => 128 + (index % 120)));
  return target(twilio, samples, twilio.format.sampleRate);
}

function vonageTarget(sampleRate: number): Target {
  const samples = Int16Array.from({ length: sampleRate / 50 }, (_, index) => index * 31 - 4000);
  return target(vonage, linear16.decode(linear16.encode(samples)), sampleRate);
}

function target(provider: Provider, samples: Int16Array<ArrayBuffer>, sampleRate: number): Target {
  const start: StartFrame = {
    kind: 'start',
    provider: provider.name,
    streamId: 'MZ11223344556677889900aabbccddeeff',
    callId: 'MZ11223344556677889900aabbccddeeff',
    format: { ...provider.format, sampleRate },
    tracks: ['inbound'],
    parameters: { caller: '+15551230001' },
  };
  const good: AudioFrame = {
    kind: 'audio',
    samples,
    sampleRate,
    channels: 1,
    timestampMs: 0,
    track: 'inbound',
  };
  const theirs = provider.createProviderSerializer() as AnySerializer;
  const ours = provider.createSerializer() as AnySerializer;
  const fromCall: Frame[] = [
    start,
    good,
    { kind: 'dtmf', digit: '5', track: 'inbound' },
    { kind: 'mark', name: 'a' },
    { kind: 'stop' },
    { kind: 'unknown', event: 'new', message: { event: 'new', x: [1, { y: null }] } },
  ];
  const seeds: MessageData[] = fromCall.flatMap((frame) => theirs.serialize(frame));
  for (const message of seeds.slice(0, 2)) {
    if (typeof message === 'string') ours.deserialize(message);
  }
  const toCall: Frame[] = [{ ...good, track: 'outbound' }, { kind: 'mark', name: 'a' }, { kind: 'clear' }];
  for (const frame of toCall) seeds.push(...ours.serialize(frame));
  const made: Target = { name: `${provider.name} ${sampleRate}`, provider, start, good, ours, theirs, seeds };
  begin(made);
  return made;
}

function begin(target: Target): void {
  target.ours = target.provider.createSerializer() as AnySerializer;
  target.theirs = target.provider.createProviderSerializer() as AnySerializer;
  for (const message of target.theirs.serialize(target.start)) target.ours.deserialize(message);
}

function deserializes(target: Target, message: MessageData, atTheirs: boolean, what: string): boolean {
  return attempt(what, () => {
    target.provider.matches(message);
    const frames = (atTheirs ? target.theirs : target.ours).deserialize(message);
    if (frames.some(({ kind }) => kind === 'stop')) begin(target);
  });
}

function serializes(target: Target, frame: Frame, atTheirs: boolean, what: string): boolean {
  return attempt(what, () => {
    for (const message of (atTheirs ? target.theirs : target.ours).serialize(frame)) {
      if (typeof message !== 'string' && !(message instanceof Uint8Array))
        throw new Error(`${what}: wrote neither text nor bytes`);
    }
  });
}

/** Whether it was accepted. */
function attempt(what: string, run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof MediaError) return false;
    throw new Error(`${what}: threw ${String(error)}`, { cause: error });
  }
}

/** A good message each way gives what it always gives. */
function stillWorks({ ours, theirs, good }: Target, what: string): void {
  const [heard] = theirs.serialize(good).flatMap((message) => ours.deserialize(message));
  const [played] = ours
    .serialize({ ...good, track: 'outbound' })
    .flatMap((message) => theirs.deserialize(message));
  for (const frame of [heard, played]) {
    if (frame?.kind !== 'audio' || !sameSamples(frame.samples, good.samples))
      throw new Error(`${what}: not usable after`);
  }
}

function sameSamples(a: Int16Array, b: Int16Array): boolean {
  return a.length === b.length && a.every((sample, index) => sample === b[index]);
}

// --- what is thrown ---

function oddMessage(random: Random, { seeds }: Target): MessageData {
  const seed = random.pick(seeds);
  const bytes = random.below(6);
  if (typeof seed !== 'string') {
    if (bytes === 0) return new Uint8Array(random.bytes(random.below(400))).buffer;
    return random.bytes(random.below(2000));
  }
  let text = seed;
  switch (random.below(40) === 0 ? -1 : random.below(8)) {
    case -1:
      text = deepened(random, seed);
      break;
    case 0:
      text = String.fromCharCode(...Array.from({ length: random.below(60) }, () => random.below(0x10000)));
      break;
    case 1:
    case 2:
    case 3:
      text = JSON.stringify(oddJson(random, JSON.parse(seed)));
      break;
    case 4:
      text = seed.replace(
        random.pick(['"media"', '"inbound"', '"payload":', 'MZ11']),
        random.pick(ODD_TEXTS),
      );
      break;
    default:
      for (let edits = 1 + random.below(4); edits > 0; edits--) text = edited(random, text);
  }
  if (bytes > 1) return text;
  const encoded = new TextEncoder().encode(text);
  if (bytes === 0 && encoded.length > 0) encoded[random.below(encoded.length)] = random.below(256);
  return encoded;
}

function edited(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const char = String.fromCharCode(random.below(random.below(8) === 0 ? 0x10000 : 0x80));
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at) + char + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + char + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + random.below(8));
    case 3:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + text.slice(Math.max(0, at - random.below(20)));
  }
}

/** A value of it nested deeper than a stack is high. */
function deepened(random: Random, text: string): string {
  let place = random.below(8);
  const deep = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
  return text.replaceAll(/:("[^"]*"|\d+)/g, (value) => (place-- === 0 ? `:${deep}` : value));
}

/** JSON with one place of it replaced, removed, or joined by another. */
function oddJson(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.below(4) === 0) return oddValue(random);
  if (Array.isArray(value))
    return value.map((item) => (random.below(2) === 0 ? oddJson(random, item) : item));
  const fields = Object.entries(value);
  const place = random.below(fields.length + 1);
  const field = fields[place];
  if (!field) return { ...value, [random.pick(ODD_TEXTS)]: oddValue(random) };
  if (random.below(6) === 0) return Object.fromEntries(fields.filter((_, index) => index !== place));
  return { ...value, [field[0]]: oddJson(random, field[1]) };
}

/** Something that JSON can write. */
function oddValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => random.below(2) === 0,
    () => random.pick([0, -1, 1.5, 1e15, 1e308, Number.NaN, 2 ** 53]),
    () => random.pick(ODD_TEXTS),
    () => 'x'.repeat(random.below(3000)),
    () => [],
    () => ({}),
    () => [1, [2, { three: 'four' }]],
    () => nested(random.below(50)),
  ])();
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** A frame of any kind, some of its fields not what they are typed to be. */
function oddFrame(random: Random, { good, start }: Target): Frame {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const frame = random.pick<() => Frame>([
    () => ({ ...good, samples: new Int16Array(random.below(500)) }),
    () => good,
    () => ({ kind: 'mark', name: random.pick(ODD_TEXTS) }),
    () => ({ kind: 'clear' }),
    () => ({ kind: 'dtmf', digit: '*', track: 'outbound' }),
    () => ({ kind: 'message', message: { a: 1 } }),
    () => ({ kind: 'unknown', event: 'x', message: { event: 'x' } }),
    () => start,
    () => ({ kind: 'unheard-of' }) as unknown as Frame,
  ])();
  const odd: Record<string, unknown> = { ...frame };
  const keys = Object.keys(odd);
  for (let changes = random.below(3); changes > 0; changes--) {
    odd[random.pick(keys)] = random.pick<() => unknown>([
      () => oddValue(random),
      () => nested(DEPTH),
      () => undefined,
      () => circle,
      () => 1n,
      () => Symbol('odd'),
      () => new Float32Array(8),
      () => new Uint8Array(8),
      () => new Int16Array(8),
    ])();
  }
  return odd as unknown as Frame;
}

/** Random numbers, the same everywhere: mulberry32. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to a bound. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
