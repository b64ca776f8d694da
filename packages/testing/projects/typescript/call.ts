/** Node's side of the packages, in strict TypeScript: compiled, then run. */
import {
  type AudioFrame,
  type Call,
  type Frame,
  type FrameFromCall,
  MediaError,
  mulaw,
  openCall,
  twilio,
} from '@patchcord/core';
import { createHub, type Hub } from '@patchcord/monitor';
import { MonitorClient } from '@patchcord/monitor/client';
import { type CallServer, recordCall, serveCalls, twilioCalls, verbs } from '@patchcord/node';
import { answerCalls, createUpgradeCheck } from '@patchcord/node/web';
import { createVirtualClock, dial, type Phone } from '@patchcord/simulator';

const hub: Hub = createHub();

/** Says back every sample, through a TransformStream of its own. */
async function answer(call: Call): Promise<void> {
  hub.watch(call);
  const agent = new TransformStream<FrameFromCall, Frame>({
    transform(frame, controller) {
      if (frame.kind !== 'audio') return;
      const { samples, sampleRate }: AudioFrame = frame;
      controller.enqueue({ ...frame, samples: samples.slice(), sampleRate, track: 'outbound' });
    },
  });
  await call.readable.pipeThrough(agent).pipeTo(call.writable);
}

const server: CallServer = await serveCalls({ port: 0 }, answer);
const phone: Phone = await dial(server.url);
const said = mulaw.decode(new Uint8Array(4000).fill(0x95));
await phone.say(said);
await phone.waitUntil(() => phone.heard.filter((sample) => sample === said[0]).length === said.length, {
  timeoutMs: 10_000,
});
await phone.hangUp();
await server.close();
await hub.close();

/** Used as types alone. */
export const unused: readonly unknown[] = [
  answerCalls,
  createUpgradeCheck,
  MediaError,
  openCall,
  twilio,
  recordCall,
  twilioCalls,
  verbs,
  MonitorClient,
  createVirtualClock,
];
