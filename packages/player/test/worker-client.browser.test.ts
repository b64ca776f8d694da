import workerText from 'inline:../src/worker/socket-worker.ts';
import { type Frame, type MediaError, mulaw } from '@patchcord/core';
import { MonitorClient } from '@patchcord/monitor/client';
import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { CallPlayer, createWorkerClient, type WorkerClientOptions } from '../src/index.ts';
import { sine } from './link.ts';
import { packet } from './packet.ts';

/**
 * Sockets whose other end is the test, in the worker as on the page: what a page sends comes by a channel, as
 * `{ socket, said }`, and the test answers.
 */
const FAKE_SOCKET = `
  class WebSocket {
    static last = 0;
    readyState = 0;
    bufferedAmount = 0;
    constructor(url, protocols) {
      if (url.includes('/forbidden')) throw new DOMException('Not from here.', 'SecurityError');
      this.socket = WHERE + ++WebSocket.last;
      this.channel = new BroadcastChannel(CHANNEL);
      this.channel.onmessage = ({ data }) => {
        if (data.to !== this.socket) return;
        if (data.open) { this.readyState = 1; this.onopen?.(); }
        if (data.tell) this.onmessage?.({ data: data.tell });
        data.inTurn?.forEach((bytes, at) => setTimeout(() => this.onmessage?.({ data: bytes.buffer }), at * 20));
        if (data.end) this.finish(data.end[0], data.end[1]);
      };
      this.channel.postMessage({ socket: this.socket, url, protocols });
    }
    finish(code, reason) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.channel.postMessage({ socket: this.socket, closed: code });
      this.channel.close();
      this.onclose?.({ code, reason, wasClean: true });
    }
    send(data) { this.channel.postMessage({ socket: this.socket, said: data }); }
    close(code = 1000, reason = '') { queueMicrotask(() => this.finish(code, reason)); }
  }
`;

interface FromSocket {
  readonly socket: string;
  readonly url?: string;
  readonly protocols?: string[];
  readonly said?: string;
  readonly closed?: number;
}

/** A hub by hand: admits everybody, grants everything. */
class Hub {
  readonly name = `hub-${crypto.randomUUID()}`;
  readonly #channel = new BroadcastChannel(this.name);
  readonly sockets: string[] = [];
  readonly said: { readonly type: string; readonly id: number; readonly topic?: string }[] = [];
  readonly closed: string[] = [];
  readonly protocols: string[][] = [];

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<FromSocket>) => {
      const { socket, said, url, protocols, closed } = data;
      if (url && protocols) {
        this.sockets.push(socket);
        this.protocols.push(protocols);
        this.#channel.postMessage({ to: socket, open: true });
        this.tell({ type: 'welcome', scopes: ['list', 'listen'], gatewayNowMs: 0 });
      }
      if (said) {
        const message = JSON.parse(said);
        this.said.push(message);
        if (message.type === 'open') this.tell({ type: 'done', id: message.id });
      }
      if (closed !== undefined) this.closed.push(socket);
    };
  }

  tell(message: object | Uint8Array<ArrayBuffer>): void {
    const tell = message instanceof Uint8Array ? message.buffer : JSON.stringify(message);
    this.#channel.postMessage({ to: this.sockets.at(-1), tell });
  }

  /** Tells one every 20 ms, without the page's doing. */
  tellInTurn(inTurn: Uint8Array<ArrayBuffer>[]): void {
    this.#channel.postMessage({ to: this.sockets.at(-1), inTurn });
  }

  /** Drops the latest connection. */
  drop(code: number, reason = ''): void {
    this.#channel.postMessage({ to: this.sockets.at(-1), end: [code, reason] });
  }

  /** A worker whose sockets lead here. */
  get workerUrl(): string {
    const names = `const CHANNEL = ${JSON.stringify(this.name)}; const WHERE = 'worker-';`;
    return URL.createObjectURL(
      new Blob([names, FAKE_SOCKET, workerText.replace(/^\s*self = /, '')], { type: 'text/javascript' }),
    );
  }

  close(): void {
    this.#channel.close();
  }
}

const clients: MonitorClient[] = [];
const players: CallPlayer[] = [];
const hubs: Hub[] = [];
afterEach(async () => {
  document.body.replaceChildren();
  for (const client of clients.splice(0)) client.close();
  for (const hub of hubs.splice(0)) hub.close();
  await Promise.all(players.splice(0).map((player) => player.close()));
});

function newHub(): Hub {
  const hub = new Hub();
  hubs.push(hub);
  return hub;
}

