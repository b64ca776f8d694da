import { run } from '../../src/cli/run.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';

/** Runs `patchcord-phone`, and gives what it wrote. */
export async function program(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return programWith({}, ...argv);
}

/** The same, in other surroundings. */
export async function programWith(
  surroundings: Partial<Surroundings>,
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await run(argv, {
    env: {},
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    ...surroundings,
  });
  return { code, out, err };
}
