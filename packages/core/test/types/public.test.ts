/** What the types promise: `tsc -p tsconfig.tests.json` is what fails. */

import {
  type AudioEncoding,
  type AudioFrame,
  alaw,
  type Call,
  createResampler,
  DeserializeStream,
  decodeWav,
  durationMs,
  type Frame,
  type FrameFromCall,
  type FrameSerializer,
  type FrameToCall,
  handleCall,
  linear16,
  type MediaError,
  type MediaErrorCode,
  type MessageData,
  mulaw,
  openCall,
  type Provider,
  RechunkStream,
  type Resampler,
  ResampleStream,
  SerializeStream,
  type StartFrame,
  type Track,
  twilio,
  vonage,
  type WireMessage,
} from '@patchcord/core';
import { describe, expectTypeOf, test } from 'vitest';

type Kind = Frame['kind'];

describe('frames', () => {
  test('are one union, told apart by kind', () => {
    expectTypeOf<FrameFromCall['kind']>().toEqualTypeOf<
      'start' | 'audio' | 'dtmf' | 'mark' | 'clear' | 'stop' | 'unknown'
    >();
    expectTypeOf<FrameToCall['kind']>().toEqualTypeOf<'audio' | 'dtmf' | 'mark' | 'clear' | 'message'>();
    expectTypeOf<Frame>().toEqualTypeOf<FrameFromCall | FrameToCall>();
    expectTypeOf<Extract<Frame, { kind: 'audio' }>>().toEqualTypeOf<AudioFrame>();
    expectTypeOf<Extract<Frame, { kind: 'start' }>>().toEqualTypeOf<StartFrame>();
  });

  test('narrow by their kind, and leave nothing over', () => {
    const name = (frame: Frame): Kind => {
      switch (frame.kind) {
        case 'audio':
          expectTypeOf(frame.samples).toEqualTypeOf<Int16Array<ArrayBuffer>>();
          expectTypeOf(frame.track).toEqualTypeOf<Track>();
          expectTypeOf(frame.concealed).toEqualTypeOf<true | undefined>();
          return frame.kind;
        case 'start':
          expectTypeOf(frame.format.encoding).toEqualTypeOf<AudioEncoding>();
          return frame.kind;
        case 'dtmf':
        case 'mark':
        case 'clear':
        case 'stop':
        case 'unknown':
        case 'message':
          return frame.kind;
        default:
          expectTypeOf(frame).toBeNever();
          return frame;
      }
    };
    expectTypeOf(name).returns.toEqualTypeOf<Kind>();
    expectTypeOf(durationMs).parameters.toEqualTypeOf<[Frame]>();
  });

  test('hold samples that can be transferred, not shared ones', () => {
    const frame = {} as AudioFrame;
    // @ts-expect-error shared memory cannot be given away
    ({ ...frame, samples: new Int16Array(new SharedArrayBuffer(2)) }) satisfies AudioFrame;
    const write = (): void => {
      // @ts-expect-error frames are not written to
      frame.timestampMs = 1;
    };
    expectTypeOf(write).toBeFunction();
  });
});

