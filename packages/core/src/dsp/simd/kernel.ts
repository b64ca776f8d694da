import type { FilterBank } from '../filter-bank.ts';
import {
  block,
  type Code,
  f32x4_add,
  f32x4_convert_i32x4_s,
  f32x4_mul,
  I32,
  i16x8_narrow_i32x4_s,
  i32_add,
  i32_const,
  i32_div_u,
  i32_ge_u,
  i32_lt_u,
  i32_mul,
  i32_rem_u,
  i32_sub,
  i32x4_shuffle,
  i32x4_splat,
  i32x4_sub,
  local_get,
  local_set,
  loop_while,
  V128,
  v128_load,
  v128_load16x4_s,
  v128_store,
  wasmModule,
} from './assembler.ts';
import { LINE, NUMBERS, OUTPUTS } from './layout.ts';

// Parameters of the kernel, as locals.
/** Samples in the line. */
const LENGTH = 0;
/** Grid steps from the first new sample to the first output. */
const STEP = 1;
/** Outputs to make. */
const COUNT = 2;

// Locals: integers.
/** Bytes of the outputs made so far. */
const OUT = 3;
/** Byte of the coefficients of the next output. */
const NEXT_C = 4;
/** Byte of the window of the next output. */
const NEXT_X = 5;
/** 1 where the next output has gone past the last phase, else 0. */
const CARRY = 6;
/** Byte after the coefficients of the first of the outputs at hand. */
const END = 7;
/** Byte of the coefficients that are multiplied; in a tile, counted from the beginning of a phase. */
const C = 8;
/** Byte of the samples that they are multiplied by. As the coefficients', for each of four outputs. */
const X = C + 4;
const INTEGERS = 13;

// Locals: vectors.
/** 1.5 · 2^23 in each lane. */
const MAGIC = 16;
/** Samples at hand. */
const SAMPLES = 17;
/** The first of the coefficients at hand, one vector for each row. */
const ROW = 18;
const MOST_ROWS = 6;
/** The first of the sums. */
const SUM = ROW + MOST_ROWS;
const MOST_SUMS = 8;
const VECTORS = 2 + MOST_ROWS + MOST_SUMS;

/**
 * A module for one bank, whose numbers are part of its code: `run(length, step, count)` makes `count` outputs from
 * `length` samples of the line. The bank's coefficients lie at the address given.
 *
 * An output is four partial sums, of every fourth tap, added up at its end: always in the same order, whichever
 * outputs are made beside it. A last tile that is not full makes outputs that nobody reads, of numbers that happen
 * to lie in memory.
 */
export function kernel(bank: FilterBank, coefficients: number): Uint8Array<ArrayBuffer> {
  const makeOutputs =
    bank.stride === 1 || bank.phases === 1 ? tiles(bank, coefficients) : strides(bank, coefficients);
  return wasmModule({
    parameters: 3,
    locals: [...range(INTEGERS).map(() => I32), ...range(VECTORS).map(() => V128)],
    body: block(widen(), local_set(MAGIC, i32x4_splat(i32_const(MAGIC_BITS))), makeOutputs),
  });
}

/** The line as floating-point numbers, eight at a time. */
function widen(): Code {
  const [from, to] = [C, X];
  const eight = block(
    ...[0, 4].map((n) =>
      v128_store(
        local_get(to),
        f32x4_convert_i32x4_s(v128_load16x4_s(local_get(from), LINE + 2 * n)),
        NUMBERS + 4 * n,
      ),
    ),
    increase(from, 16),
    increase(to, 32),
  );
  const more = i32_lt_u(local_get(from), i32_mul(local_get(LENGTH), i32_const(2)));
  return loop_while(more, eight);
}

/**
 * Outputs where either all phases share a window (upwards by a whole number) or all windows share a phase
 * (downwards): some rows of coefficients times some windows at once, so that what is loaded is used several times.
 */
function tiles(bank: FilterBank, coefficients: number): Code {
  const rows = bank.phases;
  const windows = bank.phases === 1 ? MOST_SUMS : Math.floor(MOST_SUMS / rows);
  const rowBytes = 4 * bank.taps;
  const pitch = 4 * bank.stride;

  const multiply = (first: boolean): Code => {
    const row = (r: number) => v128_load(local_get(C), coefficients + r * rowBytes);
    const window = (w: number) => v128_load(local_get(X), NUMBERS + w * pitch);
    const sums = range(windows).map((w) =>
      block(
        local_set(SAMPLES, window(w)),
        ...range(rows).map((r) => add(SUM + w * rows + r, local_get(ROW + r), local_get(SAMPLES), first)),
      ),
    );
    return block(...range(rows).map((r) => local_set(ROW + r, row(r))), ...sums);
  };

  const tile = block(
    local_set(C, i32_const(0)),
    local_set(X, local_get(NEXT_X)),
    allTaps(multiply, [C, X], i32_const(rowBytes)),
    store(rows * windows),
    increase(NEXT_X, windows * pitch),
  );
  const start = local_set(NEXT_X, bank.phases === 1 ? i32_mul(local_get(STEP), i32_const(4)) : i32_const(0));
  return block(start, loop_while(moreOutputs, tile));
}

