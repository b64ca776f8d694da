import type { Convolve } from '../convolve.ts';
import type { FilterBank } from '../filter-bank.ts';
import { kernel } from './kernel.ts';
import { aligned, BANKS, LINE, OUTPUTS } from './layout.ts';

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
/**
 * Pages for the banks that any process is likely to want; the system lends only those that are written to. Growing
 * detaches a buffer, and from the first detached buffer on, V8 checks for that in every loop over typed arrays of the
 * process, which makes all of them a third slower.
 */
const ROOM = 32;

/**
 * One memory for all banks and streams: room for one line and its outputs, then the coefficients of the banks, which
 * stay, as there are only so many. Streams keep nothing here that would have to be given back.
 */
function workshop(wasm: Wasm): (bank: FilterBank) => Convolve {
  const memory = new wasm.Memory({ initial: ROOM });
  /** Where the next bank goes. */
  let end = BANKS;
  let line = new Int16Array(memory.buffer, LINE);
  let outputs = new Int16Array(memory.buffer, OUTPUTS);

  return (bank) => {
    const { taps, phases } = bank;
    const coefficients = end;
    const bytes = kernel(bank, coefficients);
    const module = new wasm.Module(bytes);
    end += aligned(4 * phases * taps);
    if (end > memory.buffer.byteLength) {
      memory.grow(Math.ceil((end - memory.buffer.byteLength) / PAGE));
      // The memory has moved to a new buffer.
      line = new Int16Array(memory.buffer, LINE);
      outputs = new Int16Array(memory.buffer, OUTPUTS);
    }
    new Float32Array(memory.buffer, coefficients, phases * taps).set(bank.coefficients);
    const run = new wasm.Instance(module, { env: { memory } }).exports.run as Run;

    /** As many outputs as were last asked for: a window is not free. Empty again when the memory has moved. */
    let made = outputs.subarray(0, 0);
    return (history, samples, step, result) => {
      line.set(history);
      line.set(samples, taps - 1);
      run(taps - 1 + samples.length, step, result.length);
      if (made.length !== result.length) made = outputs.subarray(0, result.length);
      result.set(made);
    };
  };
}

/** `undefined` before it is first wanted, `null` where it cannot be had. */
let prepare: ((bank: FilterBank) => Convolve) | null | undefined;
const prepared: Map<FilterBank, Convolve> = new Map();

/**
 * The arithmetic of a bank in vectors of WebAssembly, within 1 of the plain form; undefined where there is no
 * WebAssembly, where it has no vectors, or where a content security policy keeps pages from compiling.
 */
export function simdConvolve(bank: FilterBank): Convolve | undefined {
  const known = prepared.get(bank);
  if (known || prepare === null) return known;
  try {
    const wasm: unknown = Reflect.get(globalThis, 'WebAssembly');
    // Where there is none, its first use throws.
    prepare ??= workshop(wasm as Wasm);
    const convolve = prepare(bank);
    prepared.set(bank, convolve);
    return convolve;
  } catch {
    // Asked again, a browser would report each refusal of its policy.
    prepare = null;
    return undefined;
  }
}
