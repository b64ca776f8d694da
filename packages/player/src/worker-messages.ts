/**
 * What the page and the worker that holds its monitor sockets say to each other. Sockets and routes go by numbers
 * that the page gives out.
 *
 * @module
 */

/** To the worker. */
export type ToWorker =
  /** A WebSocket is opened. */
  | {
      readonly kind: 'open';
      readonly socket: number;
      readonly url: string;
      readonly protocols: readonly string[];
    }
  /** As `WebSocket.send`. */
  | { readonly kind: 'send'; readonly socket: number; readonly data: string | Uint8Array<ArrayBuffer> }
  /** As `WebSocket.close`. */
  | {
      readonly kind: 'close';
      readonly socket: number;
      readonly code?: number | undefined;
      readonly reason?: string | undefined;
    }
  /** The sound of a call goes to a port as well, whatever socket it comes by. The port is transferred. */
  | { readonly kind: 'route'; readonly route: number; readonly callId: string; readonly port: MessagePort }
  /** The sound no longer goes there. `ended`: since all has come; what is on its way is played. */
  | { readonly kind: 'unroute'; readonly route: number; readonly ended: boolean }
  /** The worker ends, and its sockets. */
  | { readonly kind: 'quit' };

/** From the worker. */
export type FromWorker =
  /** First of all: the worker was allowed and loaded. */
  | { readonly kind: 'ready' }
  /** The socket is open. */
  | { readonly kind: 'opened'; readonly socket: number }
  /** The socket could not be made: the browser does not let this page connect there. */
  | { readonly kind: 'refused'; readonly socket: number }
  | { readonly kind: 'message'; readonly socket: number; readonly data: string | ArrayBuffer }
  | {
      readonly kind: 'closed';
      readonly socket: number;
      readonly code: number;
      readonly reason: string;
      readonly wasClean: boolean;
    };
