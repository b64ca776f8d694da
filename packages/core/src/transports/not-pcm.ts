/** WAV files begin with these letters, read as samples. */
const RIFF: readonly [number, number] = [0x4952, 0x4646];

/** Samples looked at: 10 to 100 ms at the wire's usual rate. */
const FEWEST = 80;
const MOST = 800;

/** µ-law codes jump so far wherever the sound passes zero, and bytes of linear samples nearly always; faint sound never. */
const BYTE_JUMP = 100;

/** Says of the beginning of a sound why the caller would hear it as noise; undefined where nothing speaks against it. */
export function whyNotPcm(samples: Int16Array): string | undefined {
  if (samples[0] === RIFF[0] && samples[1] === RIFF[1]) {
    return 'The audio begins with a WAV header, which the caller would hear as noise. Decode the file (decodeWav) and write its samples.';
  }
  if (holdsBytes(samples)) {
    return 'The audio holds bytes where samples belong (all are 0 to 255), which the caller would hear as faint noise. Decode µ-law with mulaw.decode, and linear PCM with samplesFromBytes.';
  }
  return undefined;
}

/** Whether µ-law codes, or the bytes of linear samples, were taken for samples: sound swings below zero, bytes never. */
function holdsBytes(samples: Int16Array): boolean {
  const length = Math.min(samples.length, MOST);
  if (length < FEWEST) return false;
  let jumps = 0;
  let previous = samples[0] ?? 0;
  for (let i = 0; i < length; i++) {
    const sample = samples[i] ?? 0;
    if (sample < 0 || sample > 255) return false;
    if (Math.abs(sample - previous) >= BYTE_JUMP) jumps++;
    previous = sample;
  }
  return jumps > 1;
}
