/**
 * Writes the resampler's data sheet, `docs/resampler.md`, and its plots: `node scripts/resampler-sheet.mjs`.
 *
 * Every figure is measured here and now, by the same code as the tests use; only those of libraries that are not
 * installed are written down below.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import createSpeex from '@echogarden/speex-resampler-wasm/simd';
import { rollup } from 'rollup';
import { fromSource } from './inline-worklet.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const QUALITIES = ['low-latency', 'balanced', 'best'];
const RATES = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const TELEPHONE = RATES.filter((rate) => rate !== 8000).flatMap((rate) => [
  [8000, rate],
  [rate, 8000],
]);
const OTHERS = [
  [16_000, 24_000],
  [24_000, 16_000],
  [16_000, 48_000],
  [48_000, 16_000],
  [44_100, 48_000],
  [48_000, 44_100],
];

const SPEEX_QUALITY = 7;
const WARM_UP_ROUNDS = 20;
const ROUNDS = 61;
const FRAMES_PER_ROUND = 100;

const { compute, createPlainResampler, createResampler, groupDelay, impulseResponse, measure, filterBank } =
  await sources();
const speex = await createSpeex();

/** The sources as a module that Node can import. */
async function sources() {
  const entry = '\0sheet';
  const modules = {
    [join(ROOT, 'packages/core/test/dsp/metrics.ts')]: ['compute', 'impulseResponse', 'measure'],
    [join(ROOT, 'packages/core/src/dsp/resampler.ts')]: ['createPlainResampler', 'createResampler'],
    [join(ROOT, 'packages/core/src/dsp/filter-bank.ts')]: ['filterBank'],
    [join(ROOT, 'packages/core/src/dsp/filter.ts')]: ['groupDelay'],
  };
  const code = Object.entries(modules).map(
    ([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(file)};`,
  );
  const { plugins } = fromSource(entry);
  const bundle = await rollup({
    input: entry,
    plugins: [
      {
        name: 'sheet',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? code.join('\n') : null),
      },
      ...plugins,
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), 'resampler-sheet-'));
  try {
    const file = join(folder, 'sources.mjs');
    await bundle.write({ file, format: 'es' });
    return await import(pathToFileURL(file).href);
  } finally {
    await bundle.close();
    rmSync(folder, { recursive: true });
  }
}

// --- measuring ---

function row(from, to, quality) {
  const conversion = { from, to, quality };
  const computed = compute(conversion);
  const measured = measure({ ...conversion, form: 'chosen' });
  const { taps } = filterBank(from, to, quality);
  return {
    ...conversion,
    ...computed,
    thdNoiseDb: measured.thdNoiseDb,
    delayMs: createResampler(conversion).delayMs,
    stateBytes: 2 * (taps - 1),
    ...speed(conversion),
  };
}

/** Nanoseconds for 20 ms of sound, each form beside speex in the same rounds. */
function speed(conversion) {
  const { from, to } = conversion;
  const inputs = Array.from({ length: 50 }, (_, frame) =>
    Int16Array.from({ length: from / 50 }, (_, index) => {
      const seconds = frame / 50 + index / from;
      return 8000 * Math.sin(2 * Math.PI * 210 * seconds) + 3000 * Math.sin(2 * Math.PI * 1370 * seconds);
    }),
  );
  const vectors = createResampler(conversion);
  const plain = createPlainResampler(conversion);
  const peer = speexResampler(from, to);
  const candidates = {
    vectors: (samples) => vectors.push(samples),
    plain: (samples) => plain.push(samples),
    speex: peer.push,
  };
  const times = { vectors: [], plain: [], speex: [] };
  for (let index = -WARM_UP_ROUNDS; index < ROUNDS; index++) {
    for (const [name, push] of Object.entries(candidates)) {
      const before = process.hrtime.bigint();
      for (let n = 0; n < FRAMES_PER_ROUND; n++) push(inputs[n % inputs.length]);
      const ns = Number(process.hrtime.bigint() - before) / FRAMES_PER_ROUND;
      if (index >= 0) times[name].push(ns);
    }
  }
  peer.close();
  const against = (name) => median(times.speex.map((ns, index) => ns / times[name][index]));
  return {
    ns: median(times.vectors),
    ratio: against('vectors'),
    plainNs: median(times.plain),
    plainRatio: against('plain'),
  };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function speexResampler(from, to) {
  const error = speex._malloc(4);
  const state = speex._speex_resampler_init(1, from, to, SPEEX_QUALITY, error);
  const input = speex._malloc(8192);
  const output = speex._malloc(16_384);
  const lengths = speex._malloc(8);
  const convert = (heap, shift, process) => (samples) => {
    heap().set(samples, input >> shift);
    speex.HEAP32[lengths >> 2] = samples.length;
    speex.HEAP32[(lengths >> 2) + 1] = 4096;
    process(state, 0, input, lengths, output, lengths + 4);
    return heap().slice(output >> shift, (output >> shift) + speex.HEAP32[(lengths >> 2) + 1]);
  };
  return {
    push: convert(() => speex.HEAP16, 1, speex._speex_resampler_process_int),
    pushFloats: convert(() => speex.HEAPF32, 2, speex._speex_resampler_process_float),
    close() {
      speex._speex_resampler_destroy(state);
      for (const address of [error, input, output, lengths]) speex._free(address);
    },
  };
}

/** What comes out of speex for a single sample, on the grid of the higher rate; for whole ratios. */
function speexImpulse(from, to) {
  const down = Math.max(1, from / to);
  const up = Math.max(1, to / from);
  const response = new Float64Array(Math.max(from, to) / 25);
  for (let late = 0; late < down; late++) {
    const peer = speexResampler(from, to);
    const impulse = new Float32Array(from / 25 + down);
    impulse[late] = 1;
    peer.pushFloats(impulse).forEach((sample, index) => {
      const at = index * down - late;
      if (at >= 0 && at < response.length) response[at] = sample / up;
    });
    peer.close();
  }
  return response;
}

// --- plots ---

const COLOURS = { 'low-latency': '#0b7285', balanced: '#d9480f', best: '#5f3dc4', speex: '#868e96' };

function plots() {
  return [
    [8000, 16_000],
    [24_000, 8000],
  ].flatMap(([from, to]) => {
    const grid = Math.max(from, to);
    const filters = [
      ...QUALITIES.map((quality) => ({
        name: quality,
        taps: impulseResponse({ from, to, quality }),
        ahead: filterBank(from, to, quality).offset,
      })),
      { name: `speex quality ${SPEEX_QUALITY}`, taps: speexImpulse(from, to), ahead: 0 },
    ];
    const name = `${from}-${to}.svg`;
    const title = `${from / 1000} to ${to / 1000} kHz`;
    const curves = (points) =>
      filters.map((filter) => ({
        name: filter.name,
        colour: COLOURS[filter.name] ?? COLOURS.speex,
        points: points(filter),
      }));
    const gains = (frequencies) => (filter) =>
      frequencies.map((frequency) => [frequency / 1000, gainDb(filter.taps, frequency / grid)]);
    return [
      [
        `response-${name}`,
        plot({
          title: `Frequency response, ${title}`,
          x: { label: 'kHz', from: 0, to: grid / 2000, step: grid / 16_000 },
          y: { label: 'dB', from: -130, to: 10, step: 20 },
          curves: curves(gains(steps(0, grid / 2, 10))),
        }),
      ],
      [
        `edge-${name}`,
        plot({
          title: `The edge of the telephone band, ${title}`,
          x: { label: 'kHz', from: 3, to: 4.6, step: 0.2 },
          y: { label: 'dB', from: -50, to: 5, step: 10 },
          curves: curves(gains(steps(3000, 4600, 5))),
        }),
      ],
      [
        `delay-${name}`,
        plot({
          title: `Group delay, ${title}`,
          x: { label: 'kHz', from: 0, to: 3.6, step: 0.4 },
          y: { label: 'ms', from: 0, to: 9, step: 1 },
          curves: curves(({ taps, ahead }) =>
            steps(50, 3600, 25).map((frequency) => [
              frequency / 1000,
              (1000 * (groupDelay(taps, frequency / grid) - ahead)) / grid,
            ]),
          ),
        }),
      ],
      [
        `impulse-${name}`,
        plot({
          title: `Impulse response, ${title}`,
          x: { label: 'ms', from: 0, to: 16, step: 2 },
          y: { label: '', from: -0.6, to: 1.2, step: 0.2 },
          curves: curves(({ taps }) => {
            const peak = Math.max(...taps);
            return [...taps]
              .map((tap, index) => [(1000 * index) / grid, tap / peak])
              .filter(([ms]) => ms <= 16);
          }),
        }),
      ],
    ];
  });
}

function steps(first, last, step) {
  return Array.from({ length: Math.round((last - first) / step) + 1 }, (_, index) => first + index * step);
}

function gainDb(taps, cyclesPerSample) {
  let [re, im] = [0, 0];
  taps.forEach((tap, n) => {
    re += tap * Math.cos(2 * Math.PI * cyclesPerSample * n);
    im += tap * Math.sin(2 * Math.PI * cyclesPerSample * n);
  });
  return 20 * Math.log10(Math.max(1e-9, Math.hypot(re, im)));
}

/** A line chart. Curves are cut off at the edges of the frame. */
function plot({ title, x, y, curves }) {
  const [width, height, left, top, right, bottom] = [760, 380, 56, 40, 150, 46];
  const [innerWidth, innerHeight] = [width - left - right, height - top - bottom];
  const across = (value) => fixed(left + ((value - x.from) / (x.to - x.from)) * innerWidth);
  const down = (value) => fixed(top + ((y.to - value) / (y.to - y.from)) * innerHeight);
  const ticks = ({ from, to, step }) =>
    steps(Math.ceil(from / step) * step, Math.floor(to / step + 1e-9) * step, step).map(
      (value) => Math.round(value * 1000) / 1000,
    );
  const vertical = ticks(x).map(
    (value) =>
      `<path d="M${across(value)} ${top}v${innerHeight}"/><text x="${across(value)}" y="${top + innerHeight + 18}" text-anchor="middle">${value}</text>`,
  );
  const horizontal = ticks(y).map(
    (value) =>
      `<path d="M${left} ${down(value)}h${innerWidth}"/><text x="${left - 8}" y="${down(value)}" dy="0.35em" text-anchor="end">${value}</text>`,
  );
  const lines = curves.map(({ colour, points }) => {
    const shown = points.filter(([value]) => value >= x.from && value <= x.to);
    const path = shown.map(
      ([a, b]) => `${across(a)} ${down(Math.max(y.from * 2 - y.to, Math.min(b, y.to * 2)))}`,
    );
    return `<polyline points="${path.join(' ')}" stroke="${colour}"/>`;
  });
  const legend = curves.map(
    ({ name, colour }, index) =>
      `<path d="M${left + innerWidth + 14} ${top + 12 + 22 * index}h18" stroke="${colour}" stroke-width="2.5"/><text x="${left + innerWidth + 38}" y="${top + 12 + 22 * index}" dy="0.35em">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#343a40" role="img" aria-label="${title}">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="24" font-size="15" font-weight="600">${title}</text>
<g stroke="#dee2e6" stroke-width="0.5">
${[...vertical, ...horizontal].join('\n').replaceAll('<text', '<text stroke="none"')}
</g>
<text x="${left + innerWidth}" y="${height - 8}" text-anchor="end">${x.label}</text>
<text x="${left - 8}" y="${top - 8}" text-anchor="end">${y.label}</text>
<clipPath id="frame"><rect x="${left}" y="${top}" width="${innerWidth}" height="${innerHeight}"/></clipPath>
<g fill="none" stroke-width="1.6" stroke-linejoin="round" clip-path="url(#frame)">
${lines.join('\n')}
</g>
${legend.join('\n')}
</svg>
`;
}

function fixed(value) {
  return Number(value.toFixed(1));
}

// --- the page ---

function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const rateName = (rate) => String(rate / 1000);
const decimals = (value, digits) => (Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).toFixed(digits);

function filterTable(rows) {
  return table(
    [
      'kHz',
      'quality',
      'ripple dB',
      'G 3.6k',
      'G 3.8k',
      'rejection dB, from 4.6k',
      'from 4.05k',
      'THD+N dB',
      'delay ms, 1k',
      '3.4k',
      'state bytes',
    ],
    rows.map((row) => [
      `${rateName(row.from)} → ${rateName(row.to)}`,
      row.quality,
      decimals(row.rippleDb, 4),
      decimals(row.gain3600Db, 2),
      decimals(row.gain3800Db, 1),
      decimals(row.telephoneRejectionDb, 1),
      decimals(row.fullRejectionDb, 1),
      decimals(row.thdNoiseDb, 1),
      decimals(row.delayMs, 2),
      decimals(row.groupDelay3400Ms, 2),
      row.stateBytes,
    ]),
  );
}

function speedTable(rows) {
  return table(
    ['kHz', 'quality', 'ns per 20 ms', '× speex', 'plain form, ns', '× speex'],
    rows.map((row) => [
      `${rateName(row.from)} → ${rateName(row.to)}`,
      row.quality,
      Math.round(row.ns),
      row.ratio.toFixed(1),
      Math.round(row.plainNs),
      row.plainRatio.toFixed(2),
    ]),
  );
}

/**
 * Measured once, by the definitions of this sheet, on soxr, SpeexDSP and libsamplerate, fed with frames of 20 ms.
 * Where a library returns sound in bursts, its latency includes the wait for the next one.
 */
const PEERS = [
  ['soxr VHQ, 8 → 16', '0.000', '0', '-3.0', '110', '110', '-91.0 (dithered)', '111 / 64', '131 KB'],
  ['soxr VHQ, 24 → 8', '0.000', '0', '-3.0', '97', '97', '-91.8', '152 / 85', '283 KB'],
  ['soxr VHQ, 44.1 → 8', '0.004', '0', '-2.9', '107', '107', '-92.2', '169 / 94', '346 KB'],
  ['soxr HQ, 8 → 16', '0.000', '0', '-2.9', '138', '130', '', '115 / 64', '79 KB'],
  ['speex quality 7', '0.000', '0', '-6.0', '107', '106', '', '8.0', '2.4 KB'],
  ['speex quality 3', '0.28 up, 1.05 down', '-3.4', '-14', '88', '83', '', '3.0', '1.5 KB'],
  ['libsamplerate best', '0.000', '0', '-0.3', '142', '140', '', '18', '445 KB'],
  ['libsamplerate medium', '0.007', '-2.1', '-20', '113', '113', '', '5.9', ''],
  ['libsamplerate fastest', '8.8', '-21', '-42', '105', '102', '', '2.5', ''],
];

function sheet(telephone, others) {
  const find = (from, to, quality) =>
    telephone.find((row) => row.from === from && row.to === to && row.quality === quality);
  const delay = (from, to, quality) => decimals(find(from, to, quality).delayMs, 2);
  const most = Math.max(...[...telephone, ...others].map((row) => row.stateBytes));
  const figure = (kind, from, to) => `![${kind}](resampler/${kind}-${from}-${to}.svg)`;
  return `# The resampler's data sheet

Written by \`node scripts/resampler-sheet.mjs\` from the code itself; the tests hold the same figures to their limits.

A phone speaks at 8000 samples a second, speech recognisers at 16 000, voices of language models at 24 000, and sound cards at
44 100 or 48 000. \`createResampler\` goes between any two of 8, 16, 22.05, 24, 32, 44.1 and 48 kHz, a frame in and a frame out. Whatever the
quality, everything that a telephone carries, 300 to 3400 Hz, keeps its level to a fiftieth of a decibel.

## Which quality?

- **\`balanced\`**, the default, for nearly everything. Nothing above 4050 Hz comes back as a false tone, and between 8 kHz and its
  multiples speech is ${delay(8000, 16_000, 'balanced')} ms late, as if it had come through nine centimetres more of air.
- **\`low-latency\`** where a server carries very many calls: it costs two thirds to three quarters of \`balanced\`. What lies between 3.4 and 4.6 kHz, hiss and the
  edge of an s, leaves a faint mirror image.
- **\`best\`** for recordings and for measuring: flat to 3600 Hz, and all frequencies equally late, by ${delay(8000, 16_000, 'best')} ms.

\`low-latency\` and \`balanced\` are minimum-phase filters between 8 kHz and its multiples: the least delay that filters of their
steepness can have. High tones then come a little later than low ones, up to ${decimals(find(8000, 16_000, 'balanced').groupDelay3400Ms, 1)} ms at 3.4 kHz, which nobody hears. All others are
linear-phase.

## Figures

- *Ripple*: largest difference of gain from that at 1 kHz, 300 to 3400 Hz. *G*: gain at that frequency, in dB against 1 kHz.
- *Rejection*: how far below the tone that makes it the loudest false tone lies, for tones or images from 4.6 kHz (speech on the
  telephone) or from 4.05 kHz (everything). \`low-latency\` is not made for the second.
- *THD+N*: everything in the output that is not the 997 Hz tone of -1 dBFS that was put in, 16-bit samples in and out, no dither. Two roundings alone give
  -94 dB up and -96 dB down.
- *Delay*: of 1 kHz, and the group delay at 3.4 kHz. There is no waiting besides: 20 ms in, 20 ms out at once.
- *State*: samples kept for one stream, beside a few numbers; no more than ${most} bytes for any pair in these tables. Coefficients are shared by all streams.

### Between 8 kHz and another rate

${filterTable(telephone)}

### Between two other rates

Here the bands are as many times wider as the lower rate is times 8 kHz: at 16 kHz, for "3.6k" read 7.2 kHz, and so on.

${filterTable(others)}

### Other libraries

Measured by the same definitions, in frames of 20 ms. Latency is the most and, after the stroke, the mean: soxr returns sound in
bursts.

${table(['', 'ripple dB', 'G 3.6k', 'G 3.8k', 'rejection dB, from 4.6k', 'from 4.05k', 'THD+N dB', 'latency ms', 'state'], PEERS)}

## Speed

Nanoseconds for 20 ms of sound, a fresh array for each result included, and how many times as fast as SpeexDSP at quality ${SPEEX_QUALITY} compiled to
WebAssembly with vectors (\`@echogarden/speex-resampler-wasm/simd\`), both in the same rounds. Median of ${ROUNDS} rounds of ${FRAMES_PER_ROUND} frames; Node ${process.versions.node}, ${cpus()[0].model}. The ratios say more than
the times.

The arithmetic has two forms. One is plain TypeScript and runs everywhere. The other is in vectors of WebAssembly, written by
\`packages/core/src/dsp/simd/\` when a conversion is first asked for, and used wherever the platform and the page's content security policy let it (in a browser
under a policy, \`'wasm-unsafe-eval'\`). They differ by at most 1 in any sample, and either gives the same samples however the input is cut.

${speedTable([...telephone, ...others])}

## Pictures

${[
  [8000, 16_000],
  [24_000, 8000],
]
  .map(
    ([from, to]) => `### ${rateName(from)} to ${rateName(to)} kHz

${['response', 'edge', 'delay', 'impulse'].map((kind) => figure(kind, from, to)).join('\n\n')}`,
  )
  .join('\n\n')}
`;
}

// --- the files ---

const rowsOf = (pairs) => pairs.flatMap(([from, to]) => QUALITIES.map((quality) => row(from, to, quality)));
const telephone = rowsOf(TELEPHONE);
const others = rowsOf(OTHERS);

mkdirSync(join(ROOT, 'docs/resampler'), { recursive: true });
for (const [name, svg] of plots()) writeFileSync(join(ROOT, 'docs/resampler', name), svg);
writeFileSync(join(ROOT, 'docs/resampler.md'), sheet(telephone, others));
