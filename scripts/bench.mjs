/**
 * What a message costs, beside the usual parts from npm: `pnpm bench`; `pnpm bench --json=FILE` writes the same as one JSON
 * object to a file, and `node scripts/bench.mjs --json` to standard output. `--only=WORDS` measures the rows whose names hold them.
 *
 * Both do the same work in alternating rounds, so that whatever else the machine does meets both, and what is counted is
 * the processor's time; a ratio is the median over the pairs of rounds, and above 1 Patchcord is faster.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import createSpeex from '@echogarden/speex-resampler-wasm/simd';
import { alaw, createResampler, mulaw, reuseSamples, twilio } from '@patchcord/core';

import { filterBank } from '../packages/core/dist/dsp/filter-bank.js';

const require = createRequire(import.meta.url);
const peerLaws = require('alawmulaw');
const { ConverterType, create: createSampleRate } = require('@alexanderolsen/libsamplerate-js');

const FRAME_MS = 20;
const FRAMES = 250; // 5 s of a call
const MESSAGES_PER_ROUND = 250; // short rounds: what else the machine does then meets both of a pair
const WARM_UP_ROUNDS = 40;
const ROUNDS = 61;
const SPEEX_QUALITY = 7;

const START = {
  kind: 'start',
  provider: 'twilio',
  streamId: 'MZ11223344556677889900aabbccddeeff',
  callId: 'CAffeeddccbbaa00998877665544332211',
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  tracks: ['inbound'],
  parameters: {},
};

/** Two voices and some noise, the same on every run. */
function sound(sampleRate) {
  let state = 1;
  return Array.from({ length: FRAMES }, (_, frame) =>
    Int16Array.from({ length: (sampleRate * FRAME_MS) / 1000 }, (_, index) => {
      const seconds = (frame * FRAME_MS) / 1000 + index / sampleRate;
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (
        6000 * Math.sin(2 * Math.PI * 210 * seconds) * Math.sin(2 * Math.PI * 3 * seconds) +
        2500 * Math.sin(2 * Math.PI * 1370 * seconds) +
        (state / 2 ** 32 - 0.5) * 600
      );
    }),
  );
}

const audio = (samples, sampleRate, track = 'inbound') => ({
  kind: 'audio',
  samples,
  sampleRate,
  channels: 1,
  timestampMs: 0,
  track,
});

// --- the peers ---

/** Loaded after the rows before it: see there. */
let speex;

/** One stream of speex, as a function from samples to fresh samples. */
function speexResampler(from, to) {
  const error = speex._malloc(4);
  const state = speex._speex_resampler_init(1, from, to, SPEEX_QUALITY, error);
  if (speex.HEAP32[error >> 2] !== 0) throw new Error(`speex does not convert ${from} Hz to ${to} Hz`);
  const input = speex._malloc(4096);
  const output = speex._malloc(8192);
  const lengths = speex._malloc(8);
  return (samples) => {
    speex.HEAP16.set(samples, input >> 1);
    speex.HEAP32[lengths >> 2] = samples.length;
    speex.HEAP32[(lengths >> 2) + 1] = 4096;
    speex._speex_resampler_process_int(state, 0, input, lengths, output, lengths + 4);
    return speex.HEAP16.slice(output >> 1, (output >> 1) + speex.HEAP32[(lengths >> 2) + 1]);
  };
}

/** One stream of libsamplerate, in floating-point numbers both in and out, into an array that it is given: its best. */
async function sampleRateResampler(from, to) {
  const converter = await createSampleRate(1, from, to, { converterType: ConverterType.SRC_SINC_FASTEST });
  const output = new Float32Array(4096);
  const length = { frames: 0 };
  const floats = new Map(
    sound(from).map((samples) => [samples.length, Float32Array.from(samples, (x) => x / 32_768)]),
  );
  return (samples) => {
    converter.full(floats.get(samples.length), output, length);
    return { length: length.frames };
  };
}

