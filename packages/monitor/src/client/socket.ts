import isomorphicWebSocket from 'isomorphic-ws';

/** The part of the standard WebSocket that a client needs. */
export interface ClientSocket {
  readonly readyState: number;
  binaryType: string;
  /** Bytes that wait to be sent. Counted as 0 where a runtime does not have it. */
  readonly bufferedAmount?: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}

/** The standard's constructor. */
export type ClientSocketConstructor = new (url: string, protocols: string[]) => ClientSocket;

/** The runtime's own WebSocket; Node before version 22 has none, and gets the `ws` package. */
export const defaultWebSocket: ClientSocketConstructor = (globalThis.WebSocket ??
  isomorphicWebSocket) as unknown as ClientSocketConstructor;
