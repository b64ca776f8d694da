import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { expect, test } from 'vitest';
import { fromSource } from '../../../scripts/inline-worklet.mjs';
import type * as Proofs from './proofs.ts';

/** Faults that a player may have, each of which one of the proofs has to find. */
const mutants = [
  {
    fault: 'the tracks are swapped',
    file: 'player/src/jitter-buffer.ts',
    from: "const ring = track === 'inbound' ? this.#inbound : this.#outbound;",
    to: "const ring = track === 'inbound' ? this.#outbound : this.#inbound;",
    foundBy: 'exact',
  },
  {
    fault: 'one entry of the decoder’s table is wrong',
    file: 'core/src/codecs/mulaw.ts',
    from: 'const bits = ~code & INVERTED;',
    to: 'const bits = (code === 0x5a ? ~0x5b : ~code) & INVERTED;',
    foundBy: 'exact',
  },
  {
    fault: 'one frame is lost',
    file: 'player/src/worker/sound-routes.ts',
    from: 'const { track, timestampMs } = packet;',
    to: 'const { track, timestampMs } = packet; if (timestampMs === 2000) return;',
    foundBy: 'exact',
  },
  {
    fault: 'samples are held in place of a filter',
    file: 'player/src/upsampler.ts',
    from: 'output[i] = sum;',
    to: 'output[i] = held[from + TAPS / 2] as number;',
    foundBy: 'images',
  },
  {
    fault: 'stretches are cut in place of overlapped',
    file: 'player/src/jitter-buffer.ts',
    from: 'const weight = (i + 0.5) / overlap;',
    to: 'const weight = 1;',
    foundBy: 'smooth',
  },
  {
    fault: 'the delay does not follow the jitter',
    file: 'player/src/delay-target.ts',
    from: 'this.#needMs = Math.min(CEILING_MS, Math.max(FLOOR_MS, lateMs + MARGIN_MS));',
    to: 'this.#needMs = 20;',
    foundBy: 'patient',
  },
];

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url));

/** The proofs, over sources of which one has a fault. */
async function proofsOver(mutant?: (typeof mutants)[number]): Promise<typeof Proofs.proofs> {
  const input = fromSource(fileURLToPath(new URL('./proofs.ts', import.meta.url)));
  const faulty = {
    name: 'faulty',
    load(id: string) {
      if (id !== `${PACKAGES}${mutant?.file}`) return null;
      const parts = readFileSync(id, 'utf8').split(mutant?.from ?? '');
      expect(parts, `places of the fault in ${mutant?.file}`).toHaveLength(2);
      return parts.join(mutant?.to);
    },
  };
  const bundle = await rollup({ ...input, plugins: [faulty, ...input.plugins] });
  const { output } = await bundle.generate({ format: 'iife', name: 'made' });
  await bundle.close();
  const { proofs } = new Function(`${output[0].code}; return made;`)() as typeof Proofs;
  return proofs;
}

test('the player as it is has none of them', async () => {
  for (const [name, proof] of Object.entries(await proofsOver())) expect(proof(), name).toBeUndefined();
}, 30_000);

test.each(mutants)(
  '$fault: found by $foundBy',
  async (mutant) => {
    const proofs = await proofsOver(mutant);
    expect(proofs[mutant.foundBy]?.()).toEqual(expect.any(String));
  },
  30_000,
);