describe('serializers', () => {
  test.each([twilio, vonage])('%o', (provider) => {
    expectTypeOf(provider).toEqualTypeOf<Provider>();
    expectTypeOf(provider.createSerializer).returns.toEqualTypeOf<
      FrameSerializer<FrameFromCall, FrameToCall>
    >();
    expectTypeOf(provider.createProviderSerializer).returns.toEqualTypeOf<
      FrameSerializer<FrameToCall, FrameFromCall>
    >();
    expectTypeOf(provider.createSerializer().deserialize).returns.toEqualTypeOf<FrameFromCall[]>();
    expectTypeOf(provider.createSerializer().serialize).returns.toEqualTypeOf<WireMessage[]>();
    expectTypeOf(provider.matches).parameters.toEqualTypeOf<[MessageData]>();
  });

  test('take bytes in every form, and write text or bytes of their own', () => {
    expectTypeOf<string>().toExtend<MessageData>();
    expectTypeOf<ArrayBuffer>().toExtend<MessageData>();
    expectTypeOf<Buffer>().toExtend<MessageData>();
    expectTypeOf<WireMessage>().toExtend<MessageData>();
    expectTypeOf<Buffer>().not.toExtend<WireMessage>();
  });

  test('say only what their side may say', () => {
    const refused = (start: StartFrame): void => {
      // @ts-expect-error a start frame is the provider's to send
      twilio.createSerializer().serialize(start);
      // @ts-expect-error a message frame is ours to send
      twilio.createProviderSerializer().serialize({ kind: 'message', message: {} });
      // @ts-expect-error a message is an object
      twilio.createSerializer().serialize({ kind: 'message', message: 'hello' });
    };
    expectTypeOf(refused).toBeFunction();
  });
});

describe('streams', () => {
  test('keep the kinds of frames that pass through them', () => {
    const make = () => ({
      frames: new DeserializeStream(twilio.createSerializer()),
      resampled: new ResampleStream<FrameFromCall>({ sampleRate: 16_000 }),
      cut: new RechunkStream<FrameToCall>({ ms: 20 }),
      messages: new SerializeStream(twilio.createSerializer()),
    });
    type Made = ReturnType<typeof make>;
    expectTypeOf<Made['frames']['readable']>().toEqualTypeOf<ReadableStream<FrameFromCall>>();
    expectTypeOf<Made['frames']['writable']>().toEqualTypeOf<WritableStream<MessageData>>();
    expectTypeOf<Made['resampled']['readable']>().toEqualTypeOf<ReadableStream<FrameFromCall | AudioFrame>>();
    expectTypeOf<Made['cut']['readable']>().toEqualTypeOf<ReadableStream<FrameToCall | AudioFrame>>();
    expectTypeOf<Made['messages']['writable']>().toEqualTypeOf<WritableStream<FrameToCall>>();
    expectTypeOf<Made['messages']['readable']>().toEqualTypeOf<ReadableStream<WireMessage>>();
  });
});

describe('calls', () => {
  test('are a pair of streams that can be piped into each other', () => {
    expectTypeOf(openCall).returns.resolves.toEqualTypeOf<Call>();
    expectTypeOf<Call['readable']>().toEqualTypeOf<ReadableStream<FrameFromCall>>();
    expectTypeOf<Call['writable']>().toEqualTypeOf<WritableStream<Frame>>();
    expectTypeOf<Parameters<typeof openCall>[1]>().toEqualTypeOf<Provider | readonly Provider[]>();
  });

  test('are handled by what returns a promise', () => {
    const refused = (socket: Parameters<typeof handleCall>[0]): void => {
      // @ts-expect-error a handler that returns at once would end its call at once
      void handleCall(socket, twilio, {}, () => {});
      void handleCall(socket, [twilio, vonage], {}, async () => {});
    };
    expectTypeOf(refused).toBeFunction();
  });
});

describe('sound', () => {
  test('codecs and resamplers give arrays that the caller owns', () => {
    for (const codec of [mulaw, alaw, linear16]) {
      expectTypeOf(codec.decode).returns.toEqualTypeOf<Int16Array<ArrayBuffer>>();
      expectTypeOf(codec.encode).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
    }
    expectTypeOf(createResampler).returns.toEqualTypeOf<Resampler>();
    expectTypeOf<Resampler['push']>().returns.toEqualTypeOf<Int16Array<ArrayBuffer>>();
    expectTypeOf(decodeWav).returns.toHaveProperty('samples').toEqualTypeOf<Int16Array<ArrayBuffer>>();
  });

  test('errors have a code from a closed list', () => {
    expectTypeOf<MediaError['code']>().toEqualTypeOf<MediaErrorCode>();
    expectTypeOf<MediaErrorCode>().not.toEqualTypeOf<string>();
  });
});