/** Outputs that are each of another phase and another window: four at a time, so that four sums are under way. */
function strides(bank: FilterBank, coefficients: number): Code {
  const { phases, stride, taps } = bank;
  const rowBytes = 4 * taps;
  const ends = coefficients + phases * rowBytes;
  const wholeSamples = Math.floor(stride / phases);

  const multiply = (first: boolean): Code =>
    block(
      ...range(4).map((o) =>
        add(SUM + o, v128_load(local_get(C + o), 0), v128_load(local_get(X + o), NUMBERS), first),
      ),
    );

  /** Goes from one output to the next: on by `stride` steps of the grid, into the next sample at its last phase. */
  const advance = block(
    increase(NEXT_C, (stride - wholeSamples * phases) * rowBytes),
    local_set(CARRY, i32_ge_u(local_get(NEXT_C), i32_const(ends))),
    local_set(NEXT_C, i32_sub(local_get(NEXT_C), i32_mul(local_get(CARRY), i32_const(phases * rowBytes)))),
    increase(NEXT_X, 4 * wholeSamples),
    local_set(NEXT_X, i32_add(local_get(NEXT_X), i32_mul(local_get(CARRY), i32_const(4)))),
  );
  const four = block(
    ...range(4).map((o) =>
      block(local_set(C + o, local_get(NEXT_C)), local_set(X + o, local_get(NEXT_X)), advance),
    ),
    local_set(END, i32_add(local_get(C), i32_const(rowBytes))),
    allTaps(
      multiply,
      range(8).map((n) => C + n),
      local_get(END),
    ),
    store(4),
  );
  const phase = i32_rem_u(local_get(STEP), i32_const(phases));
  return block(
    local_set(NEXT_C, i32_add(i32_mul(phase, i32_const(rowBytes)), i32_const(coefficients))),
    local_set(NEXT_X, i32_mul(i32_div_u(local_get(STEP), i32_const(phases)), i32_const(4))),
    loop_while(moreOutputs, four),
  );
}

const moreOutputs: Code = i32_lt_u(local_get(OUT), i32_mul(local_get(COUNT), i32_const(2)));

/**
 * All taps, one vector of four a turn: engines do worse with more, for then they run out of registers.
 *
 * @param multiply code that adds the products of the four taps that the pointers are at to the sums, or begins these
 * @param pointers go on by four taps; the first of them is `C`, which is compared with `end`
 */
function allTaps(multiply: (first: boolean) => Code, pointers: readonly number[], end: Code): Code {
  const onward = block(...pointers.map((pointer) => increase(pointer, 16)));
  const more = i32_lt_u(local_get(C), end);
  return block(multiply(true), onward, loop_while(more, block(multiply(false), onward)));
}

/** Adds a product to a sum, or begins the sum with it. */
function add(sum: number, a: Code, b: Code, first: boolean): Code {
  const product = f32x4_mul(a, b);
  return local_set(sum, first ? product : f32x4_add(local_get(sum), product));
}

/**
 * Adds up each of `count` sums, rounds, saturates and stores. Eight samples are always written; those beyond
 * `count` are written over by the next ones.
 */
function store(count: number): Code {
  const second = count > 4 ? rounded(total(SUM + 4)) : local_get(MAGIC);
  return block(
    v128_store(local_get(OUT), i16x8_narrow_i32x4_s(rounded(total(SUM)), second), OUTPUTS),
    increase(OUT, 2 * count),
  );
}

/** The totals of four vectors that follow each other, as one: halves are added to halves, then quarters to quarters. */
function total(first: number): Code {
  const halves = (a: Code, b: Code, lanes: readonly number[]): Code =>
    f32x4_add(
      i32x4_shuffle(a, b, lanes),
      i32x4_shuffle(
        a,
        b,
        lanes.map((lane) => lane + 2),
      ),
    );
  const pair = (n: number): Code => halves(local_get(first + n), local_get(first + n + 1), [0, 4, 1, 5]);
  return block(
    local_set(SAMPLES, pair(0)),
    local_set(ROW, pair(2)),
    halves(local_get(SAMPLES), local_get(ROW), [0, 1, 4, 5]),
  );
}

/**
 * To the nearest integer. Added to 1.5 · 2^23, a number of less than 2^22 has no room left for fractions, and its
 * integer is the difference of the bits.
 */
function rounded(vector: Code): Code {
  return i32x4_sub(f32x4_add(vector, local_get(MAGIC)), local_get(MAGIC));
}

const MAGIC_BITS = 0x4b400000;

const increase = (index: number, by: number): Code =>
  local_set(index, i32_add(local_get(index), i32_const(by)));

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);
