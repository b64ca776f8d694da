import { contract } from '@patchcord/testing/contract';
import { describe, test } from 'vitest';

describe('contract of @patchcord/core', () => {
  for (const [name, run] of contract) test(name, run);
});
