/**
 * Just enough of WebAssembly to write a kernel by hand: an instruction is a function from its operands to bytes,
 * named as in the text format with `_` for `.`. Numbers are from the WebAssembly core specification 2.0,
 * "Binary Format".
 *
 * @module
 */

/** Instructions or parts of a module, as bytes. */
export type Code = readonly number[];

/** A type of value. */
export const I32 = 0x7f;
/** A type of value: four 32-bit numbers, or eight 16-bit ones. */
export const V128 = 0x7b;

/** One after the other. */
export const block = (...parts: readonly Code[]): Code => parts.flat();

export const local_get = (index: number): Code => [0x20, ...unsigned(index)];
export const local_set = (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)];

/** Runs the body, and again for as long as `condition` is not 0. */
export const loop_while = (condition: Code, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...condition,
  ...[0x0d, 0x00],
  0x0b,
];

export const i32_const = (value: number): Code => [0x41, ...signed(value)];
export const i32_lt_u = (a: Code, b: Code): Code => [...a, ...b, 0x49];
export const i32_ge_u = (a: Code, b: Code): Code => [...a, ...b, 0x4f];
export const i32_add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const i32_sub = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const i32_mul = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const i32_div_u = (a: Code, b: Code): Code => [...a, ...b, 0x6e];
export const i32_rem_u = (a: Code, b: Code): Code => [...a, ...b, 0x70];

export const v128_load = (address: Code, offset: number): Code => [
  ...address,
  ...vector(0x00),
  ...memory(offset),
];
/** Four 16-bit numbers from memory, made 32 bits wide. */
export const v128_load16x4_s = (address: Code, offset: number): Code => [
  ...address,
  ...vector(0x03),
  ...memory(offset),
];
export const v128_store = (address: Code, value: Code, offset: number): Code => [
  ...address,
  ...value,
  ...vector(0x0b),
  ...memory(offset),
];
/** Picks four of eight 32-bit lanes: 0 to 3 are those of `a`, 4 to 7 those of `b`. */
export const i32x4_shuffle = (a: Code, b: Code, lanes: readonly number[]): Code => [
  ...a,
  ...b,
  ...vector(0x0d),
  ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
];
export const i32x4_splat = (value: Code): Code => [...value, ...vector(0x11)];
/** Eight 16-bit numbers of eight 32-bit ones, saturated. */
export const i16x8_narrow_i32x4_s = (a: Code, b: Code): Code => [...a, ...b, ...vector(0x85)];
export const i32x4_sub = (a: Code, b: Code): Code => [...a, ...b, ...vector(0xb1)];
export const f32x4_add = (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe4)];
export const f32x4_mul = (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe6)];
export const f32x4_convert_i32x4_s = (a: Code): Code => [...a, ...vector(0xfa)];

/** A function of `parameters` 32-bit integers, which it finds in its first locals, and no result. */
export interface WasmFunction {
  readonly parameters: number;
  /** Types of the locals after the parameters. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that imports the memory `env.memory` and exports one function, `run`. */
export function wasmModule({ parameters, locals, body }: WasmFunction): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...list(Array.from({ length: parameters }, () => [I32])), 0];
  const importedMemory = [...name('env'), ...name('memory'), 0x02, 0x00, 0x01];
  const exported = [...name('run'), 0x00, 0x00];
  const code = [...list(locals.map((kind) => [1, kind])), ...body, 0x0b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d], // \0asm
    ...[0x01, 0x00, 0x00, 0x00], // version 1
    ...section(1, list([type])),
    ...section(2, list([importedMemory])),
    ...section(3, list([[0]])), // the function is of the first type
    ...section(7, list([exported])),
    ...section(10, list([sized(code)])),
  ]);
}

const section = (id: number, content: Code): Code => [id, ...sized(content)];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const name = (text: string): Code => list([...text].map((letter) => [letter.charCodeAt(0)]));
/** Vector instructions share one prefix. */
const vector = (instruction: number): Code => [0xfd, ...unsigned(instruction)];
/** Alignment is a hint, and none is given; the offset is added to the address. */
const memory = (offset: number): Code => [0, ...unsigned(offset)];

/** LEB128: seven bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
