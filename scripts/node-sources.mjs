/**
 * Lets Node run the TypeScript sources as they are, packages of this repository included:
 *
 *     node --import ./scripts/node-sources.mjs --conditions=@patchcord/source some.ts
 *
 * For programs that must have a process of their own, such as those that measure memory. Checking is the work of
 * `tsc -b`.
 */
import { register } from 'node:module';

register('./node-sources-hooks.mjs', import.meta.url);
