/** Something that a listener did, or was not allowed to do, to a call. */
export interface AuditEntry {
  readonly action: 'listen' | 'hang-up' | 'say' | 'barge-start' | 'barge-stop';
  readonly outcome: 'allowed' | 'refused';
  readonly callId: string;
  /** Whom the ticket was issued to, where that was said. */
  readonly subject?: string;
  /** The gateway that the listener is connected to, where that is another one: both tell their own audit. */
  readonly via?: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
}
