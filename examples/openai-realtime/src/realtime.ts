/**
 * A model of OpenAI's Realtime API on the telephone. Both speak µ-law at 8 kHz, so no rate is converted. When the caller
 * interrupts, the model is told how much of its sentence was really heard, and forgets the rest.
 *
 * @see https://platform.openai.com/docs/api-reference/realtime
 */

import {
  type Call,
  decodeBase64,
  encodeBase64,
  mulaw,
  type OpenPlayback,
  type Playback,
} from '@patchcord/core';
import { connect } from '@patchcord/node';

/** Which model, and how it speaks. */
export interface RealtimeOptions {
  readonly apiKey: string;
  /** Default: OpenAI's, with the model `gpt-realtime`. */
  readonly url?: string | undefined;
  readonly instructions?: string;
  readonly voice?: string;
}

const OPENAI = 'wss://api.openai.com/v1/realtime?model=gpt-realtime';

/** A message of the model's may hold some seconds of sound. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** The events that matter here, as far as they are looked at. */
type ModelEvent =
  | { type: 'response.output_audio.delta'; item_id: string; content_index: number; delta: string }
  | { type: 'response.output_audio.done' | 'input_audio_buffer.speech_started' }
  | { type: 'error'; error: { code?: string; message: string } };

/** Resolves when the call is over. Rejects when the model cannot be reached, or leaves. The call is at 8 kHz. */
export async function converse(
  call: Call,
  {
    apiKey,
    url = OPENAI,
    instructions = 'You are on the telephone. Be brief.',
    voice = 'marin',
  }: RealtimeOptions,
): Promise<void> {
  const socket = await connect(url, {
    headers: { Authorization: `Bearer ${apiKey}` },
    maxMessageBytes: MAX_MESSAGE_BYTES,
  });
  const send = (event: object) => socket.send(JSON.stringify(event));
  /** What the model has said, and the caller may not have heard yet. */
  const items = new Map<Playback, { item_id: string; content_index: number }>();
  let speaking: { item_id: string; playback: OpenPlayback } | undefined;

  const format = { type: 'audio/pcmu' };
  const audio = {
    input: { format, turn_detection: { type: 'server_vad' } },
    output: { format, voice },
  };
  send({ type: 'session.update', session: { type: 'realtime', instructions, audio } });
  send({ type: 'response.create' }); // it speaks first

  call.observe((frame, phase) => {
    if (phase !== 'received' || frame.kind !== 'audio') return;
    send({ type: 'input_audio_buffer.append', audio: encodeBase64(mulaw.encode(frame.samples)) });
  });

  function handle(event: ModelEvent): void {
    switch (event.type) {
      case 'response.output_audio.delta': {
        const { item_id, content_index, delta } = event;
        if (speaking?.item_id !== item_id) {
          speaking?.playback.end();
          const playback = call.play();
          speaking = { item_id, playback };
          items.set(playback, { item_id, content_index });
          playback.done.then(() => items.delete(playback));
        }
        // What comes late of an item that was interrupted is refused by its playback.
        speaking.playback.write(mulaw.decode(decodeBase64(delta)));
        return;
      }
      case 'response.output_audio.done':
        speaking?.playback.end();
        return;
      case 'input_audio_buffer.speech_started':
        for (const { playback, heardMs } of call.interrupt().playbacks) {
          const item = items.get(playback);
          if (item) send({ type: 'conversation.item.truncate', ...item, audio_end_ms: heardMs });
        }
        return;
      case 'error':
        console.warn(`The model says: ${event.error.code ?? 'error'}`);
    }
  }
  const failed = new Promise<never>((_resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      try {
        handle(JSON.parse(String(data)) as ModelEvent);
      } catch (error) {
        reject(error);
      }
    });
    socket.addEventListener('close', () =>
      reject(new Error('The model closed its socket. Check the key and the model.')),
    );
  });

  try {
    await Promise.race([call.closed, failed]);
  } finally {
    socket.close();
  }
}
