import { BLOCK, type Convolve, MOST_TAPS } from './convolve.ts';
import type { FilterBank } from './filter-bank.ts';

/** The samples that outputs are made of: history, then new ones. One line is enough, for nothing here waits. */
const line = new Float64Array(MOST_TAPS + BLOCK);

/** The arithmetic of a bank in plain TypeScript: it runs everywhere, and is what other forms are compared with. */
export function plainConvolve(bank: FilterBank): Convolve {
  const { phases, stride, taps, lanes } = bank;
  return (history, samples, step, result) => {
    line.set(history);
    line.set(samples, taps - 1);
    if (lanes === stride) {
      for (let o = 0; o < Math.min(phases, result.length); o++) sumPhase(bank, step + o * stride, o, result);
    } else {
      sumPhases(bank, step, result);
    }
  };
}

/**
 * Every output of the phase that output `o` has, eight at a time. Their windows lie `stride` samples apart, and taps
 * that far apart make a lane: within one, neighbours share every coefficient and all but one of their samples.
 *
 * @param t where output `o` lies, in grid steps
 */
function sumPhase(bank: FilterBank, t: number, o: number, result: Int16Array): void {
  const { coefficients, phases: spacing, stride: pitch, lanes, taps } = bank;
  let window = Math.floor(t / spacing);
  const start = (t - window * spacing) * taps;
  let at = o;
  for (; at + 7 * spacing < result.length; at += 8 * spacing, window += 8 * pitch) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (let lane = 0; lane < lanes; lane++) {
      let i = window + lane;
      let x0 = line[i] as number;
      i += pitch;
      let x1 = line[i] as number;
      i += pitch;
      let x2 = line[i] as number;
      i += pitch;
      let x3 = line[i] as number;
      i += pitch;
      let x4 = line[i] as number;
      i += pitch;
      let x5 = line[i] as number;
      i += pitch;
      let x6 = line[i] as number;
      const end = start + taps;
      for (let k = start + lane; k < end; k += 4 * pitch) {
        const c0 = coefficients[k] as number;
        const c1 = coefficients[k + pitch] as number;
        const c2 = coefficients[k + 2 * pitch] as number;
        const c3 = coefficients[k + 3 * pitch] as number;
        i += pitch;
        const x7 = line[i] as number;
        i += pitch;
        const x8 = line[i] as number;
        i += pitch;
        const x9 = line[i] as number;
        i += pitch;
        const x10 = line[i] as number;
        s0 = s0 + c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3;
        s1 = s1 + c0 * x1 + c1 * x2 + c2 * x3 + c3 * x4;
        s2 = s2 + c0 * x2 + c1 * x3 + c2 * x4 + c3 * x5;
        s3 = s3 + c0 * x3 + c1 * x4 + c2 * x5 + c3 * x6;
        s4 = s4 + c0 * x4 + c1 * x5 + c2 * x6 + c3 * x7;
        s5 = s5 + c0 * x5 + c1 * x6 + c2 * x7 + c3 * x8;
        s6 = s6 + c0 * x6 + c1 * x7 + c2 * x8 + c3 * x9;
        s7 = s7 + c0 * x7 + c1 * x8 + c2 * x9 + c3 * x10;
        x0 = x4;
        x1 = x5;
        x2 = x6;
        x3 = x7;
        x4 = x8;
        x5 = x9;
        x6 = x10;
      }
    }
    result[at] = toInt16(s0);
    result[at + spacing] = toInt16(s1);
    result[at + 2 * spacing] = toInt16(s2);
    result[at + 3 * spacing] = toInt16(s3);
    result[at + 4 * spacing] = toInt16(s4);
    result[at + 5 * spacing] = toInt16(s5);
    result[at + 6 * spacing] = toInt16(s6);
    result[at + 7 * spacing] = toInt16(s7);
  }
  for (; at < result.length; at += spacing, window += pitch) {
    let sum = 0;
    for (let lane = 0; lane < lanes; lane++) {
      for (let k = lane; k < taps; k += pitch) {
        sum += (coefficients[start + k] as number) * (line[window + k] as number);
      }
    }
    result[at] = toInt16(sum);
  }
}

/** Outputs that are each of another phase. Four sums of every fourth tap are under way at once. */
function sumPhases(bank: FilterBank, step: number, result: Int16Array): void {
  const { coefficients, phases, stride, taps } = bank;
  let window = Math.floor(step / phases);
  let phase = step - window * phases;
  for (let o = 0; o < result.length; o++) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let i = window;
    let k = phase * taps;
    for (const end = k + taps; k < end; k += 4, i += 4) {
      s0 += (coefficients[k] as number) * (line[i] as number);
      s1 += (coefficients[k + 1] as number) * (line[i + 1] as number);
      s2 += (coefficients[k + 2] as number) * (line[i + 2] as number);
      s3 += (coefficients[k + 3] as number) * (line[i + 3] as number);
    }
    result[o] = toInt16(s0 + s1 + s2 + s3);
    for (phase += stride; phase >= phases; phase -= phases) window++;
  }
}

/** Rounds to the nearest 16-bit sample; beyond the loudest one it stays there. */
function toInt16(value: number): number {
  const shifted = (value + 32768.5) | 0;
  return Math.max(0, Math.min(shifted, 65535)) - 32768;
}