/** The package once more, without WebAssembly, for which a resampler asks when it is first made. */
async function withoutVectors() {
  const folder = mkdtempSync(join(tmpdir(), 'patchcord-bench-'));
  try {
    cpSync(fileURLToPath(new URL('../packages/core/dist', import.meta.url)), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const { createResampler: create } = await import(pathToFileURL(join(folder, 'index.js')).href);
    const { WebAssembly: vectors } = globalThis;
    return (options) => {
      globalThis.WebAssembly = undefined;
      try {
        return create(options);
      } finally {
        globalThis.WebAssembly = vectors;
      }
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const createPlainResampler = await withoutVectors();

const asIs = (samples) => samples;

// --- the measures ---

const wire = sound(8000).map((samples, index) => ({
  ...audio(samples, 8000),
  timestampMs: index * FRAME_MS,
}));
const provider = twilio.createProviderSerializer();
const opening = provider.serialize(START);
// As a socket hands them over: flat strings.
const messages = wire
  .flatMap((frame) => provider.serialize(frame))
  .map((text) => Buffer.from(text).toString());
const sent = Buffer.alloc(4096);

function ourSide() {
  const serializer = twilio.createSerializer();
  for (const message of opening) serializer.deserialize(message);
  return serializer;
}

function ourResampler(from, to, quality, allocate) {
  if (from === to) return asIs;
  const resampler = createResampler({ from, to, quality });
  return (samples) => resampler.push(samples, allocate);
}

/** With `once`, the frame between serializer and resampler is read at once by the latter, and nobody else sees it. */
function reading(sampleRate, quality, once = false) {
  const ours = ourSide();
  const allocate = once ? reuseSamples() : undefined;
  const convert = ourResampler(8000, sampleRate, quality);
  const peerConvert = sampleRate === 8000 ? asIs : speexResampler(8000, sampleRate);
  return {
    name: `media message -> PCM16 at ${inWords(sampleRate, quality)}${once ? ', at once' : ''}`,
    peer: `JSON.parse + Buffer + alawmulaw${sampleRate === 8000 ? '' : ` + speex q${SPEEX_QUALITY}`}`,
    inputs: messages,
    ours: (message) => convert(ours.deserialize(message, allocate)[0].samples).length,
    theirs: (message) =>
      peerConvert(peerLaws.mulaw.decode(Buffer.from(JSON.parse(message).media.payload, 'base64'))).length,
  };
}

function writing(sampleRate, quality, once = false) {
  const ours = ourSide();
  const convert = ourResampler(sampleRate, 8000, quality, once ? reuseSamples() : undefined);
  const peerConvert = sampleRate === 8000 ? asIs : speexResampler(sampleRate, 8000);
  const { streamId: streamSid } = START;
  return {
    name: `PCM16 at ${inWords(sampleRate, quality)} -> media message${once ? ', at once' : ''}`,
    peer: `${sampleRate === 8000 ? '' : `speex q${SPEEX_QUALITY} + `}alawmulaw + Buffer + JSON.stringify`,
    inputs: sound(sampleRate),
    // Written out, because engines put off the joining of strings until somebody reads them.
    ours: (samples) => sent.latin1Write(ours.serialize(audio(convert(samples), 8000, 'outbound'))[0], 0),
    theirs(samples) {
      const payload = Buffer.from(peerLaws.mulaw.encode(peerConvert(samples))).toString('base64');
      return sent.latin1Write(JSON.stringify({ event: 'media', streamSid, media: { payload } }), 0);
    },
  };
}

/** Bytes that a stream keeps of what it was given. Coefficients are shared by all streams. */
const stateBytes = (from, to, quality) => 2 * (filterBank(from, to, quality).taps - 1);

function converting(from, to, quality) {
  return {
    name: `${from / 1000} -> ${inWords(to, quality)}`,
    peer: `speex q${SPEEX_QUALITY}`,
    stateBytes: stateBytes(from, to, quality),
    times: from % 8000 === 0 ? MESSAGES_PER_ROUND : MESSAGES_PER_ROUND / 5,
    inputs: sound(from),
    ours: lengthOf(ourResampler(from, to, quality)),
    theirs: lengthOf(speexResampler(from, to)),
  };
}

function convertingPlainly(from, to, quality) {
  const resampler = createPlainResampler({ from, to, quality });
  return {
    ...converting(from, to, quality),
    name: `${from / 1000} -> ${inWords(to, quality)}, plain form`,
    ours: (samples) => resampler.push(samples).length,
  };
}

async function convertingBesideLibsamplerate(from, to, quality) {
  return {
    ...converting(from, to, quality),
    peer: 'libsamplerate fastest, floats',
    theirs: lengthOf(await sampleRateResampler(from, to)),
  };
}

const lengthOf = (convert) => (samples) => convert(samples).length;

/** Both ways, in fresh arrays and in one that is there. The peer makes fresh ones; one by one it is slower still. */
function law(name, codec, peer, length) {
  const [long] = [sound(8000).flatMap((frame) => [...frame])];
  const samples = Array.from({ length: long.length / length }, (_, index) =>
    Int16Array.from(long.slice(index * length, (index + 1) * length)),
  );
  const codes = samples.map((part) => codec.encode(part));
  const [sampleRoom, codeRoom] = [new Int16Array(length), new Uint8Array(length)];
  const row = (what, inputs, ours, theirs) => ({
    name: `${name} ${what}, ${length}`,
    peer: 'alawmulaw',
    times: Math.max(1, Math.round((MESSAGES_PER_ROUND * 160) / length)),
    inputs,
    ours,
    theirs,
  });
  const decode = (input) => peer.decode(input).length;
  const encode = (input) => peer.encode(input).length;
  return [
    row('decode', codes, (input) => codec.decode(input).length, decode),
    row('decodeInto', codes, (input) => codec.decodeInto(input, sampleRoom), decode),
    row('encode', samples, (input) => codec.encode(input).length, encode),
    row('encodeInto', samples, (input) => codec.encodeInto(input, codeRoom), encode),
  ];
}

const QUALITIES = ['low-latency', 'balanced'];

/**
 * In groups, measured before the next is made. The first comes before the peers in WebAssembly are loaded, as their memory
 * grows, and once a process has detached a buffer, engines check for that in every loop over typed arrays.
 */
const groups = [
  () =>
    [160, 8000].flatMap((length) => [
      ...law('µ-law', mulaw, peerLaws.mulaw, length),
      ...law('A-law', alaw, peerLaws.alaw, length),
    ]),
  async () => {
    speex = await createSpeex();
    return [
      reading(8000),
      ...[16_000, 24_000].flatMap((rate) =>
        QUALITIES.flatMap((quality) => [reading(rate, quality), reading(rate, quality, true)]),
      ),
      writing(8000),
      ...[16_000, 24_000].flatMap((rate) =>
        QUALITIES.flatMap((quality) => [writing(rate, quality), writing(rate, quality, true)]),
      ),
      parsing(),
      ...[
        [8000, 16_000],
        [24_000, 8000],
        [44_100, 8000],
      ].flatMap(([from, to]) => QUALITIES.map((quality) => converting(from, to, quality))),
      convertingPlainly(8000, 16_000, 'low-latency'),
      convertingPlainly(24_000, 8000, 'low-latency'),
    ];
  },
  async () => [await convertingBesideLibsamplerate(44_100, 8000, 'low-latency')],
];

/** What the bounds on messages were set by. */
function parsing() {
  const ours = ourSide();
  return {
    name: 'media message -> frame of 8 kHz, read at once',
    peer: 'JSON.parse alone',
    inputs: messages,
    ours: (
      (allocate) => (message) =>
        ours.deserialize(message, allocate).length
    )(reuseSamples()),
    theirs: (message) => JSON.parse(message).media.payload.length,
  };
}

function inWords(sampleRate, quality) {
  return `${sampleRate / 1000} kHz${quality ? `, ${quality}` : ''}`;
}

// --- the clock ---

let consumed = 0; // keeps the engine from dropping work that nobody looks at

/** Microseconds a message: of the processor, collector included, so that what else runs on the machine does not count. */
function round(work, inputs, times) {
  const before = process.cpuUsage();
  for (let index = 0; index < times; index++) consumed += work(inputs[index % inputs.length]);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

function measure({ name, peer, stateBytes, times = MESSAGES_PER_ROUND, inputs, ours, theirs }) {
  for (let warm = 0; warm < WARM_UP_ROUNDS; warm++) {
    round(ours, inputs, times);
    round(theirs, inputs, times);
  }
  const pairs = Array.from({ length: ROUNDS }, (_, index) => {
    if (index % 2 === 0) return { ours: round(ours, inputs, times), theirs: round(theirs, inputs, times) };
    const first = round(theirs, inputs, times);
    return { ours: round(ours, inputs, times), theirs: first };
  });
  const own = summary(pairs.map((pair) => pair.ours));
  const ratio = summary(pairs.map((pair) => pair.theirs / pair.ours));
  return {
    name,
    unit: 'µs',
    median: own.median,
    spread: own.spread,
    ratio: ratio.median,
    ratioSpread: ratio.spread,
    peer,
    peerMedian: summary(pairs.map((pair) => pair.theirs)).median,
    ...(stateBytes !== undefined && { stateBytes }),
  };
}

/** The middle, and how far apart the quarters beside it lie. */
function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.round((sorted.length - 1) * part)];
  return { median: rounded(at(0.5)), spread: rounded(at(0.75) - at(0.25)) };
}

const rounded = (value) => Number(value.toPrecision(3));

// --- the answer ---

const options = new Map(process.argv.slice(2).map((argument) => argument.split(/=(.*)/s)));
// Servers on real sockets are measured by a program of its own, which ends the process.
if (options.has('--server')) await import('./bench-server.mjs');
const only = options.get('--only') ?? '';
const rows = [];
for (const group of groups) {
  for (const row of await group()) if (row.name.includes(only)) rows.push(measure(row));
}
const json = options.get('--json');
if (json) writeFileSync(json, `${JSON.stringify({ rows }, null, 2)}\n`);
if (options.has('--json') && !json) {
  console.log(JSON.stringify({ rows }));
} else {
  const table = [
    ['', 'µs', '± ', 'peer µs', 'ratio', '± ', 'state', 'peer'],
    ...rows.map((row) => [
      row.name,
      row.median,
      row.spread,
      row.peerMedian,
      `${row.ratio} x`,
      row.ratioSpread,
      row.stateBytes === undefined ? '' : `${row.stateBytes} B`,
      row.peer,
    ]),
  ].map((cells) => cells.map(String));
  const widths = table[0].map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
  const aligned = (cells) =>
    cells.map((cell, column) =>
      column === 0 || column === cells.length - 1
        ? cell.padEnd(widths[column])
        : cell.padStart(widths[column]),
    );
  for (const cells of table) console.log(aligned(cells).join('  ').trimEnd());
  console.log(
    `\nOne message is ${FRAME_MS} ms of sound. Median of ${ROUNDS} paired rounds of ${MESSAGES_PER_ROUND}; ± is the distance between the quartiles.`,
  );
}
if (consumed === 0) process.exitCode = 1;
