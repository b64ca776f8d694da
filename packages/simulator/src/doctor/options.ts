import type { ConnectionOptions } from '../phone/connection.ts';

/** How to look. */
export interface DiagnosisOptions extends Omit<ConnectionOptions, 'maxMessageBytes'> {
  /** Longest wait for each connection, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long an app may think it over and close what it has accepted, in milliseconds. */
  readonly settleMs: number;
  /** How long the first sound is waited for, in milliseconds. */
  readonly listenMs: number;
  /** Custom parameters of the call. */
  readonly parameters: Readonly<Record<string, string>>;
}
