import { MediaError, type Track } from '@patchcord/core';
import { dial } from '../phone/dial.ts';
import type { PhoneEnd } from '../phone/events.ts';
import type { Phone } from '../phone/phone.ts';
import { createSid } from '../phone/sid.ts';
import type { StartedStream } from '../rest/call.ts';
import type { Address, AddressBook } from './address.ts';
import type { NumberOptions } from './call.ts';
import type { NumberEventDetail } from './events.ts';
import type { TwimlMethod, TwimlStream } from './twiml.ts';
import { askWebhook } from './webhook.ts';

/** The call that streams belong to. */
export interface StreamHost {
  readonly callSid: string;
  readonly accountSid: string;
  readonly isOver: boolean;
  /** What relative URLs stand against. */
  readonly document: Address;
  note(event: NumberEventDetail): void;
  /** A stream is up. */
  cameUp(phone: Phone): void;
}

/** A one-way stream that is up, or on its way. */
interface OneWayStream extends StartedStream {
  readonly tracks: readonly Track[];
  stop(): void;
}

type StreamCallback = Pick<TwimlStream, 'statusCallback' | 'statusCallbackMethod'>;

/** Tracks that the one-way streams of one call may have together. */
const MAX_TRACKS = 4;

/** The streams of one call, and what their status callbacks are told. Nothing of it throws or rejects. */
export class NumberStreams {
  readonly #addresses: AddressBook;
  readonly #options: NumberOptions;
  readonly #host: StreamHost;
  readonly #oneWay = new Set<OneWayStream>();
  /** Status callbacks go one after the other, in the order of what they tell. */
  #notices: Promise<void> = Promise.resolve();

  constructor(addresses: AddressBook, options: NumberOptions, host: StreamHost) {
    this.#addresses = addresses;
    this.#options = options;
    this.#host = host;
  }

  /** Brings a bidirectional stream up. @returns undefined where that fails; that is an event, and the call goes on. */
  async connect(
    wanted: TwimlStream,
  ): Promise<{ readonly phone: Phone; readonly ended: Promise<PhoneEnd> } | undefined> {
    const stream = { streamSid: createSid('MZ'), name: wanted.name ?? '' };
    const phone = await this.#dial(stream, wanted, false);
    if (phone === undefined) return undefined;
    const ended = phone.closed.then((end) => {
      this.#stopped(stream, wanted);
      return end;
    });
    return { phone, ended };
  }

  /** Starts a one-way stream; undefined where the call has as many as it may have. */
  start(wanted: TwimlStream): StartedStream | undefined {
    const streamSid = createSid('MZ');
    const name = wanted.name ?? streamSid;
    let inUse = wanted.tracks.length;
    for (const { tracks } of this.#oneWay) inUse += tracks.length;
    if (inUse > MAX_TRACKS) {
      const message = `A call has ${MAX_TRACKS} tracks of one-way streams at most; this stream was not started.`;
      this.#failed({ streamSid, name }, wanted, message);
      return undefined;
    }
    let phone: Phone | undefined;
    let stopped = false;
    const stream: OneWayStream = {
      streamSid,
      name,
      tracks: wanted.tracks,
      stop: () => {
        stopped = true;
        this.#oneWay.delete(stream);
        void phone?.hangUp();
      },
    };
    this.#oneWay.add(stream);
    void this.#dial(stream, wanted, true).then(async (up) => {
      phone = up;
      if (stopped) void phone?.hangUp();
      await phone?.closed;
      this.#oneWay.delete(stream);
      if (phone !== undefined) this.#stopped(stream, wanted);
    });
    return { streamSid, name };
  }

  /** Stops a one-way stream, by its id or name; undefined where there is none. */
  stop(sidOrName: string): StartedStream | undefined {
    for (const stream of this.#oneWay) {
      if (stream.streamSid !== sidOrName && stream.name !== sidOrName) continue;
      stream.stop();
      return stream;
    }
    return undefined;
  }

  /** The call is over, and its one-way streams with it. */
  stopAll(): void {
    for (const stream of [...this.#oneWay]) stream.stop();
  }

  /** Tells a status callback. Twilio does not look at their answers, and neither does this. */
  tell(url: string, method: TwimlMethod, form: Readonly<Record<string, string>>): void {
    const { authToken, webhookTimeoutMs: timeoutMs = 15_000 } = this.#options;
    const { document } = this.#host;
    this.#notices = this.#notices
      .then(async () => {
        const { url: realUrl, publicUrl: signedUrl } = this.#addresses.webhookAt(url, document);
        const { signal } = new AbortController(); // the end of a call is told after it
        await askWebhook({ url: realUrl, signedUrl, method, form, authToken, timeoutMs, signal });
      })
      .catch(() => {});
  }

  async #dial(
    { streamSid, name }: StartedStream,
    { url, tracks, parameters, ...wanted }: TwimlStream,
    unidirectional: boolean,
  ): Promise<Phone | undefined> {
    const { authToken, lineNoiseDb, jitterBufferMs, keepHeardMs, clock, connectTimeoutMs } = this.#options;
    const { callSid, accountSid, document } = this.#host;
    try {
      const address = this.#addresses.streamAt(url, document);
      const phone = await dial(address.url, {
        callSid,
        accountSid,
        streamSid,
        parameters,
        unidirectional,
        tracks,
        authToken,
        signedUrl: address.publicUrl,
        lineNoiseDb,
        jitterBufferMs,
        keepHeardMs,
        clock,
        connectTimeoutMs,
      });
      if (this.#host.isOver) {
        void phone.hangUp();
        return undefined;
      }
      this.#host.cameUp(phone);
      this.#note('stream-started', { streamSid, name }, wanted);
      return phone;
    } catch (error) {
      const message = error instanceof MediaError ? error.message : 'The stream could not be dialled.';
      this.#failed({ streamSid, name }, wanted, message);
      return undefined;
    }
  }

  #stopped({ streamSid, name }: StartedStream, wanted: StreamCallback): void {
    this.#note('stream-stopped', { streamSid, name }, wanted);
  }

  #failed({ streamSid, name }: StartedStream, wanted: StreamCallback, message: string): void {
    this.#host.note({ kind: 'stream-error', streamSid, name, message });
    this.#tellEvent('stream-error', { streamSid, name }, wanted, { StreamError: message });
  }

  #note(kind: 'stream-started' | 'stream-stopped', stream: StartedStream, wanted: StreamCallback): void {
    this.#host.note({ kind, ...stream });
    this.#tellEvent(kind, stream, wanted);
  }

  #tellEvent(
    event: string,
    { streamSid, name }: StartedStream,
    { statusCallback, statusCallbackMethod }: StreamCallback,
    more: Readonly<Record<string, string>> = {},
  ): void {
    if (statusCallback === undefined) return;
    this.tell(statusCallback, statusCallbackMethod, {
      AccountSid: this.#host.accountSid,
      CallSid: this.#host.callSid,
      StreamSid: streamSid,
      StreamName: name === '' ? streamSid : name,
      StreamEvent: event,
      Timestamp: new Date().toISOString(),
      ...more,
    });
  }
}
