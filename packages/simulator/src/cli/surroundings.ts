import type { Environment } from './arguments.ts';
import type { Terminal } from './progress.ts';

/** What the program needs of its process. */
export interface Surroundings {
  readonly env: Environment;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: Terminal;
  /** Fires when the person wants to end the call. */
  readonly signal?: AbortSignal;
}
