/**
 * Prints what a virtual call comes to, for comparing runtimes:
 *
 *     deno run -A --conditions=@patchcord/source packages/simulator/test/virtual-call.run.ts
 *     bun --conditions=@patchcord/source packages/simulator/test/virtual-call.run.ts
 *
 * @module
 */

import process from 'node:process';
import { fingerprint, talkOverABadLink, throughAnEcho } from './virtual-call.ts';

/** How long the echo is spoken to. */
const milliseconds = Number(process.argv[2] ?? 600_000);
const startedAt = performance.now();
const { frames, echoed, events } = await throughAnEcho(milliseconds);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
console.log(
  `${milliseconds / 1000} s through an echo: ${echoed} of ${frames} frames in their step, in ${seconds} s`,
);
console.log(`its events: ${fingerprint(events)}`);
for (const seed of [1, 2, 3]) {
  console.log(`a talk over a bad link, seed ${seed}: ${fingerprint(await talkOverABadLink(seed))}`);
}
