import type { Track } from '@patchcord/core';

/** What a call of the REST interface can be. */
export type RestCallStatus = 'queued' | 'ringing' | 'in-progress' | 'completed' | 'failed';

/** What a call shall do next: TwiML, or where to ask for it. */
export type CallInstructions =
  | { readonly twiml: string }
  | {
      readonly url: string;
      /** Default: `POST`. */
      readonly method?: 'GET' | 'POST' | undefined;
    };

/** A one-way stream that is asked for. */
export interface StreamRequest {
  readonly url: string;
  readonly name?: string | undefined;
  /** Default: `['inbound']`. */
  readonly tracks?: readonly Track[] | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly statusCallback?: string | undefined;
  readonly statusCallbackMethod?: 'GET' | 'POST' | undefined;
}

/** A one-way stream that was started. */
export interface StartedStream {
  readonly streamSid: string;
  /** What it is stopped by. The `streamSid` where no name was given. */
  readonly name: string;
}

/** A call that the stand-in REST interface controls. Nothing of it throws. */
export interface RestCall {
  readonly callSid: string;
  readonly status: RestCallStatus;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Ends the call. */
  complete(): void;
  /** Replaces what the call is doing. */
  update(instructions: CallInstructions): void;
  /** Starts a one-way stream; undefined where the call can have none. */
  startStream(request: StreamRequest): StartedStream | undefined;
  /** Stops a one-way stream, by its id or name; undefined where there is none. */
  stopStream(sidOrName: string): StartedStream | undefined;
}

/** A phone as the interface sees it, whatever made it. */
interface ControlledPhone {
  readonly callSid: string;
  readonly closed: Promise<unknown>;
  hangUp(options?: { readonly by?: 'app' }): Promise<unknown>;
}

/**
 * A phone that was dialled on its own, as a call. It has no TwiML, so an update ends its stream, as Twilio ends a
 * `<Connect><Stream>`, and the call goes on with nobody to hear it.
 */
export function phoneAsCall(phone: ControlledPhone): RestCall {
  let status: RestCallStatus = 'in-progress';
  let updated = false;
  void phone.closed.then(() => {
    if (!updated) status = 'completed';
  });
  return {
    callSid: phone.callSid,
    get status() {
      return status;
    },
    complete() {
      status = 'completed';
      void phone.hangUp({ by: 'app' });
    },
    update() {
      updated = true;
      void phone.hangUp({ by: 'app' });
    },
    startStream: () => undefined,
    stopStream: () => undefined,
  };
}
