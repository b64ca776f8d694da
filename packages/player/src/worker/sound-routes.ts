import { mulaw, type Track } from '@patchcord/core';
import { readPacket } from '@patchcord/monitor/client';

/** Rate that the player plays at, in Hz. */
const RATE = 8000;

/** What the audio thread is told of a call's sound. */
export type RoutedSound =
  | {
      readonly kind: 'audio';
      readonly track: Track;
      readonly timestampMs: number;
      readonly samples: Int16Array<ArrayBuffer>;
    }
  | { readonly kind: 'end' };

/** The part of a MessagePort that a route needs. */
export interface SoundPort {
  postMessage(sound: RoutedSound, transfer: ArrayBuffer[]): void;
  close(): void;
}

interface Route {
  readonly callId: string;
  readonly port: SoundPort;
  /** The subscription that is heard, of several there may be for one call. */
  stream: string | undefined;
}

/**
 * Knows which packets of sound go to which port: it reads along what the page asks the hub for. Pure but for the ports.
 */
export class SoundRoutes {
  /** Calls by the subscriptions to their sound, of all sockets. */
  readonly #calls = new Map<string, string>();
  readonly #routes = new Map<number, Route>();

  /** Sends a call's sound to a port from now on, which the routes own then. */
  add(route: number, callId: string, port: SoundPort): void {
    this.#routes.set(route, { callId, port, stream: undefined });
  }

  /** Lets a port go. `ended`: the sound is told to be over, behind what was sent there. */
  remove(route: number, ended: boolean): void {
    const port = this.#routes.get(route)?.port;
    this.#routes.delete(route);
    if (ended) port?.postMessage({ kind: 'end' }, []);
    port?.close();
  }

  /** The page says something to the hub. */
  asked(socket: number, text: string): void {
    const message = parse(text);
    const stream = `${socket}/${message.id}`;
    if (message.type === 'open' && message.topic === 'audio' && typeof message.callId === 'string') {
      this.#calls.set(stream, message.callId);
    }
    if (message.type === 'close') this.#calls.delete(stream);
  }

  /** The hub says something in binary: where it is sound that is wanted, it is sent on. The bytes are left as they are. */
  received(socket: number, bytes: Uint8Array): void {
    if (this.#routes.size === 0) return;
    const packet = readPacket(bytes);
    if (!packet || packet.sampleRate !== RATE) return; // the page says so in words
    const stream = `${socket}/${packet.stream}`;
    const callId = this.#calls.get(stream);
    for (const route of this.#routes.values()) {
      if (route.callId !== callId) continue;
      if (route.stream === undefined || !this.#calls.has(route.stream)) route.stream = stream;
      if (route.stream !== stream) continue;
      const { track, timestampMs } = packet;
      const samples = mulaw.decode(packet.codes);
      route.port.postMessage({ kind: 'audio', track, timestampMs, samples }, [samples.buffer]);
    }
  }

  /** A socket is gone, and what was asked for on it. */
  closed(socket: number): void {
    for (const stream of this.#calls.keys()) if (stream.startsWith(`${socket}/`)) this.#calls.delete(stream);
  }
}

interface Asked {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly topic?: unknown;
  readonly callId?: unknown;
}

function parse(text: string): Asked {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : {};
  } catch {
    return {};
  }
}
