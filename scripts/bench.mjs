/**
 * What a message costs, beside the usual parts from npm: `pnpm bench`, or `pnpm bench --json` for one JSON object.
 *
 * Both do the same work in alternating rounds, so that whatever else the machine does meets both; a ratio is the
 * median over the pairs of rounds, and above 1 Patchcord is faster.
 */
import { createRequire } from 'node:module';
import createSpeex from '@echogarden/speex-resampler-wasm/simd';
import { alaw, createResampler, mulaw, twilio } from '@patchcord/core';

const peerLaws = createRequire(import.meta.url)('alawmulaw');

const FRAME_MS = 20;
const FRAMES = 250; // 5 s of a call
const MESSAGES_PER_ROUND = 250; // short rounds: what else the machine does then meets both of a pair
const WARM_UP_ROUNDS = 40;
const ROUNDS = 151;
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

const speex = await createSpeex();

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

function ourResampler(from, to, quality) {
  if (from === to) return asIs;
  const resampler = createResampler({ from, to, quality });
  return (samples) => resampler.push(samples);
}

function reading(sampleRate, quality) {
  const ours = ourSide();
  const convert = ourResampler(8000, sampleRate, quality);
  const peerConvert = sampleRate === 8000 ? asIs : speexResampler(8000, sampleRate);
  return {
    name: `media message -> PCM16 at ${inWords(sampleRate, quality)}`,
    peer: `JSON.parse + Buffer + alawmulaw${sampleRate === 8000 ? '' : ` + speex q${SPEEX_QUALITY}`}`,
    inputs: messages,
    ours: (message) => convert(ours.deserialize(message)[0].samples).length,
    theirs: (message) =>
      peerConvert(peerLaws.mulaw.decode(Buffer.from(JSON.parse(message).media.payload, 'base64'))).length,
  };
}

function writing(sampleRate, quality) {
  const ours = ourSide();
  const convert = ourResampler(sampleRate, 8000, quality);
  const peerConvert = sampleRate === 8000 ? asIs : speexResampler(sampleRate, 8000);
  const { streamId: streamSid } = START;
  return {
    name: `PCM16 at ${inWords(sampleRate, quality)} -> media message`,
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

function converting(from, to, quality) {
  return {
    name: `${from / 1000} -> ${inWords(to, quality)}`,
    peer: `speex q${SPEEX_QUALITY}`,
    inputs: sound(from),
    ours: lengthOf(ourResampler(from, to, quality)),
    theirs: lengthOf(speexResampler(from, to)),
  };
}

const lengthOf = (convert) => (samples) => convert(samples).length;

function law(name, codec, peer) {
  const samples = sound(8000);
  return [
    {
      name: `${name} decode, 160 codes`,
      peer: 'alawmulaw',
      inputs: samples.map((frame) => codec.encode(frame)),
      ours: (codes) => codec.decode(codes).length,
      theirs: (codes) => peer.decode(codes).length,
    },
    {
      name: `${name} encode, 160 samples`,
      peer: 'alawmulaw',
      inputs: samples,
      ours: (frame) => codec.encode(frame).length,
      theirs: (frame) => peer.encode(frame).length,
    },
  ];
}

const measures = [
  reading(8000),
  reading(16000, 'low-latency'),
  reading(16000, 'balanced'),
  reading(24000, 'low-latency'),
  reading(24000, 'balanced'),
  writing(8000),
  writing(16000, 'low-latency'),
  writing(16000, 'balanced'),
  writing(24000, 'low-latency'),
  writing(24000, 'balanced'),
  converting(8000, 16000, 'low-latency'),
  converting(8000, 16000, 'balanced'),
  converting(24000, 8000, 'low-latency'),
  converting(24000, 8000, 'balanced'),
  converting(44100, 8000, 'low-latency'),
  converting(44100, 8000, 'balanced'),
  ...law('µ-law', mulaw, peerLaws.mulaw),
  ...law('A-law', alaw, peerLaws.alaw),
];

function inWords(sampleRate, quality) {
  return `${sampleRate / 1000} kHz${quality ? `, ${quality}` : ''}`;
}

// --- the clock ---

let consumed = 0; // keeps the engine from dropping work that nobody looks at

/** Microseconds a message. */
function round(work, inputs) {
  const before = process.hrtime.bigint();
  for (let index = 0; index < MESSAGES_PER_ROUND; index++) consumed += work(inputs[index % inputs.length]);
  return Number(process.hrtime.bigint() - before) / 1000 / MESSAGES_PER_ROUND;
}

function measure({ name, peer, inputs, ours, theirs }) {
  for (let warm = 0; warm < WARM_UP_ROUNDS; warm++) {
    round(ours, inputs);
    round(theirs, inputs);
  }
  const pairs = Array.from({ length: ROUNDS }, (_, index) => {
    if (index % 2 === 0) return { ours: round(ours, inputs), theirs: round(theirs, inputs) };
    const first = round(theirs, inputs);
    return { ours: round(ours, inputs), theirs: first };
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

const rows = measures.map(measure);
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ rows }));
} else {
  const table = [
    ['', 'µs', '± ', 'peer µs', 'ratio', '± ', 'peer'],
    ...rows.map((row) => [
      row.name,
      row.median,
      row.spread,
      row.peerMedian,
      `${row.ratio} x`,
      row.ratioSpread,
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
