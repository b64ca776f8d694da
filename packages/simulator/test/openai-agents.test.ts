import type { AddressInfo } from 'node:net';
import { TwilioRealtimeTransportLayer } from '@openai/agents-extensions';
import { mulaw } from '@patchcord/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { dial } from '../src/phone/dial.ts';
import type { Phone } from '../src/phone/phone.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on machines that may be busy

/**
 * An app that is not ours, as it is published: the Twilio transport of OpenAI's agents. Only the model behind it is a
 * stub, on a socket like the real one.
 */

/** Sound as µ-law, none of it silent: its codes go round, so that each stretch is told from those before. */
function speech(ms: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: ms * 8 }, (_, index) => 0x80 + ((index * 37 + (index >> 7)) % 100));
}

interface ModelMessage {
  readonly type: string;
  readonly audio?: string;
  readonly item_id?: string;
  readonly audio_end_ms?: number;
  readonly session?: { readonly audio: Record<'input' | 'output', { readonly format: unknown }> };
}

/** The model's side: what it is told, and what a test has it say. */
interface Model {
  readonly messages: ModelMessage[];
  /** Resolves with the first message of a type, past or to come. */
  next(type: string): Promise<ModelMessage>;
  say(event: Record<string, unknown>): void;
  /** A response with so much speech, in messages of 100 ms, as the real one sends them: all at once. */
  respond(id: string, sound: Uint8Array<ArrayBuffer>): void;
}

let server: WebSocketServer;
let app: WebSocketServer;
let model: Model;
let transport: TwilioRealtimeTransportLayer | undefined;
let phone: Phone;

beforeEach(async () => {
  server = await listening();
  model = modelAt(server);
  app = await listening();
  app.on('connection', (twilioWebSocket) => {
    transport = new TwilioRealtimeTransportLayer({ twilioWebSocket, url: urlOf(server) });
    transport.on('error', () => {});
    void transport.connect({ apiKey: 'none' });
  });
  phone = await dial(urlOf(app), { from: '+15550001' });
});

afterEach(async () => {
  await phone.hangUp();
  transport?.close();
  for (const one of [app, server]) {
    for (const socket of one.clients) socket.terminate();
    one.close();
  }
});

