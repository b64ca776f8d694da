/**
 * The arithmetic of one filter bank. All streams share it: it remembers nothing from one call to the next.
 *
 * An output is always summed in the same order, so it does not depend on how the input was cut or which outputs
 * are made beside it.
 *
 * @param history the `taps` - 1 samples before the first new one, oldest first; neither kept nor changed
 * @param samples the new samples, at most `BLOCK`; neither kept nor changed
 * @param step grid steps from the first new sample to the first output
 * @param result filled with outputs, rounded and saturated: at least one; the last of them lies before the next sample
 * to come
 */
export type Convolve = (history: Int16Array, samples: Int16Array, step: number, result: Int16Array) => void;

/** Most samples filtered at a time. */
export const BLOCK = 1024;

/** Most samples that one output of any bank is made of: 14 ms at 48 kHz. */
export const MOST_TAPS = 672;

/** Most outputs that one sample makes: from 8 to 48 kHz. */
export const MOST_OUTPUTS = 6;
