import captureText from 'inline:../src/worklet/capture.ts';
import type { AudioFrame } from '@patchcord/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { Microphone, type MicrophoneOptions } from '../src/index.ts';

const open: Microphone[] = [];
const contexts: AudioContext[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
  for (const microphone of open.splice(0)) microphone.close();
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});

/** Does something in a real click. */
async function click<T>(action: () => Promise<T>): Promise<T> {
  const button = document.createElement('button');
  button.textContent = 'Speak';
  document.body.append(button);
  const done = new Promise<T>((resolve, reject) => {
    button.onclick = () => action().then(resolve, reject);
  });
  done.catch(() => {}); // looked at below
  await userEvent.click(button);
  return done;
}

/** A device that hums. */
function hum(frequency: number, gain = 0.5): MediaStream {
  const context = new AudioContext();
  contexts.push(context);
  const destination = new MediaStreamAudioDestinationNode(context);
  const oscillator = new OscillatorNode(context, { frequency });
  oscillator.connect(new GainNode(context, { gain })).connect(destination);
  oscillator.start();
  return destination.stream;
}

function withDevice(stream: MediaStream | Error) {
  return vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async () => {
    if (stream instanceof Error) throw stream;
    await Promise.all(contexts.map((context) => context.resume()));
    return stream;
  });
}

async function opened(options?: MicrophoneOptions): Promise<Microphone> {
  const microphone = await click(() => Microphone.open(options));
  open.push(microphone);
  return microphone;
}

async function read(reader: ReadableStreamDefaultReader<AudioFrame>, count: number): Promise<AudioFrame[]> {
  const frames: AudioFrame[] = [];
  while (frames.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    frames.push(value);
  }
  return frames;
}

/** How often the sound crosses zero upwards, in a second. */
function pitch(frames: readonly AudioFrame[]): number {
  const sound = frames.flatMap(({ samples }) => [...samples]);
  let crossings = 0;
  for (let i = 1; i < sound.length; i++) if ((sound[i - 1] ?? 0) < 0 && (sound[i] ?? 0) >= 0) crossings++;
  return (8000 * crossings) / sound.length;
}

describe('Microphone', () => {
  test('gives 20 ms frames of 8000 Hz, without gaps, and asks for echo cancellation', async () => {
    const asked = withDevice(hum(500));
    const microphone = await opened({ deviceId: 'chosen' });
    expect(asked.mock.calls[0]?.[0]).toEqual({
      audio: {
        deviceId: { exact: 'chosen' },
        channelCount: 1,
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
      },
    });
    const frames = (await read(microphone.readable.getReader(), 60)).slice(10);
    const first = frames[0]?.timestampMs ?? Number.NaN;
    for (const [index, frame] of frames.entries()) {
      expect(frame).toMatchObject({ kind: 'audio', sampleRate: 8000, channels: 1, track: 'outbound' });
      expect(frame.samples).toHaveLength(160);
      expect(frame.timestampMs).toBe(first + 20 * index);
    }
    expect(pitch(frames)).toBeCloseTo(500, -1);
    const loudest = Math.max(...frames.flatMap(({ samples }) => [...samples]));
    expect(loudest / 32_768).toBeGreaterThan(0.45);
    expect(loudest / 32_768).toBeLessThan(0.55);
    expect(microphone.level.rmsDb).toBeCloseTo(-9, 0);
  });

  test('is silent while muted, and shows that somebody speaks', async () => {
    withDevice(hum(500));
    const microphone = await opened();
    const reader = microphone.readable.getReader();
    await read(reader, 10);
    microphone.muted = true;
    await read(reader, 2);
    const muted = await read(reader, 10);
    expect(muted.every(({ samples }) => samples.every((sample) => sample === 0))).toBe(true);
    expect(microphone.level.rmsDb).toBeGreaterThan(-20);
    microphone.muted = false;
    await read(reader, 2);
    expect(pitch(await read(reader, 10))).toBeCloseTo(500, -2);
  });

  test('keeps half a second for a slow reader, the latest', async () => {
    withDevice(hum(500));
    const microphone = await opened();
    let levels = 0;
    await new Promise<void>((resolve) =>
      microphone.addEventListener('level', () => {
        if (++levels === 40) resolve();
      }),
    );
    const [oldest] = await read(microphone.readable.getReader(), 1);
    expect(oldest?.timestampMs).toBeGreaterThanOrEqual((40 - 25) * 20);
  });

  test('is off when it is closed, or when its reader has had enough', async () => {
    for (const how of ['close', 'cancel'] as const) {
      const device = hum(500);
      withDevice(device);
      const microphone = await opened();
      const closed = new Promise((resolve) => microphone.addEventListener('close', resolve));
      const reader = microphone.readable.getReader();
      await read(reader, 2);
      if (how === 'close') microphone.close();
      else await reader.cancel();
      await closed;
      expect((await reader.read()).done).toBe(true);
      expect(device.getTracks().every(({ readyState }) => readyState === 'ended')).toBe(true);
      microphone.close();
    }
  });

  test('says that the device is gone', async () => {
    const device = hum(500);
    withDevice(device);
    const microphone = await opened();
    const reader = microphone.readable.getReader();
    await read(reader, 2);
    device.getTracks()[0]?.dispatchEvent(new Event('ended'));
    await expect(reader.closed).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('unplugged'),
    });
  });

  test.each([
    ['NotAllowedError', 'Allow it'],
    ['NotFoundError', 'Plug one in'],
    ['NotReadableError', 'another program'],
    ['OverconstrainedError', 'Choose another'],
    ['TypeError', 'settings'],
  ])('says in words what %s means', async (name, words) => {
    withDevice(new DOMException('in no words of ours', name));
    await expect(click(() => Microphone.open())).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(words),
    });
  });

  test('says so where the browser has no device, or the page may have none', async () => {
    // The test browser has no microphone, or asks nobody.
    await expect(click(() => Microphone.open())).rejects.toMatchObject({ code: 'refused' });
    vi.spyOn(navigator, 'mediaDevices', 'get').mockReturnValue(undefined as never);
    await expect(click(() => Microphone.open())).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('https'),
    });
  });

  test('loads its worklet from an address of the page, and gives the device back where that fails', async () => {
    const workletUrl = URL.createObjectURL(new Blob([captureText], { type: 'text/javascript' }));
    withDevice(hum(500));
    const microphone = await opened({ workletUrl });
    expect(await read(microphone.readable.getReader(), 1)).toHaveLength(1);

    const device = hum(500);
    withDevice(device);
    await expect(click(() => Microphone.open({ workletUrl: '/no/such.js' }))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('dist/microphone-worklet.js'),
    });
    expect(device.getTracks().every(({ readyState }) => readyState === 'ended')).toBe(true);
  });

  test('tells the system that the page records, and what it does otherwise', async () => {
    const session = { type: 'auto' };
    Object.defineProperty(navigator, 'audioSession', { value: session, configurable: true });
    try {
      withDevice(hum(500));
      const microphone = await opened();
      expect(session.type).toBe('play-and-record');
      microphone.close();
      expect(session.type).toBe('auto');
    } finally {
      Reflect.deleteProperty(navigator, 'audioSession');
    }
  });
});
