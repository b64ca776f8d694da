import { tell } from './playout-node.ts';
import { workerOf } from './worker-client.ts';

/** The way of one call's sound from the worker that holds the socket to the audio thread, past the page. */
export interface SoundRoute {
  /** False once the worker could not be had: the sound comes by the page then. */
  readonly carries: boolean;
  /** Lets the sound go to this node, or fall where there is none. */
  lead(node: AudioWorkletNode | undefined): void;
  /** No more will come: what is on its way is still played. */
  end(): void;
}

/** Creates a route, which leads nowhere at first. Undefined for a client whose socket is the page's. */
export function createSoundRoute(client: object, callId: string): SoundRoute | undefined {
  const worker = workerOf(client);
  if (!worker) return undefined;
  let there: AudioWorkletNode | undefined;
  let takeBack: ((ended: boolean) => void) | undefined;
  return {
    get carries() {
      return worker.available;
    },
    lead(node) {
      if (node === there) return;
      there = node;
      takeBack?.(false);
      takeBack = undefined;
      if (!node) return;
      const { port1, port2 } = new MessageChannel();
      tell(node, { kind: 'listen', port: port1 });
      takeBack = worker.route(callId, port2);
    },
    end() {
      takeBack?.(true);
      takeBack = undefined;
    },
  };
}
