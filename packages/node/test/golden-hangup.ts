import { readFileSync } from 'node:fs';
import type { StandInAnswer } from './rest-stand-in.ts';

/** One recorded hang-up of the reference, as `packages/testing/golden/README.md` describes it. */
export interface GoldenHangUp {
  readonly name: string;
  readonly auto_hang_up: boolean;
  readonly args: {
    readonly call_sid: string;
    readonly account_sid: string;
    readonly auth_token: string;
    readonly region?: string;
    readonly edge?: string;
  };
  readonly server: string | { readonly wire_b64: string | readonly string[]; readonly delay_s?: number };
  readonly dns_lookups: readonly (readonly [string, number])[];
  readonly requests: readonly {
    readonly request_line: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string;
  }[];
  readonly steps: readonly {
    readonly frame: string;
    /** Made by this step. */
    readonly requests: number;
    readonly log: readonly { readonly level: string }[];
  }[];
}

const file = new URL('../../testing/golden/hangup.json', import.meta.url);

export const goldenHangUps: readonly GoldenHangUp[] = (
  JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly GoldenHangUp[] }
).cases;

/** What the recorded server answered. */
export function answersOf({ server }: GoldenHangUp): readonly StandInAnswer[] {
  if (typeof server === 'string') return ['close'];
  const wires = typeof server.wire_b64 === 'string' ? [server.wire_b64] : server.wire_b64;
  const delayMs = (server.delay_s ?? 0) * 1000;
  return wires.map((wire) => ({ wire: Buffer.from(wire, 'base64'), delayMs }));
}
