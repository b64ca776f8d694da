import { describe, expect, it } from 'vitest';
import {
  block,
  I32,
  i32_add,
  i32_const,
  i32_lt_u,
  i32x4_splat,
  local_get,
  local_set,
  loop_while,
  V128,
  v128_store,
  wasmModule,
} from '../../../src/dsp/simd/assembler.ts';

const memory = new WebAssembly.Memory({ initial: 1 });
const words = new Int32Array(memory.buffer);

/** Runs a body with a vector local 1 and an integer local 2, after the parameter 0. */
function run(body: readonly number[], parameter = 0): void {
  const bytes = wasmModule({ parameters: 1, locals: [V128, I32], body });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  (exports.run as (parameter: number) => void)(parameter);
}

describe('the assembler', () => {
  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, 0x4b40_0000, 2 ** 31 - 1, -(2 ** 31)])(
    'writes the constant %i',
    (value) => {
      run(v128_store(i32_const(0), i32x4_splat(i32_const(value)), 0));
      expect([...words.subarray(0, 4)]).toEqual([value, value, value, value]);
    },
  );

  it.each([0, 16, 112, 128, 16_384, 65_520])('writes the offset %i', (offset) => {
    words.fill(0);
    run(v128_store(i32_const(0), i32x4_splat(i32_const(7)), offset));
    expect(words.indexOf(7)).toBe(offset / 4);
    expect(words.lastIndexOf(7)).toBe(offset / 4 + 3);
  });

  it('loops for as long as the condition holds', () => {
    const body = block(
      loop_while(i32_lt_u(local_get(2), local_get(0)), local_set(2, i32_add(local_get(2), i32_const(5)))),
      v128_store(i32_const(0), i32x4_splat(local_get(2)), 0),
    );
    run(body, 12);
    expect(words[0]).toBe(15);
    run(body, 0);
    expect(words[0]).toBe(5);
  });
});
