import { type LowPass, linearPhase, minimumPhase, phaseDelay } from './filter.ts';

/**
 * The filter of one conversion, cut into phases.
 *
 * Seen on a grid of `phases` steps per input sample, output o lies at step o · `stride` + `offset`. The step
 * within its newest input sample is its phase, and each phase has coefficients of its own.
 */
export interface FilterBank {
  /** Grid steps from one input sample to the next. */
  readonly phases: number;
  /** Grid steps from one output sample to the next. */
  readonly stride: number;
  /** Grid steps that the first output looks ahead. */
  readonly offset: number;
  /** Input samples that one output is made of: a multiple of four for each lane. */
  readonly taps: number;
  /**
   * The windows of outputs of the same phase lie `stride` samples apart. Where that is not far, taps that far apart
   * make a lane, and there are as many lanes as the stride. Otherwise there is one lane.
   */
  readonly lanes: number;
  /** `taps` numbers for each phase, adding up to 1, that of the oldest input sample first. */
  readonly coefficients: Float64Array;
  /** Delay of a 1 kHz tone from input to output, in milliseconds. */
  readonly delayMs: number;
}

type Quality = 'low-latency' | 'balanced' | 'best';

const TELEPHONE_RATE = 8000;

/** From 48 kHz to 8. */
const MOST_LANES = 6;

/**
 * Filters for conversions between 8 kHz and another rate. Speech on the telephone ends at 3400 Hz, and what
 * lies there is mirrored from 4600 Hz on.
 *
 * `low-latency` lets what lies between the two through as a faint mirror image; `balanced` and `best` stop
 * everything from 4050 Hz on, and `best` is flat to 3600 Hz.
 */
const LINEAR: Record<Quality, LowPass> = {
  'low-latency': { lengthMs: 4.21, cutoffHz: 3896.3, beta: 9.272, lift: 0.0927, liftFromHz: 3686 },
  balanced: { lengthMs: 8, cutoffHz: 3661, beta: 9.62, lift: 0.0866, liftFromHz: 3534 },
  best: { lengthMs: 14, cutoffHz: 3785, beta: 10, lift: 0, liftFromHz: 0 },
};

/** Filters made minimum phase, and how much of the result is kept, in milliseconds. */
const MINIMUM: Record<'low-latency' | 'balanced', LowPass & { readonly keptMs: number }> = {
  'low-latency': { lengthMs: 4.38, cutoffHz: 3896.6, beta: 9.615, lift: 0.0531, liftFromHz: 3635, keptMs: 4 },
  balanced: { lengthMs: 8.27, cutoffHz: 3666, beta: 9.94, lift: 0.0438, liftFromHz: 3504, keptMs: 7.5 },
};

const banks: Map<string, FilterBank> = new Map();

/** The bank for a conversion: made when first asked for, then shared by all streams. */
export function filterBank(from: number, to: number, quality: Quality): FilterBank {
  const key = `${from} ${to} ${quality}`;
  let bank = banks.get(key);
  if (!bank) {
    bank = makeBank(from, to, quality);
    banks.set(key, bank);
  }
  return bank;
}

function makeBank(from: number, to: number, quality: Quality): FilterBank {
  const common = greatestCommonDivisor(from, to);
  const phases = to / common;
  const stride = from / common;
  // The most that still makes round(n · to / from) outputs of n inputs.
  const offset = Math.ceil(stride / 2) - 1;
  const rate = from * phases;
  const filter = designFilter(from, to, quality, rate);

  const lanes = stride <= MOST_LANES ? stride : 1;
  const taps = 4 * lanes * Math.ceil(filter.length / phases / lanes / 4);
  const coefficients = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let j = phase; j < filter.length; j += phases) sum += filter[j] as number;
    for (let j = phase, k = (phase + 1) * taps; j < filter.length; j += phases) {
      coefficients[--k] = (filter[j] as number) / sum;
    }
  }
  const delayMs = (1000 * (phaseDelay(filter, 1000 / rate) - offset)) / rate;
  return { phases, stride, offset, taps, lanes, coefficients, delayMs };
}

/** Coefficients on the grid of both rates. */
function designFilter(from: number, to: number, quality: Quality, rate: number): Float64Array {
  const low = Math.min(from, to);
  if (low === TELEPHONE_RATE && Math.max(from, to) % low === 0 && quality !== 'best') {
    const { keptMs, ...filter } = MINIMUM[quality];
    return minimumPhase(linearPhase(filter, rate), Math.ceil((keptMs * rate) / 1000));
  }
  return linearPhase(scaled(LINEAR[quality], low / TELEPHONE_RATE), rate);
}

/** The same filter for bands that are `ratio` times as wide. */
function scaled(filter: LowPass, ratio: number): LowPass {
  return {
    ...filter,
    lengthMs: filter.lengthMs / ratio,
    cutoffHz: filter.cutoffHz * ratio,
    liftFromHz: filter.liftFromHz * ratio,
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
