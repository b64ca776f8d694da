/** One app, twice: over streams on a bare socket, and over a call. What it writes on the wire must be the same. */

import {
  type AudioFrame,
  DeserializeStream,
  type Frame,
  type FrameFromCall,
  openCall,
  RechunkStream,
  type ResamplerQuality,
  ResampleStream,
  SerializeStream,
  type StartFrame,
  twilio,
  type WireMessage,
} from '@patchcord/core';
import { createManualClock } from './manual-clock.ts';
import { createSocketPair, type PairedSocket } from './socket-pair.ts';

/** Frames of 20 ms that the caller says, and the app says after them. */
export const SAID_FRAMES = 30;

/** How long an app may take, in milliseconds of a clock that is turned by hand. */
const LONGEST_MS = 2000;

const START: StartFrame = {
  kind: 'start',
  provider: 'twilio',
  streamId: 'MZ11223344556677889900aabbccddeeff',
  callId: 'CAffeeddccbbaa00998877665544332211',
  format: twilio.format,
  tracks: ['inbound'],
  parameters: {},
};

/** A gapless call, as the provider tells it. */
function messages(): WireMessage[] {
  const provider = twilio.createProviderSerializer();
  const speech = Array.from(
    { length: SAID_FRAMES },
    (_, frame): AudioFrame => ({
      kind: 'audio',
      samples: Int16Array.from(
        { length: 160 },
        (_, index) => 12000 * Math.sin((frame * 160 + index) * 0.31 + frame),
      ),
      sampleRate: 8000,
      channels: 1,
      timestampMs: 20 * frame,
      track: 'inbound',
    }),
  );
  return [START, ...speech].flatMap((frame: FrameFromCall) => provider.serialize(frame));
}

/** The provider's end, which says its messages, and our end; what we write is collected. */
function openLine(): { readonly socket: PairedSocket; readonly written: WireMessage[] } {
  const [line, socket] = createSocketPair();
  const written: WireMessage[] = [];
  line.addEventListener('message', ({ data }) => written.push(data as WireMessage));
  line.addEventListener('open', () => {
    for (const message of messages()) line.send(message);
  });
  return { socket, written };
}

/** Says what it hears, until the caller has said all: the call goes on, so no filter has given its tail yet. */
async function app(readable: ReadableStream<Frame>, writable: WritableStream<AudioFrame>): Promise<void> {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  for (let count = 0; count < SAID_FRAMES; ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended after ${count} frames`);
    if (value.kind !== 'audio') continue;
    count++;
    await writer.write(value);
  }
  await writer.close();
}

/** What the streams write over a bare socket. */
export async function writtenByStreams(
  sampleRate: number,
  quality: ResamplerQuality,
): Promise<WireMessage[]> {
  const { socket, written } = openLine();
  const serializer = twilio.createSerializer();
  const incoming = new ReadableStream<WireMessage>({
    start(controller) {
      socket.addEventListener('message', ({ data }) => controller.enqueue(data as WireMessage));
    },
  });
  const heard = incoming
    .pipeThrough(new DeserializeStream<Frame>(serializer))
    .pipeThrough(new ResampleStream({ sampleRate, quality }));
  const said = new TransformStream<AudioFrame, AudioFrame>();
  const sent = said.readable
    .pipeThrough(new ResampleStream<AudioFrame>({ sampleRate: 8000, quality }))
    .pipeThrough(new RechunkStream<AudioFrame>({ ms: 20, pad: true }))
    .pipeThrough(new SerializeStream<AudioFrame>(serializer))
    .pipeTo(new WritableStream({ write: (message) => socket.send(message) }));
  await Promise.all([app(heard, said.writable), sent]);
  await new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve());
    socket.close();
  });
  return written;
}

/** What a call writes for the same. */
export async function writtenByCall(sampleRate: number, quality: ResamplerQuality): Promise<WireMessage[]> {
  const { socket, written } = openLine();
  const clock = createManualClock();
  const call = await openCall(socket, twilio, { sampleRate, quality, markEveryMs: 0, clock });
  let done = false;
  const running = app(call.readable, call.writable).finally(() => {
    done = true;
  });
  for (let ms = 0; !done && ms < LONGEST_MS; ms++) await clock.advance(1);
  await running;
  await clock.advance(1);
  await call.end({ when: 'now' });
  return written;
}
