/** How loud samples are, in dBFS: decibels relative to a full-scale value of 32768. */
export interface Level {
  /** The loudest sample. */
  readonly peakDb: number;
  /** The root mean square of all samples. A full-scale sine is at -3, a full-scale square wave at 0. */
  readonly rmsDb: number;
}

/** What silence is reported as, in dBFS. */
const FLOOR_DB = -120;
const FULL_SCALE = 32768;

/** Measures how loud the given samples are. No samples, and silence, are -120 dBFS. */
export function measureLevel(samples: Int16Array): Level {
  let peak = 0;
  let energy = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    const size = sample < 0 ? -sample : sample;
    if (size > peak) peak = size;
    energy += sample * sample;
  }
  return { peakDb: decibels(peak), rmsDb: decibels(Math.sqrt(energy / Math.max(1, samples.length))) };
}

function decibels(amplitude: number): number {
  return amplitude === 0 ? FLOOR_DB : Math.max(FLOOR_DB, 20 * Math.log10(amplitude / FULL_SCALE));
}
