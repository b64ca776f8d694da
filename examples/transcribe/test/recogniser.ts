import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSpeechDetector, samplesFromBytes } from '@patchcord/core';
import { WebSocketServer } from 'ws';

/** A recogniser that knows no words: it says how long somebody spoke. */
export interface Recogniser {
  readonly url: string;
  /** What callers said they were. */
  readonly authorizations: readonly (string | undefined)[];
  /** Samples that came. */
  readonly samples: number;
  close(): Promise<void>;
}

/** Listens on a free port of this machine. */
export async function startRecogniser({ leavesAfter = Infinity } = {}): Promise<Recogniser> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const authorizations: (string | undefined)[] = [];
  let samples = 0;

  server.on('connection', (socket, request) => {
    authorizations.push(request.headers.authorization);
    socket.send('hello'); // some greet in text that is no JSON
    const ear = createSpeechDetector({ sampleRate: 16_000 });
    let spokenMs = 0;
    const say = (final: boolean) => socket.send(JSON.stringify({ text: `${spokenMs} ms`, final }));
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        say(true);
        socket.close();
        return;
      }
      const piece = samplesFromBytes(new Uint8Array(data));
      samples += piece.length;
      const change = ear.push(piece);
      if (ear.speaking) spokenMs += piece.length / 16;
      if (change === 'stopped') say(true);
      if (change === 'started') say(false);
      if (samples > leavesAfter) socket.close();
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    get samples() {
      return samples;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
