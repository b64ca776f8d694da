import workletText from 'inline:../src/worklet/processor.ts';
import type { AudioFrame, Track } from '@patchcord/core';
import { afterEach, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { CallPlayer } from '../src/index.ts';
import type { PlayerReport, ProcessorOptions } from '../src/messages.ts';
import { createPlayoutNode, loadPlayout, tell } from '../src/playout-node.ts';
import { asHeard, noise, sine } from './link.ts';

const FRAME = 160;

const frame = (track: Track, sound: Int16Array, index: number): AudioFrame => ({
  kind: 'audio',
  track,
  sampleRate: 8000,
  channels: 1,
  timestampMs: index * 20,
  samples: sound.slice(index * FRAME, (index + 1) * FRAME),
});

/** Plays two tracks through the worklet, faster than real time, a frame of each every 20 ms. */
async function render(
  sampleRate: number,
  inbound: Int16Array,
  outbound: Int16Array,
  seconds: number,
  options: ProcessorOptions = {},
) {
  const context = new OfflineAudioContext(2, Math.ceil(seconds * sampleRate), sampleRate);
  await loadPlayout(context);
  const node = createPlayoutNode(context, options);
  const merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
  node.connect(merger, 0, 0);
  node.connect(merger, 1, 1);
  merger.connect(context.destination);
  const reports: PlayerReport[] = [];
  node.port.onmessage = ({ data }) => reports.push(data);
  for (let index = 0; (index + 1) * FRAME < Math.min(inbound.length, seconds * 8000); index++) {
    context.suspend((index + 1) * 0.02).then(async () => {
      for (const [track, sound] of [
        ['inbound', inbound],
        ['outbound', outbound],
      ] as const) {
        const { samples, timestampMs } = frame(track, sound, index);
        if (samples.length > 0) tell(node, { kind: 'audio', track, timestampMs, samples });
      }
      // The message has to reach the audio thread before it goes on: a round trip later it has.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await context.resume();
    });
  }
  const buffer = await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { left: buffer.getChannelData(0), right: buffer.getChannelData(1), report: reports.at(-1) };
}

function find(sound: Float32Array, needle: Float32Array): number {
  for (let at = 0; at + 800 <= sound.length; at++) {
    let i = 0;
    while (i < 800 && sound[at + i] === needle[i]) i++;
    if (i === 800) return at;
  }
  return -1;
}

function countDifferent(a: Float32Array, b: Float32Array): number {
  let count = 0;
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

/** Power of a stretch of sound at one frequency, by Goertzel's filter with a Hann window. */
function powerAt(sound: Float32Array, frequency: number, sampleRate: number): number {
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < sound.length; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / sound.length);
    const angle = (2 * Math.PI * frequency * i) / sampleRate;
    real += (sound[i] as number) * window * Math.cos(angle);
    imaginary += (sound[i] as number) * window * Math.sin(angle);
  }
  return real * real + imaginary * imaginary;
}

describe('the worklet, off line', () => {
  test('at 8000 Hz plays both tracks bit for bit, each on its output', async () => {
    const inbound = noise(1, 6 * 8000);
    const outbound = noise(2, 6 * 8000);
    const { left, right, report } = await render(8000, inbound, outbound, 6, { delayMs: 200 });
    const at = find(left, asHeard(inbound));
    expect(at).toBeGreaterThan(0);
    const length = left.length - at;
    expect(length).toBeGreaterThan(5.5 * 8000);
    expect(countDifferent(left.subarray(at), asHeard(inbound).subarray(0, length))).toBe(0);
    expect(countDifferent(right.subarray(at), asHeard(outbound).subarray(0, length))).toBe(0);
    expect(report).toMatchObject({ concealedSamples: 0, underruns: 0, stretches: 0, buffer: 'steady' });
  });

  test.each([44_100, 48_000])('at %i Hz keeps a tone, and its images are not heard', async (sampleRate) => {
    const { left, right, report } = await render(sampleRate, sine(1000, 3 * 8000), sine(3000, 3 * 8000), 3, {
      delayMs: 200,
    });
    const window = sampleRate / 2;
    const steady = (sound: Float32Array) => sound.subarray(2 * sampleRate, 2 * sampleRate + window);
    for (const [sound, frequency] of [
      [left, 1000],
      [right, 3000],
    ] as const) {
      const tone = powerAt(steady(sound), frequency, sampleRate);
      for (const image of [8000 - frequency, 8000 + frequency, 16_000 - frequency]) {
        expect(10 * Math.log10(powerAt(steady(sound), image, sampleRate) / tone)).toBeLessThan(-75);
      }
      const peak = steady(sound).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      expect(peak).toBeGreaterThan(0.97 * (16_000 / 32_768));
      expect(peak).toBeLessThan(1.01 * (16_000 / 32_768));
    }
    expect(report).toMatchObject({ concealedSamples: 0, underruns: 0, stretches: 0 });
  });

  test('noise as loud as speech has nothing above 4.3 kHz', async () => {
    const sampleRate = 48_000;
    // Steps of two, so that there is little at the very edge of the band, as in telephone speech.
    const white = noise(3, 3 * 8000);
    const speechBand = white.map(
      (_, i) => (white[i] ?? 0) / 4 + (white[i + 1] ?? 0) / 2 + (white[i + 2] ?? 0) / 4,
    );
    const { left } = await render(sampleRate, speechBand, new Int16Array(0), 3, { delayMs: 200 });
    const steady = left.subarray(2 * sampleRate, 2 * sampleRate + 4800);
    let below = 0;
    let above = 0;
    for (let frequency = 100; frequency < 24_000; frequency += 20) {
      const power = powerAt(steady, frequency, sampleRate);
      if (frequency <= 4300) below += power;
      else above += power;
    }
    expect(10 * Math.log10(above / below)).toBeLessThan(-60);
  });
});

