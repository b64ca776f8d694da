/** What is looked at, in this order. */
export type Check =
  | 'address'
  | 'name'
  | 'connection'
  | 'certificate'
  | 'upgrade'
  | 'wrong signature'
  | 'start'
  | 'first audio'
  | 'close';

/** What was found. */
export interface Finding {
  readonly check: Check;
  /** `skipped`: a failure before it leaves nothing to look at, or something to look with was not given. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What is so; where it should not be, its cause and its cure. */
  readonly message: string;
}

/** All is well. */
export function ok(check: Check, message: string): Finding {
  return { check, state: 'ok', message };
}

/** It works, and may not work with Twilio, or not as it was meant. */
export function warning(check: Check, message: string): Finding {
  return { check, state: 'warning', message };
}

/** It does not work. */
export function failed(check: Check, message: string): Finding {
  return { check, state: 'failed', message };
}

/** It could not be looked at. */
export function skipped(check: Check, message: string): Finding {
  return { check, state: 'skipped', message };
}
