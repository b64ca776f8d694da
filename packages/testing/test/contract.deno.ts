import { contract } from '../src/contract.ts';

for (const [name, run] of contract) Deno.test(name, run);