describe('CallPlayer', () => {
  const players: CallPlayer[] = [];
  afterEach(async () => {
    document.body.replaceChildren();
    await Promise.all(players.splice(0).map((player) => player.close()));
  });

  /** A player that a real click has started. */
  async function started(options: ConstructorParameters<typeof CallPlayer>[0] = {}) {
    const player = new CallPlayer(options);
    players.push(player);
    const button = document.createElement('button');
    button.textContent = 'Listen';
    document.body.append(button);
    const done = new Promise<void>((resolve, reject) => {
      button.onclick = () => player.start().then(resolve, reject);
    });
    await userEvent.click(button);
    await done;
    return player;
  }

  /** Writes both tracks as a call does: a frame of each every 20 ms, by the wall clock. */
  async function speak(player: CallPlayer, inbound: Int16Array, outbound: Int16Array): Promise<void> {
    const writer = player.writable.getWriter();
    const startedAt = performance.now();
    for (let index = 0; index * FRAME < inbound.length; index++) {
      const waitMs = startedAt + (index + 1) * 20 - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await writer.write(frame('inbound', inbound, index));
      await writer.write(frame('outbound', outbound, index));
    }
    await writer.close();
  }

  test('plays after a click: levels of both tracks, and a delay that is told', async () => {
    const player = await started({ delayMs: 300 });
    expect(player.state).toBe('running');
    const levels: { inbound: number; outbound: number }[] = [];
    player.addEventListener('stats', () => {
      levels.push({ inbound: player.levels.inbound.rmsDb, outbound: player.levels.outbound.rmsDb });
    });
    await speak(
      player,
      sine(1000, 16_000),
      sine(400, 16_000).map((sample) => sample / 10),
    );
    const { stats } = player;
    expect(stats.playedSamples).toBeGreaterThan(8000);
    expect(stats.delayMs).toBeGreaterThan(stats.bufferMs);
    const middle = levels[Math.floor(levels.length / 2)];
    expect(middle?.inbound).toBeCloseTo(-9.2, 0);
    expect(middle?.outbound).toBeCloseTo(-29.2, 0);
  });

  test('gives each track its volume, place, mute and solo', async () => {
    const player = await started({ delayMs: 300 });
    const { context, output } = player;
    if (!context || !output) throw new Error('The player has not started.');
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    const ears = [0, 1].map((channel) => {
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      splitter.connect(analyser, channel);
      return analyser;
    });
    output.connect(splitter);
    const loudness = () =>
      ears.map((ear) => {
        const sound = new Float32Array(2048);
        ear.getFloatTimeDomainData(sound);
        return Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
      });
    const inbound = player.track('inbound');
    const outbound = player.track('outbound');
    inbound.pan = -1;
    outbound.pan = 1;
    const heard = new Map<string, number[]>();
    const after = (ms: number, name: string, change: () => void) =>
      new Promise<void>((resolve) =>
        setTimeout(() => {
          change();
          setTimeout(() => {
            heard.set(name, loudness());
            resolve();
          }, 250);
        }, ms),
      );
    const steps = [
      after(600, 'both', () => {}),
      after(1000, 'muted', () => {
        inbound.muted = true;
      }),
      after(1400, 'solo', () => {
        inbound.muted = false;
        inbound.solo = true;
      }),
      after(1800, 'half', () => {
        inbound.solo = false;
        outbound.volume = 0.5;
      }),
    ];
    await Promise.all([speak(player, sine(1000, 20_000), sine(400, 20_000)), ...steps]);
    const full = 16_000 / 32_768 / Math.SQRT2;
    const near = (values: number[] | undefined, expected: readonly number[]) =>
      expected.forEach((value, i) => {
        expect(Math.abs((values?.[i] ?? -1) - value)).toBeLessThan(0.02);
      });
    near(heard.get('both'), [full, full]);
    near(heard.get('muted'), [0, full]);
    near(heard.get('solo'), [full, 0]);
    near(heard.get('half'), [full, full / 2]);
    expect(() => {
      inbound.volume = -1;
    }).toThrow('a number from 0 to 4');
  });

  test('says that the browser refuses, and tries again at a gesture or when the page is seen', async () => {
    const context = new AudioContext();
    await context.suspend();
    const refuse = () => Promise.reject(new DOMException('No gesture yet.', 'NotAllowedError'));
    Object.assign(context, { resume: refuse });
    const player = await started({ context });
    expect(player.state).toBe('blocked');
    const becomes = (state: string) =>
      new Promise<void>((resolve) =>
        player.addEventListener('state', () => {
          if (player.state === state) resolve();
        }),
      );

    Reflect.deleteProperty(context, 'resume');
    const running = becomes('running');
    await userEvent.click(document.body);
    await running;

    const blocked = becomes('blocked');
    await context.suspend();
    await blocked;
    const seen = becomes('running');
    document.dispatchEvent(new Event('visibilitychange'));
    await seen;

    await player.close();
    await context.suspend();
    await userEvent.click(document.body);
    expect(context.state).toBe('suspended');
    await context.close();
  });

  test('is blocked while a telephone call interrupts it, as iOS says, and asks to go on afterwards', async () => {
    const context = new AudioContext();
    const player = await started({ context });
    let resumed = 0;
    let state = 'interrupted';
    Object.defineProperty(context, 'state', { get: () => state, configurable: true });
    Object.assign(context, {
      resume: () => {
        resumed++;
        return Promise.resolve();
      },
    });
    context.dispatchEvent(new Event('statechange'));
    expect(player.state).toBe('blocked');
    document.dispatchEvent(new Event('visibilitychange'));
    expect(resumed).toBe(1);
    state = 'running';
    context.dispatchEvent(new Event('statechange'));
    expect(player.state).toBe('running');
    Reflect.deleteProperty(context, 'state');
    await player.close();
    await context.close();
  });

  test('a new stream forgets the old call, whose frames fall', async () => {
    const player = await started();
    const old = player.writable.getWriter();
    await old.write(frame('inbound', sine(440, 160), 0));
    const writer = player.writable.getWriter();
    const late = frame('inbound', sine(440, 320), 1);
    await old.write(late);
    expect(late.samples).toHaveLength(160);
    await old.close();
    await writer.write({ ...frame('inbound', sine(440, 160), 0), timestampMs: 100_000 });
    await writer.close();
    await new Promise<void>((resolve) =>
      player.addEventListener('stats', () => {
        if (player.stats.playedSamples > 0) resolve();
      }),
    );
    expect(player.stats).toMatchObject({ playedSamples: 160, concealedSamples: 0 });
  });

  test('takes the samples of a frame, and drops those that come before it runs', async () => {
    const idle = new CallPlayer();
    players.push(idle);
    const kept = frame('inbound', sine(440, 160), 0);
    await idle.writable.getWriter().write(kept);
    expect(kept.samples).toHaveLength(160);

    const player = await started();
    const given = frame('inbound', sine(440, 160), 0);
    await player.writable.getWriter().write(given);
    expect(given.samples).toHaveLength(0);
  });

  test('refuses sound of another rate in words', async () => {
    const player = await started();
    const writer = player.writable.getWriter();
    const stereo: AudioFrame = { ...frame('inbound', sine(440, 160), 0), sampleRate: 16_000 };
    await expect(writer.write(stereo)).rejects.toMatchObject({ code: 'wrong-format' });
    await expect(writer.closed).rejects.toMatchObject({ code: 'wrong-format' });
  });

  test('loads the worklet from an address of the page, for strict content-security policies', async () => {
    const workletUrl = URL.createObjectURL(new Blob([workletText], { type: 'text/javascript' }));
    const player = await started({ workletUrl, sampleRate: 8000 });
    URL.revokeObjectURL(workletUrl);
    expect(player.state).toBe('running');
    expect(player.context?.sampleRate).toBe(8000);
  });

  test('says where the worklet could not be loaded from, and can be started again', async () => {
    const player = new CallPlayer({ workletUrl: '/no/such/worklet.js' });
    players.push(player);
    await expect(player.start()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('/no/such/worklet.js'),
    });
    expect(player.state).toBe('idle');
    await expect(player.start()).rejects.toMatchObject({ code: 'refused' });
  });

  test('is closed for good: context, streams and start', async () => {
    const player = await started();
    const { context } = player;
    const writer = player.writable.getWriter();
    const ended = writer.closed.catch((reason: unknown) => reason);
    const states: string[] = [];
    player.addEventListener('state', () => states.push(player.state));
    await player.close();
    await player.close();
    expect(states).toEqual(['closed']);
    expect(context?.state).toBe('closed');
    expect(await ended).toMatchObject({ code: 'transport-closed' });
    await expect(player.start()).rejects.toMatchObject({ code: 'transport-closed' });
  });

  test('leaves a context that was given alone', async () => {
    const context = new AudioContext();
    const first = await started({ context });
    await first.close();
    expect(context.state).toBe('running');
    const second = await started({ context });
    expect(second.state).toBe('running');
    await second.close();
    await context.close();
  });
});
