import { encodeBase64, mulaw } from '@patchcord/core';
import { openPhone } from '../src/phone/dial.ts';
import type { Phone, PhoneOptions } from '../src/phone/phone.ts';
import { createVirtualClock, type VirtualClock } from '../src/virtual/clock.ts';
import { createLink, type LinkSocket } from '../src/virtual/link.ts';

/** A message of the phone's, as a test looks at it. */
export interface WireMessage {
  readonly event: string;
  readonly sequenceNumber?: string;
  readonly streamSid?: string;
  readonly start?: { readonly tracks: readonly string[] };
  readonly media?: {
    readonly track: string;
    readonly chunk: string;
    readonly timestamp: string;
    readonly payload: string;
  };
  readonly dtmf?: { readonly digit: string };
  readonly mark?: { readonly name: string };
  readonly stop?: Readonly<Record<string, unknown>>;
}

/** A phone, and an app that is only a socket. */
export interface RawCall {
  readonly clock: VirtualClock;
  readonly phone: Phone;
  readonly app: LinkSocket;
  readonly messages: WireMessage[];
  /** Sends messages, each with the stream's id, and lets them arrive. */
  send(...messages: readonly Record<string, unknown>[]): Promise<void>;
  /** Names of the marks that came back. */
  echoes(): string[];
}

export async function rawCall(
  options: PhoneOptions = {},
  clock: VirtualClock = createVirtualClock(),
): Promise<RawCall> {
  const link = createLink({ clock });
  const messages: WireMessage[] = [];
  link.app.addEventListener('message', ({ data }) => {
    messages.push(JSON.parse(String(data)) as WireMessage);
  });
  const phone = await openPhone(link.phone, { clock, ...options });
  await clock.advance(0);
  return {
    ...{ clock, phone, app: link.app, messages },
    async send(...sent) {
      for (const message of sent) {
        link.app.send(JSON.stringify({ streamSid: phone.streamSid, ...message }));
      }
      await clock.advance(0);
    },
    echoes: () => messages.flatMap(({ mark }) => mark?.name ?? []),
  };
}

export const audio = (samples: Int16Array): { event: string; media: { payload: string } } => ({
  event: 'media',
  media: { payload: encodeBase64(mulaw.encode(samples)) },
});
export const mark = (name: string): Record<string, unknown> => ({ event: 'mark', mark: { name } });
export const clear: Record<string, unknown> = { event: 'clear' };
