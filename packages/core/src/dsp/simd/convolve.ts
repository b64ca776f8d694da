import { BLOCK, type Convolve, MOST_OUTPUTS, MOST_TAPS } from '../convolve.ts';
import type { FilterBank } from '../filter-bank.ts';
import { kernel } from './kernel.ts';

/** As much of the platform's WebAssembly as is used here. */
interface Wasm {
  readonly Memory: new (descriptor: { readonly initial: number }) => Memory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: Memory } },
  ) => { readonly exports: { readonly run?: unknown } };
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

type Run = (length: number, step: number, count: number) => void;

/** Bytes in a page of memory. */
const PAGE = 65_536;
/** Floating-point numbers that a last tile may read beyond the line: eight windows, six samples apart. */
const BEYOND = 48;
const LINE = 0;
const NUMBERS = aligned(LINE + 2 * (MOST_TAPS + BLOCK + 8));
const OUTPUTS = aligned(NUMBERS + 4 * (MOST_TAPS + BLOCK + BEYOND));
const BANKS = aligned(OUTPUTS + 2 * (MOST_OUTPUTS * BLOCK + 8));

/**
 * One memory for all banks and streams: room for one line and its outputs, then the coefficients of the banks, which
 * stay, as there are only so many. Streams keep nothing here that would have to be given back.
 */
class Workshop {
  readonly #wasm: Wasm;
  readonly #memory: Memory;
  /** Where the next bank goes. */
  #end = BANKS;
  line: Int16Array<ArrayBuffer>;
  outputs: Int16Array<ArrayBuffer>;

  constructor(wasm: Wasm) {
    this.#wasm = wasm;
    this.#memory = new wasm.Memory({ initial: 1 });
    this.line = new Int16Array(this.#memory.buffer, LINE);
    this.outputs = new Int16Array(this.#memory.buffer, OUTPUTS);
  }

  prepare(bank: FilterBank): Convolve {
    const { taps, phases } = bank;
    const coefficients = this.#end;
    const bytes = kernel(bank, { line: LINE, numbers: NUMBERS, outputs: OUTPUTS, coefficients });
    const module = new this.#wasm.Module(bytes);
    this.#reserve(aligned(4 * phases * taps));
    new Float32Array(this.#memory.buffer, coefficients, phases * taps).set(inOrder(bank));
    const instance = new this.#wasm.Instance(module, { env: { memory: this.#memory } });
    const run = instance.exports.run as Run;

    return (history, samples, step, count) => {
      this.line.set(history, 0);
      this.line.set(samples, taps - 1);
      run(taps - 1 + samples.length, step, count);
      return this.outputs.slice(0, count);
    };
  }

  #reserve(bytes: number): void {
    this.#end += bytes;
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE));
    // The memory has moved to a new buffer.
    this.line = new Int16Array(this.#memory.buffer, LINE);
    this.outputs = new Int16Array(this.#memory.buffer, OUTPUTS);
  }
}

/** `undefined` before it is first wanted, `null` where it cannot be had. */
let workshop: Workshop | null | undefined;
const prepared: Map<FilterBank, Convolve> = new Map();

/**
 * The arithmetic of a bank in vectors of WebAssembly, within 1 of the plain form; undefined where there is no
 * WebAssembly, where it has no vectors, or where a content security policy keeps pages from compiling.
 */
export function simdConvolve(bank: FilterBank): Convolve | undefined {
  const known = prepared.get(bank);
  if (known || workshop === null) return known;
  try {
    const wasm: unknown = Reflect.get(globalThis, 'WebAssembly');
    // Where there is none, its first use throws.
    workshop ??= new Workshop(wasm as Wasm);
    const convolve = workshop.prepare(bank);
    prepared.set(bank, convolve);
    return convolve;
  } catch {
    // Asked again, a browser would report each refusal of its policy.
    workshop = null;
    return undefined;
  }
}

/** The coefficients of each phase in order of time, oldest sample first. */
function inOrder({ coefficients, phases, taps, lanes }: FilterBank): Float64Array {
  const rows = taps / lanes;
  const ordered = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    for (let k = 0; k < taps; k++) {
      const row = Math.floor(k / lanes);
      ordered[phase * taps + k] = coefficients[phase * taps + (k - row * lanes) * rows + row] as number;
    }
  }
  return ordered;
}

/** The next address that suits a vector and begins a line of the processor's cache. */
function aligned(address: number): number {
  return Math.ceil(address / 64) * 64;
}
