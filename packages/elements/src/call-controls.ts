import type { Barge, CallSummary } from '@patchcord/monitor/client';
import { openMicrophone } from './microphone.ts';
import type { CallSource } from './sources.ts';
import type { OpenMicrophone } from './voice.ts';

/** What this page may do to a call. A member is absent where it may not. */
export interface CallControls {
  readonly hangUp?: () => Promise<void>;
  readonly barge?: () => Barge;
  readonly say?: (text: string) => Promise<void>;
  readonly openMicrophone: () => Promise<OpenMicrophone>;
}

/** What the ticket, the call's state and the client let the page do to a call. */
export function controlsOf(
  { callId, state, canHangUp }: CallSummary,
  source: CallSource | undefined,
): CallControls {
  if (!source || state !== 'up') return { openMicrophone };
  const { barge, say } = source;
  const mayControl = source.state === 'connected' && source.scopes.includes('control');
  return {
    openMicrophone,
    ...(canHangUp && { hangUp: () => source.hangUp(callId) }),
    ...(mayControl && barge && { barge: () => barge.call(source, callId) }),
    ...(mayControl && say && { say: (text: string) => say.call(source, callId, text) }),
  };
}
