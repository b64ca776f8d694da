import type { AudioFrame } from '@patchcord/core';
import type { Barge } from '@patchcord/monitor/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Voice } from '../src/voice.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function stage() {
  const heard: AudioFrame[] = [];
  const barges: { close: number; fail: (error: Error) => void; open: () => void }[] = [];
  let speak = (_value: number): void => {};
  let closed = 0;
  const openMicrophone = vi.fn(async () => {
    const readable = new ReadableStream<AudioFrame>({
      start(controller) {
        speak = (value) =>
          controller.enqueue({
            kind: 'audio',
            samples: new Int16Array(160).fill(value),
            sampleRate: 8000,
            channels: 1,
            timestampMs: 0,
            track: 'outbound',
          });
      },
    });
    return { readable, close: () => closed++ };
  });
  const openBarge = (): Barge => {
    let open = (): void => {};
    let fail = (_error: Error): void => {};
    let end = (): void => {};
    const barge = { close: 0, fail: (error: Error) => fail(error), open: () => open() };
    barges.push(barge);
    return {
      writable: new WritableStream<AudioFrame>({ write: (frame) => void heard.push(frame) }),
      opened: new Promise((resolve) => {
        open = resolve;
      }),
      closed: new Promise((resolve, reject) => {
        end = resolve;
        fail = reject;
      }),
      close() {
        barge.close++;
        end();
      },
    };
  };
  const voice = new Voice(openMicrophone, openBarge, () => {});
  return {
    voice,
    heard,
    barges,
    openMicrophone,
    speak: (value: number) => speak(value),
    closed: () => closed,
  };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

describe('a supervisor’s voice', () => {
  it('is heard while it is held, and not before or after', async () => {
    const { voice, heard, barges, speak } = stage();
    await voice.arm();
    expect(voice.state.kind).toBe('armed');
    speak(1000);
    await settled();
    expect(heard).toEqual([]);
    expect(voice.readLevel()?.peakDb).toBeCloseTo(-30.3, 0);

    void voice.hold();
    await settled();
    expect(voice.state.kind).toBe('opening');
    barges[0]?.open();
    await settled();
    expect(voice.state.kind).toBe('on-air');
    speak(2000);
    await settled();
    expect(heard.map(({ samples }) => samples[0])).toEqual([2000]);

    voice.letGo();
    speak(3000);
    await settled();
    expect(heard).toHaveLength(1);
    expect(barges[0]?.close).toBe(1);
    expect(voice.state).toEqual({ kind: 'armed' });
  });

  it('ends by itself after a minute', async () => {
    const { voice, barges } = stage();
    await voice.arm();
    void voice.hold();
    barges[0]?.open();
    await settled();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(voice.state.kind).toBe('on-air');
    await vi.advanceTimersByTimeAsync(2);
    expect(voice.state.kind).toBe('armed');
    expect(barges[0]?.close).toBe(1);
  });

  it('ends with the connection, and says so', async () => {
    const { voice, barges } = stage();
    await voice.arm();
    void voice.hold();
    barges[0]?.open();
    await settled();
    barges[0]?.fail(new Error('Lost the gateway. The caller does not hear you.'));
    await settled();
    expect(voice.state).toEqual({
      kind: 'armed',
      problem: 'Lost the gateway. The caller does not hear you.',
    });
  });

  it('let go before the ear is open is never on air', async () => {
    const { voice, barges } = stage();
    await voice.arm();
    void voice.hold();
    voice.letGo();
    barges[0]?.open();
    await settled();
    expect(voice.state.kind).toBe('armed');
    expect(barges[0]?.close).toBe(1);
  });

  it('says what to do when the microphone is refused', async () => {
    const voice = new Voice(
      () => Promise.reject(new DOMException('no', 'NotAllowedError')),
      () => expect.unreachable(),
      () => {},
    );
    await voice.arm();
    expect(voice.state).toMatchObject({ kind: 'armed', problem: expect.stringContaining('address bar') });
    await voice.hold();
    expect(voice.state.kind).toBe('armed');
  });

  it('closes the microphone, also one that comes too late', async () => {
    const { voice, closed } = stage();
    const arming = voice.arm();
    voice.close();
    await arming;
    expect(closed()).toBe(1);
    expect(voice.state.kind).toBe('closed');
  });
});
