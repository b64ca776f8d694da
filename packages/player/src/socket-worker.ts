/**
 * The page's side of the worker: sockets that look like the browser's own, and routes for sound past the page.
 *
 * @module
 */

import workerText from 'inline:./worker/socket-worker.ts';
import { MediaError } from '@patchcord/core';
import type { ClientSocketConstructor } from '@patchcord/monitor/client';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Longest wait for the worker to load, in milliseconds: the page holds the sockets itself then. */
const LOAD_MS = 5000;

/** What a connection that broke is closed with. */
const BROKEN = 1006;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** `none`: not needed yet. `unavailable`: the page's own sockets do. */
type WorkerState = 'none' | 'loading' | 'ready' | 'unavailable' | 'closed';

/** Options of a `SocketWorker`. */
export interface SocketWorkerOptions {
  readonly workerUrl?: string | URL | undefined;
  readonly onUnavailable?: ((reason: MediaError) => void) | undefined;
}

/** A worker that holds sockets. It begins with the first socket or route, and ends with `close()`. */
export class SocketWorker {
  /** The constructor of sockets in this worker. */
  readonly WebSocket: ClientSocketConstructor;
  readonly #options: SocketWorkerOptions;
  readonly #sockets = new Map<number, WorkerSocket>();
  #state: WorkerState = 'none';
  #worker: Worker | undefined;
  #blobUrl: string | undefined;
  #loadTimer: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;

  constructor(options: SocketWorkerOptions = {}) {
    this.#options = options;
    const owner = this;
    const Socket = class extends WorkerSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, (message) => owner.#tell(message), owner.#nextId());
        owner.#open(this);
      }
    };
    this.WebSocket = Socket as unknown as ClientSocketConstructor;
  }

  /** Whether sound can go past the page. */
  get available(): boolean {
    return this.#state === 'none' || this.#state === 'loading' || this.#state === 'ready';
  }

  /** Sends a call's sound to a port as well, which is transferred. Returns what takes it back. */
  route(callId: string, port: MessagePort): (ended: boolean) => void {
    const route = this.#nextId();
    if (this.#state === 'none') this.#load(); // a player may be there before the first socket
    this.#tell({ kind: 'route', route, callId, port }, [port]);
    return (ended) => this.#tell({ kind: 'unroute', route, ended });
  }

  /** Ends the worker and its sockets. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#tell({ kind: 'quit' });
    this.#loaded('closed');
    this.#worker = undefined;
  }

  #nextId(): number {
    return ++this.#lastId;
  }

  #tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #open(socket: WorkerSocket): void {
    this.#sockets.set(socket.id, socket);
    if (this.#state === 'none') this.#load();
    if (this.#worker) socket.openInWorker();
    else socket.openOnPage();
  }

  #load(): void {
    const { workerUrl } = this.#options;
    this.#state = 'loading';
    try {
      this.#blobUrl = workerUrl
        ? undefined
        : URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }));
      const worker = new Worker(workerUrl ?? (this.#blobUrl as string), { name: 'patchcord' });
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
      worker.onerror = (event) => {
        if (this.#state !== 'loading') return; // an error of its own: the browser tells
        event.preventDefault();
        this.#fail(event.message);
      };
      this.#worker = worker;
      this.#loadTimer = setTimeout(() => this.#fail('It did not answer.'), LOAD_MS);
    } catch (cause) {
      this.#fail(cause instanceof Error ? cause.message : '');
    }
  }

  /** The worker cannot be had: the page holds the sockets. */
  #fail(detail: string | undefined): void {
    if (this.#state !== 'loading') return;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#loaded('unavailable');
    const { workerUrl, onUnavailable } = this.#options;
    const where = workerUrl
      ? `from ${workerUrl}. Serve the file dist/worker.js of @patchcord/player there, as JavaScript`
      : 'from a blob: URL. Where the page forbids those, serve dist/worker.js of @patchcord/player and pass its address as workerUrl';
    onUnavailable?.(
      new MediaError(
        'refused',
        `The browser did not load the worker ${where}. Until then calls are heard by way of the page, and stutter when it is busy.${detail ? ` (${detail})` : ''}`,
      ),
    );
    for (const socket of this.#sockets.values()) {
      try {
        socket.openOnPage();
      } catch {
        socket.fail();
      }
    }
  }

  #loaded(state: WorkerState): void {
    this.#state = state;
    clearTimeout(this.#loadTimer);
    if (this.#blobUrl) URL.revokeObjectURL(this.#blobUrl);
    this.#blobUrl = undefined;
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'ready') {
      if (this.#state === 'loading') this.#loaded('ready');
      return;
    }
    const socket = this.#sockets.get(message.socket);
    if (message.kind === 'closed' || message.kind === 'refused') this.#sockets.delete(message.socket);
    socket?.take(message);
  }
}

/** A WebSocket that lives in a worker or, where there is none, on the page. Has what a monitor client needs of one. */
class WorkerSocket extends EventTarget {
  readonly id: number;
  binaryType = 'arraybuffer';
  readonly #url: string;
  readonly #protocols: string[];
  readonly #tell: (message: ToWorker) => void;
  #state = CONNECTING;
  #onPage: WebSocket | undefined;

  constructor(url: string, protocols: string[], tell: (message: ToWorker) => void, id: number) {
    super();
    this.#url = url;
    this.#protocols = protocols;
    this.#tell = tell;
    this.id = id;
  }

  get readyState(): number {
    return this.#onPage ? this.#onPage.readyState : this.#state;
  }

  get bufferedAmount(): number {
    return this.#onPage ? this.#onPage.bufferedAmount : 0;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#onPage) this.#onPage.send(data);
    else if (this.#state === OPEN) this.#tell({ kind: 'send', socket: this.id, data });
  }

  close(code?: number, reason?: string): void {
    if (this.#onPage) this.#onPage.close(code, reason);
    else if (this.#state < CLOSING) {
      this.#state = CLOSING;
      this.#tell({ kind: 'close', socket: this.id, code, reason });
    }
  }

  openInWorker(): void {
    this.#tell({ kind: 'open', socket: this.id, url: this.#url, protocols: this.#protocols });
  }

  /** @throws DOMException where the browser does not let the page connect there */
  openOnPage(): void {
    if (this.#onPage) return;
    if (this.#state !== CONNECTING) {
      this.fail();
      return;
    }
    const socket = new WebSocket(this.#url, this.#protocols);
    socket.binaryType = 'arraybuffer';
    this.#onPage = socket;
    socket.onopen = () => this.dispatchEvent(new Event('open'));
    socket.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    socket.onclose = ({ code, reason, wasClean }) => this.#end(code, reason, wasClean);
  }

  take(message: Exclude<FromWorker, { readonly kind: 'ready' }>): void {
    switch (message.kind) {
      case 'opened':
        if (this.#state === CONNECTING) this.#state = OPEN;
        this.dispatchEvent(new Event('open'));
        return;
      case 'message':
        this.dispatchEvent(new MessageEvent('message', { data: message.data }));
        return;
      case 'closed':
        this.#end(message.code, message.reason, message.wasClean);
        return;
      case 'refused':
        this.fail();
        return;
      default:
        message satisfies never;
    }
  }

  fail(): void {
    this.#end(BROKEN, '', false);
  }

  #end(code: number, reason: string, wasClean: boolean): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
  }
}
