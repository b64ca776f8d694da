import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSpeechDetector, decodeBase64, encodeBase64, mulaw, tone } from '@patchcord/core';
import { WebSocketServer } from 'ws';

/** What a model was told of a sentence that was cut off. */
export interface Truncation {
  readonly item_id: string;
  readonly content_index: number;
  readonly audio_end_ms: number;
}

/** A stand-in for the Realtime API's socket: says a long tone first, and a short one whenever the caller has spoken. */
export interface Model {
  readonly url: string;
  readonly keys: readonly (string | undefined)[];
  /** The last `session.update`. */
  readonly session: { readonly audio?: { readonly input: object; readonly output: object } };
  readonly truncations: readonly Truncation[];
  /** What it was told that it would answer with an error. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** Greeting and answer: Hz, and milliseconds. */
export const GREETING = { frequency: 400, ms: 4000 } as const;
export const ANSWER = { frequency: 700, ms: 500 } as const;

const DELTA_MS = 250;

/** Listens on a free port of this machine. */
export async function startModel(): Promise<Model> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const keys: (string | undefined)[] = [];
  const truncations: Truncation[] = [];
  const errors: string[] = [];
  let session: Model['session'] = {};

  server.on('connection', (socket, request) => {
    keys.push(request.headers.authorization);
    const ear = createSpeechDetector({ sampleRate: 8000 });
    /** Milliseconds of sound of each item. */
    const items = new Map<string, number>();
    const send = (event: object) => socket.send(JSON.stringify(event));

    /** Far faster than it is heard, as the real one does. */
    function say({ frequency, ms }: { readonly frequency: number; readonly ms: number }): void {
      const item_id = `item_${items.size + 1}`;
      items.set(item_id, ms);
      const codes = mulaw.encode(tone({ frequency, ms, sampleRate: 8000 }));
      for (let at = 0; at < codes.length; at += DELTA_MS * 8) {
        const delta = encodeBase64(codes.slice(at, at + DELTA_MS * 8));
        send({ type: 'response.output_audio.delta', item_id, content_index: 0, delta });
      }
      send({ type: 'response.output_audio.done', item_id });
    }

    function truncate({ item_id, content_index, audio_end_ms }: Truncation): void {
      const ms = items.get(item_id);
      if (ms === undefined || content_index !== 0) errors.push('no such item');
      else if (!Number.isInteger(audio_end_ms) || audio_end_ms > ms)
        errors.push('beyond the end of the audio');
      truncations.push({ item_id, content_index, audio_end_ms });
      send({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms });
    }

    socket.on('message', (data) => {
      const event = JSON.parse(String(data));
      switch (event.type) {
        case 'session.update':
          session = event.session;
          send({ type: 'session.updated', session });
          break;
        case 'response.create':
          say(GREETING);
          break;
        case 'input_audio_buffer.append': {
          const change = ear.push(mulaw.decode(decodeBase64(event.audio)));
          if (change === 'started') send({ type: 'input_audio_buffer.speech_started' });
          if (change === 'stopped') say(ANSWER);
          break;
        }
        case 'conversation.item.truncate':
          truncate(event);
          break;
        default:
          errors.push(`unknown event ${event.type}`);
      }
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    truncations,
    errors,
    get session() {
      return session;
    },
    close() {
      for (const client of server.clients) client.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
