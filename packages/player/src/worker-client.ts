import type { MediaError } from '@patchcord/core';
import { MonitorClient, type MonitorClientOptions } from '@patchcord/monitor/client';
import { SocketWorker } from './socket-worker.ts';

/** Options of `createWorkerClient`. */
export interface WorkerClientOptions extends Omit<MonitorClientOptions, 'WebSocket'> {
  /** Address of this package's `dist/worker.js`, for pages that forbid `blob:` workers. Default: a Blob. */
  readonly workerUrl?: string | URL;
  /**
   * The browser did not load the worker: the page holds the socket itself, and sound stutters when the page is busy.
   * Told once at most, in words.
   */
  readonly onWorkerUnavailable?: (reason: MediaError) => void;
}

/** The workers of clients, by client: to the page such a client is like any other. */
const workers = new WeakMap<object, SocketWorker>();

/**
 * Connects a `MonitorClient` whose socket lives in a Worker: `CallPlayer.listen` lets the sound go from there straight to
 * the audio thread, so that a busy page does not make it stutter. All else is as with `MonitorClient.connect`.
 *
 * The worker ends with the client: when it is closed, or refused.
 *
 * @param url of the hub's socket, such as `wss://gateway.example/monitor`, also relative to the page.
 * @throws {MediaError} `invalid-argument` for a URL that is none.
 */
export function createWorkerClient(
  url: string | URL,
  { workerUrl, onWorkerUnavailable, ...options }: WorkerClientOptions,
): MonitorClient {
  const worker = new SocketWorker({ workerUrl, onUnavailable: onWorkerUnavailable });
  const client = MonitorClient.connect(url, { ...options, WebSocket: worker.WebSocket });
  client.addEventListener('state', () => {
    if (client.state === 'closed' || client.state === 'refused') worker.close();
  });
  workers.set(client, worker);
  return client;
}

/** The worker that holds a client's socket, where there is one. */
export function workerOf(client: object): SocketWorker | undefined {
  const worker = workers.get(client);
  return worker?.available ? worker : undefined;
}
