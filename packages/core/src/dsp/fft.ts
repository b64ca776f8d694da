/**
 * Fourier transform in place, radix 2: `re` and `im` become the spectrum of the sequence they hold.
 *
 * It runs twice per filter bank, never on the way of a sample, so it is written to be short.
 *
 * @param re real parts; their number is a power of two
 * @param im imaginary parts, as many
 */
export function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  swapBitReversed(re, im);
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const angle = (-Math.PI * k) / half;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const oddRe = (re[j] as number) * cos - (im[j] as number) * sin;
        const oddIm = (re[j] as number) * sin + (im[j] as number) * cos;
        re[j] = (re[i] as number) - oddRe;
        im[j] = (im[i] as number) - oddIm;
        re[i] = (re[i] as number) + oddRe;
        im[i] = (im[i] as number) + oddIm;
      }
    }
  }
}

function swapBitReversed(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const real = re[i] as number;
    const imaginary = im[i] as number;
    re[i] = re[j] as number;
    im[i] = im[j] as number;
    re[j] = real;
    im[j] = imaginary;
  }
}