function connect(hub: Hub, options: Partial<WorkerClientOptions> = {}): MonitorClient {
  const client = createWorkerClient('/monitor', {
    ticket: () => Promise.resolve('a.b.c'),
    workerUrl: hub.workerUrl,
    random: () => 1,
    ...options,
  });
  clients.push(client);
  return client;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const beganAt = performance.now();
  while (!condition()) {
    if (performance.now() - beganAt > 5000) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const isConnected = (client: MonitorClient) => until('connected', () => client.state === 'connected');

/** A player that a real click has started. */
async function startedPlayer(delayMs = 100): Promise<CallPlayer> {
  const player = new CallPlayer({ delayMs });
  players.push(player);
  const button = document.createElement('button');
  button.textContent = 'Listen';
  document.body.append(button);
  const done = new Promise<void>((resolve, reject) => {
    button.onclick = () => player.start().then(resolve, reject);
  });
  await userEvent.click(button);
  await done;
  return player;
}

const tone = sine(440, 16_000);
const codesAt = (index: number) => mulaw.encode(tone.slice(index * 160, (index + 1) * 160));

/** The subscription to the sound of a call. */
const streamOf = async (hub: Hub): Promise<number> => {
  await until('asked for sound', () => hub.said.some(({ topic }) => topic === 'audio'));
  return hub.said.findLast(({ topic }) => topic === 'audio')?.id ?? 0;
};

describe('createWorkerClient', () => {
  test('is a client as any other, whose socket lives in the worker', async () => {
    const hub = newHub();
    const client = connect(hub);
    expect(client).toBeInstanceOf(MonitorClient);
    await isConnected(client);
    expect(hub.sockets).toEqual(['worker-1']);
    expect(hub.protocols).toEqual([['patchcord.v1', 'ticket.a.b.c']]);
    expect(client.scopes).toEqual(['list', 'listen']);
    const changes = client.calls().getReader();
    await until('asked for the list', () => hub.said.length === 1);
    const change = { kind: 'calls', calls: [], gatewayNowMs: 5 };
    hub.tell({ type: 'calls', id: hub.said[0]?.id, change });
    expect(await changes.read()).toEqual({ done: false, value: change });
    client.close();
    expect(await changes.read()).toMatchObject({ done: true });
    await until('the socket is closed', () => hub.closed.length === 1);
  });

  test('comes back on a fresh socket when one breaks', async () => {
    const hub = newHub();
    const client = connect(hub);
    await isConnected(client);
    hub.drop(1001, 'Back soon.');
    await until('reconnecting', () => client.state === 'reconnecting');
    expect(client.reason).toBe('Back soon.');
    await isConnected(client);
    expect(hub.sockets).toEqual(['worker-1', 'worker-2']);
  });

  test('a refusal is told, and ends the worker', async () => {
    const hub = newHub();
    const client = connect(hub);
    await isConnected(client);
    hub.drop(4403, 'Not you.');
    await until('refused', () => client.state === 'refused');
    expect(client.reason).toBe('Not you.');
  });

  test.each(['/no/such/worker.js', 'data:text/javascript,throw 1'])(
    'without its worker, from %s, it says so and connects from the page',
    async (workerUrl) => {
      const hub = newHub();
      const onPage = new Function('CHANNEL', 'WHERE', `${FAKE_SOCKET}; return WebSocket;`);
      const own = globalThis.WebSocket;
      globalThis.WebSocket = onPage(hub.name, 'page-');
      try {
        const reasons: MediaError[] = [];
        const client = connect(hub, { workerUrl, onWorkerUnavailable: (reason) => reasons.push(reason) });
        await isConnected(client);
        expect(hub.sockets).toEqual(['page-1']);
        expect(reasons).toHaveLength(1);
        expect(reasons[0]).toMatchObject({ code: 'refused' });
        expect(reasons[0]?.message).toContain(workerUrl);
        hub.drop(1001);
        await until('back', () => hub.sockets.length === 2);
        expect(hub.sockets[1]).toBe('page-2');
      } finally {
        globalThis.WebSocket = own;
      }
    },
  );
});

describe('CallPlayer.listen', () => {
  test('hears through the worker while the page is busy', async () => {
    const hub = newHub();
    const client = connect(hub);
    const player = await startedPlayer(300);
    const frames: Frame[] = [];
    const over = player.listen(client, 'CA1', { onFrame: (frame) => frames.push(frame) });
    const stream = await streamOf(hub);
    const packets = Array.from({ length: 100 }, (_, index) => packet(stream, index * 20, codesAt(index)));
    await until('the first report', () => player.stats.buffer === 'filling');
    hub.tellInTurn(packets);
    // The worker has them before the page is busy: it is by itself then.
    await until('sound has come', () => frames.length > 0);
    const busyUntil = performance.now() + 1200;
    while (performance.now() < busyUntil);
    await new Promise((resolve) => setTimeout(resolve, 20));
    // What the audio thread has told meanwhile: a second's sound was played, and none of it is on the page yet.
    const played = player.stats.playedSamples;
    await until('all frames are on the page', () => frames.length === 100);
    hub.tell({ type: 'over', id: stream });
    await over;
    await until('all is played', () => player.stats.playedSamples === 16_000);
    expect(played, 'samples played while the page was busy').toBeGreaterThan(4000);
    expect(player.stats).toMatchObject({ concealedSamples: 0, underruns: 0, stretches: 0 });
    expect(frames[7]).toMatchObject({ kind: 'audio', timestampMs: 140, samples: mulaw.decode(codesAt(7)) });
  });

  test('hears a call that is asked for before there is a connection', async () => {
    const hub = newHub();
    let admit = (_ticket: string): void => {};
    const ticket = () =>
      new Promise<string>((resolve) => {
        admit = resolve;
      });
    const client = connect(hub, { ticket });
    const player = await startedPlayer();
    void player.listen(client, 'CA1').catch(() => {});
    admit('a.b.c');
    const stream = await streamOf(hub);
    hub.tell(packet(stream, 0, codesAt(0)));
    await until('it plays', () => player.stats.playedSamples === 160);
  });

  test('stops at the signal, and the next call is heard alone', async () => {
    const hub = newHub();
    const client = connect(hub);
    const player = await startedPlayer();
    const abort = new AbortController();
    const first = player.listen(client, 'CA1', { signal: abort.signal });
    const stream = await streamOf(hub);
    hub.tell(packet(stream, 0, codesAt(0)));
    await until('it plays', () => player.stats.playedSamples > 0);
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await until('the hub is told', () => hub.said.some(({ type }) => type === 'close'));
    hub.tell(packet(stream, 20, codesAt(1)));
    hub.said.length = 0;

    const second = player.listen(client, 'CA2');
    const other = await streamOf(hub);
    hub.tell(packet(stream, 40, codesAt(2)));
    hub.tell(packet(other, 90_000, codesAt(3)));
    hub.tell({ type: 'over', id: other });
    await second;
    await until('it has played', () => player.stats.playedSamples > 0);
    await until('it has played to its end', () => player.stats.buffer === 'filling');
    expect(player.stats).toMatchObject({ playedSamples: 160, concealedSamples: 0 });
  });

  test('lets sound fall while nothing plays, and is live again afterwards', async () => {
    const hub = newHub();
    const client = connect(hub);
    const player = await startedPlayer();
    void player.listen(client, 'CA1').catch(() => {});
    const stream = await streamOf(hub);
    hub.tell(packet(stream, 0, codesAt(0)));
    await until('it plays', () => player.stats.playedSamples === 160);
    await player.context?.suspend();
    await until('blocked', () => player.state === 'blocked');
    for (let index = 1; index < 40; index++) hub.tell(packet(stream, index * 20, codesAt(index)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await player.context?.resume();
    await until('running', () => player.state === 'running');
    hub.tell(packet(stream, 800, codesAt(40)));
    await until('it plays again', () => player.stats.playedSamples > 160);
    await until('it has run out', () => player.stats.buffer === 'ran-dry');
    expect(player.stats.playedSamples).toBe(320);
  });

  test('through the page where the client is of another kind, and rejects what cannot be played', async () => {
    const player = await startedPlayer();
    const source = (sampleRate: number) => ({
      listen: () =>
        new ReadableStream<Frame>({
          start(controller) {
            const samples = tone.slice(0, 160);
            controller.enqueue({
              kind: 'audio',
              track: 'inbound',
              timestampMs: 0,
              sampleRate,
              channels: 1,
              samples,
            });
            controller.close();
          },
        }),
    });
    const seen: number[] = [];
    await player.listen(source(8000), 'CA1', {
      onFrame: (frame) => void (frame.kind === 'audio' && seen.push(frame.samples.length)),
    });
    expect(seen).toEqual([160]);
    await until('it has played', () => player.stats.playedSamples === 160);
    await expect(player.listen(source(16_000), 'CA1')).rejects.toMatchObject({ code: 'wrong-format' });
    await player.close();
    await expect(player.listen(source(8000), 'CA1')).rejects.toMatchObject({ code: 'transport-closed' });
  });
});