describe('the Twilio transport of OpenAI’s agents', () => {
  test('takes a call: the model hears what the caller says', async () => {
    const { session } = await model.next('session.update');
    expect(session?.audio.input.format).toEqual({ type: 'audio/pcmu' });
    const said = speech(200);
    await phone.say(mulaw.decode(said));
    const heard = (): Buffer =>
      Buffer.concat(
        model.messages.flatMap(({ type, audio = '' }) =>
          type === 'input_audio_buffer.append' ? [Buffer.from(audio, 'base64')] : [],
        ),
      );
    await phone.waitUntil(() => heard().includes(Buffer.from(said)), {
      what: 'the model to be told what was said',
    });
    expect(phone.warnings).toEqual([]);
  });

  test('plays what the model says to its end, and every mark comes back as played', async () => {
    await model.next('session.update');
    const sound = speech(500);
    model.respond('r1', sound);
    await phone.waitForSpeech();
    await phone.waitForSilence({ ms: 200 });

    const from = phone.heard.findIndex((sample) => sample !== 0);
    expect(phone.heard.slice(from, from + sound.length)).toEqual(mulaw.decode(sound));
    expect(phone.heard.subarray(from + sound.length).every((sample) => sample === 0)).toBe(true);
    const echoes = phone.events.filter((event) => event.kind === 'echo');
    expect(echoes.map(({ name, outcome }) => [name.replace(/:g.*/, ''), outcome])).toEqual(
      ['item-r1:100', 'item-r1:200', 'item-r1:300', 'item-r1:400', 'item-r1:500', 'done:item-r1'].map(
        (name) => [name, 'played'],
      ),
    );
    // The ear and the marks agree: each came back when its audio had been heard.
    const startMs = from / 8;
    expect(echoes.map(({ timestampMs }) => timestampMs - startMs)).toEqual([100, 200, 300, 400, 500, 500]);
    expect(phone.warnings).toEqual([]);
  });

  test('is interrupted when the caller speaks: what is left is cleared, and the model is told how much was heard', async () => {
    await model.next('session.update');
    const sound = speech(5000);
    model.respond('r1', sound);
    const startMs = await phone.waitForSpeech();
    await phone.waitUntil(() => played().length >= 4, { what: 'four marks to be played' });
    void phone.say(mulaw.decode(speech(200)));
    model.say({ type: 'input_audio_buffer.speech_started', item_id: 'caller-1', audio_start_ms: 0 });
    const { item_id, audio_end_ms = 0 } = await model.next('conversation.item.truncate');
    await phone.waitUntil(() => phone.events.some(({ kind }) => kind === 'clear'), { what: 'clear' });
    await phone.waitForSilence({ ms: 200 });

    const cleared = phone.events.find((event) => event.kind === 'clear');
    if (cleared?.kind !== 'clear') throw new Error('There was no clear.');
    // The ear: what was heard is the beginning of what was said, up to the clear, and nothing after it.
    const length = sound.length - Math.round(cleared.droppedMs * 8);
    const heard = phone.heard.subarray(startMs * 8);
    expect(heard.slice(0, length)).toEqual(mulaw.decode(sound).slice(0, length));
    expect(heard.subarray(length).every((sample) => sample === 0)).toBe(true);
    expect(length).toBeLessThanOrEqual((cleared.timestampMs - startMs) * 8);

    // The marks: those whose audio was heard came back as played, all others as cleared.
    const wasPlayed = played();
    expect(wasPlayed).toEqual(
      Array.from({ length: Math.floor(length / 800) }, (_, index) => `item-r1:${(index + 1) * 100}`),
    );
    const echoes = phone.events.filter((event) => event.kind === 'echo');
    expect(echoes).toHaveLength(51); // 50 of 100 ms, and that of the end
    expect(echoes.slice(wasPlayed.length).every(({ outcome }) => outcome === 'cleared')).toBe(true);

    // The app's own account goes by the marks that had come back, and adds 50 ms.
    expect(item_id).toBe('item-r1');
    expect(audio_end_ms).toBeGreaterThanOrEqual(450);
    expect(audio_end_ms).toBeLessThanOrEqual(wasPlayed.length * 100 + 50);
    expect(phone.warnings).toEqual([]);

    // And it goes on: the next response is heard from its start.
    model.respond('r2', speech(200));
    await phone.waitForSpeech();
    await phone.waitForSilence({ ms: 200 });
    expect(played().slice(wasPlayed.length)).toEqual(['item-r2:100', 'item-r2:200', 'done:item-r2']);
  });

  test('hangs up with the caller', async () => {
    await model.next('session.update');
    const [socket] = [...server.clients];
    const gone = new Promise((resolve) => socket?.once('close', resolve));
    expect(await phone.hangUp()).toMatchObject({ reason: 'hung-up', closeCode: 1000 });
    await gone;
    expect(transport?.status).toBe('disconnected');
  });
});

/** Names of the marks whose audio was heard, without their numbers. */
function played(): string[] {
  return phone.events.flatMap((event) =>
    event.kind === 'echo' && event.outcome === 'played' ? [event.name.replace(/:g\d+:m\d+$/, '')] : [],
  );
}

async function listening(): Promise<WebSocketServer> {
  const one = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => one.once('listening', resolve));
  return one;
}

function urlOf(one: WebSocketServer): string {
  return `ws://127.0.0.1:${(one.address() as AddressInfo).port}/`;
}

function modelAt(one: WebSocketServer): Model {
  const messages: ModelMessage[] = [];
  const waiting: { readonly type: string; resolve(message: ModelMessage): void }[] = [];
  let socket: WebSocket | undefined;
  let events = 0;
  one.on('connection', (opened) => {
    socket = opened;
    opened.on('message', (data) => {
      const message = JSON.parse(String(data)) as ModelMessage;
      messages.push(message);
      for (const { resolve } of waiting.filter(({ type }) => type === message.type)) resolve(message);
    });
  });
  const say = (event: Record<string, unknown>): void =>
    socket?.send(JSON.stringify({ event_id: `e${++events}`, ...event }));
  return {
    messages,
    next: (type) =>
      new Promise((resolve) => {
        const past = messages.find((message) => message.type === type);
        if (past !== undefined) resolve(past);
        else waiting.push({ type, resolve });
      }),
    say,
    respond(id, sound) {
      const place = { response_id: id, item_id: `item-${id}`, output_index: 0, content_index: 0 };
      say({ type: 'response.created', response: { id, object: 'realtime.response', status: 'in_progress' } });
      for (let at = 0; at < sound.length; at += 800) {
        const delta = Buffer.from(sound.subarray(at, at + 800)).toString('base64');
        say({ type: 'response.output_audio.delta', ...place, delta });
      }
      say({ type: 'response.output_audio.done', ...place });
      say({
        type: 'response.done',
        response: { id, object: 'realtime.response', status: 'completed', output: [] },
      });
    },
  };
}
