/** What the code of the documents takes for granted, beside what it imports. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AudioFrame, Call, CallSocket, Frame } from '@patchcord/core';
import type { CallEvent, CallListChange, MonitorClient } from '@patchcord/monitor/client';
import type { CallPlayer } from '@patchcord/player';

declare global {
  /** A call that was answered. */
  const call: Call;
  /** A WebSocket that a provider has opened. */
  const socket: CallSocket;
  const frame: Frame;
  const accountSid: string;
  const authToken: string;
  const publicUrl: string;
  const callId: string;
  /** Asks the reader's own server for a monitor ticket. */
  const ticket: () => Promise<string>;
  /** What the reader's own web server does with a request. */
  const onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** The reader's own way to answer a call. */
  const answer: (call: Call) => Promise<void>;
  /** Whether the reader's own sign-in lets somebody hear calls. */
  const mayListen: (request: IncomingMessage) => Promise<boolean>;
  /** Whoever is signed in. */
  const user: { readonly id: string };
  const microphone: ReadableStream<AudioFrame>;
  /** Tells the reader's agent what somebody at the dashboard wrote. */
  const hint: (call: Call, text: string) => void;
  /** The key that all gateways share. */
  const secret: Uint8Array<ArrayBuffer>;
  const listenButton: HTMLButtonElement;
  const speakButton: HTMLButtonElement;
  /** Watches the calls of a hub. */
  const client: MonitorClient;
  /** What the reader draws calls and events with. */
  const list: WritableStream<CallListChange>;
  const timeline: WritableStream<CallEvent>;
  const player: CallPlayer;
  /** A voice agent: whatever speaks and listens. */
  // biome-ignore lint/suspicious/noExplicitAny: it is the reader's own
  const agent: any;
}
