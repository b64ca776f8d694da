/** What the code of the documents takes for granted, beside what it imports. */

import type { Call, CallSocket, Frame } from '@patchcord/core';

declare global {
  /** A call that was answered. */
  const call: Call;
  /** A WebSocket that a provider has opened. */
  const socket: CallSocket;
  const frame: Frame;
  const accountSid: string;
  const authToken: string;
  const publicUrl: string;
  /** A voice agent: whatever speaks and listens. */
  // biome-ignore lint/suspicious/noExplicitAny: it is the reader's own
  const agent: any;
}
