/** The browser's side of the packages, in strict TypeScript. */
import { type Call, openCall, twilio } from '@patchcord/core';
import type { CallMonitor } from '@patchcord/elements';
import '@patchcord/elements';
import { MonitorClient } from '@patchcord/monitor/client';
import { CallPlayer, type PlayerState } from '@patchcord/player';

export async function listen(url: string, callId: string): Promise<PlayerState> {
  const client = MonitorClient.connect(url, { ticket: async () => (await fetch('/ticket')).text() });
  const player = new CallPlayer();
  await player.start();
  await client.listen(callId).pipeTo(player.writable);
  return player.state;
}

export async function answer(url: string): Promise<void> {
  const call: Call = await openCall(new WebSocket(url), twilio);
  await call.readable.pipeTo(call.writable);
}

const monitor: CallMonitor | null = document.querySelector('call-monitor');
monitor?.addEventListener('click', () => {});
