import type { FilterBank } from './filter-bank.ts';

/** Input samples filtered at a time. */
export const BLOCK = 1024;
/** Most input samples that one output of any bank is made of: 14 ms at 48 kHz. */
const MOST_TAPS = 672;

/**
 * Where a stream lays the last `taps` - 1 samples it has seen and, after them, at most `BLOCK` new ones, before it
 * calls `convolve`. Nothing here waits, so one line is enough for all streams.
 */
export const line: Int16Array<ArrayBuffer> = new Int16Array(MOST_TAPS + BLOCK);
/** The line as numbers, dealt out to lanes. */
const dealt = new Float64Array(MOST_TAPS + BLOCK);

/**
 * Makes `count` outputs from the samples in `line`.
 *
 * An output is always summed in the same order, so it does not depend on how the input was cut or which outputs
 * are made beside it.
 *
 * @param length how many of the samples in `line` are new
 * @param step grid steps from the first new sample to the first output
 * @param result takes the outputs, rounded and saturated, from index `written` on
 */
export function convolve(
  bank: FilterBank,
  length: number,
  step: number,
  result: Int16Array,
  written: number,
  count: number,
): void {
  const { phases, stride, taps, lanes } = bank;
  if (phases === 1) {
    const rows = taps / lanes + count - 1;
    for (let lane = 0; lane < lanes; lane++) {
      for (let row = 0, i = step + lane; row < rows; row++, i += lanes) {
        dealt[lane * rows + row] = line[i] as number;
      }
    }
    sumLanes(bank, 0, 0, rows, result, written, 1, count);
    return;
  }
  for (let i = 0; i < taps - 1 + length; i++) dealt[i] = line[i] as number;
  if (stride === 1) {
    for (let phase = 0; phase < phases; phase++) {
      sumLanes(bank, phase * taps, 0, 0, result, written + phase, phases, count / phases);
    }
  } else {
    sumPhases(bank, step, result, written, count);
  }
}

/**
 * Outputs of one phase, four at a time: neighbours share every coefficient and all but one of their samples.
 *
 * @param c where the coefficients of the phase begin
 * @param first where the window of the first output begins in each lane
 * @param pitch from the beginning of one lane in `dealt` to the next
 * @param spacing from one output in `result` to the next
 */
function sumLanes(
  bank: FilterBank,
  c: number,
  first: number,
  pitch: number,
  result: Int16Array,
  written: number,
  spacing: number,
  count: number,
): void {
  const { coefficients, lanes, taps } = bank;
  const rows = taps / lanes;
  let o = 0;
  for (; o + 4 <= count; o += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = c;
    for (let lane = 0; lane < lanes; lane++) {
      let i = first + lane * pitch + o;
      let x0 = dealt[i] as number;
      let x1 = dealt[i + 1] as number;
      let x2 = dealt[i + 2] as number;
      for (const end = k + rows; k < end; k += 4, i += 4) {
        const c0 = coefficients[k] as number;
        const c1 = coefficients[k + 1] as number;
        const c2 = coefficients[k + 2] as number;
        const c3 = coefficients[k + 3] as number;
        const x3 = dealt[i + 3] as number;
        const x4 = dealt[i + 4] as number;
        const x5 = dealt[i + 5] as number;
        const x6 = dealt[i + 6] as number;
        s0 = s0 + c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3;
        s1 = s1 + c0 * x1 + c1 * x2 + c2 * x3 + c3 * x4;
        s2 = s2 + c0 * x2 + c1 * x3 + c2 * x4 + c3 * x5;
        s3 = s3 + c0 * x3 + c1 * x4 + c2 * x5 + c3 * x6;
        x0 = x4;
        x1 = x5;
        x2 = x6;
      }
    }
    const at = written + o * spacing;
    result[at] = toInt16(s0);
    result[at + spacing] = toInt16(s1);
    result[at + 2 * spacing] = toInt16(s2);
    result[at + 3 * spacing] = toInt16(s3);
  }
  for (; o < count; o++) {
    let sum = 0;
    let k = c;
    for (let lane = 0; lane < lanes; lane++) {
      let i = first + lane * pitch + o;
      for (const end = k + rows; k < end; k++, i++) sum += (coefficients[k] as number) * (dealt[i] as number);
    }
    result[written + o * spacing] = toInt16(sum);
  }
}

/** Outputs that are each of another phase, four at a time, so that four sums are under way at once. */
function sumPhases(bank: FilterBank, step: number, result: Int16Array, written: number, count: number): void {
  const { coefficients, phases, stride, taps } = bank;
  let o = 0;
  let t = step;
  for (; o + 4 <= count; o += 4, t += 4 * stride) {
    const i0 = (t / phases) | 0;
    const i1 = ((t + stride) / phases) | 0;
    const i2 = ((t + 2 * stride) / phases) | 0;
    const i3 = ((t + 3 * stride) / phases) | 0;
    const c0 = (t - i0 * phases) * taps;
    const c1 = (t + stride - i1 * phases) * taps;
    const c2 = (t + 2 * stride - i2 * phases) * taps;
    const c3 = (t + 3 * stride - i3 * phases) * taps;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = 0; k < taps; k++) {
      s0 += (coefficients[c0 + k] as number) * (dealt[i0 + k] as number);
      s1 += (coefficients[c1 + k] as number) * (dealt[i1 + k] as number);
      s2 += (coefficients[c2 + k] as number) * (dealt[i2 + k] as number);
      s3 += (coefficients[c3 + k] as number) * (dealt[i3 + k] as number);
    }
    result[written + o] = toInt16(s0);
    result[written + o + 1] = toInt16(s1);
    result[written + o + 2] = toInt16(s2);
    result[written + o + 3] = toInt16(s3);
  }
  for (; o < count; o++, t += stride) {
    const i = (t / phases) | 0;
    const c = (t - i * phases) * taps;
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += (coefficients[c + k] as number) * (dealt[i + k] as number);
    result[written + o] = toInt16(sum);
  }
}

/** Rounds to the nearest 16-bit sample; beyond the loudest one it stays there. */
function toInt16(value: number): number {
  const shifted = (value + 32768.5) | 0;
  return Math.max(0, Math.min(shifted, 65535)) - 32768;
}
