import { type AudioFrame, decodeWav, mulaw, type Track } from '@patchcord/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recording } from '../src/recording.ts';
import { wavOf } from '../src/recording-wav.ts';
import { Replay } from '../src/replay.ts';

const RATE = 8000;

const audio = (track: Track, timestampMs: number, samples: number[], sampleRate = RATE): AudioFrame => ({
  kind: 'audio',
  samples: Int16Array.from(samples),
  sampleRate,
  channels: 1,
  timestampMs,
  track,
});

/** 20 ms of one value that the wire carries as it is. */
const tone = (value: number, rate = RATE): number[] => new Array(rate / 50).fill(loud(value));
const loud = (value: number): number => mulaw.decode(mulaw.encode(Int16Array.of(value)))[0] as number;

describe('a recording', () => {
  it('gives back what came, and silence where nothing did', () => {
    const recording = new Recording();
    recording.push(audio('inbound', 1000, tone(4000)));
    recording.push(audio('inbound', 1060, tone(8000)));
    expect(recording.fromMs).toBe(1000);
    expect(recording.endMs).toBe(1080);
    const samples = recording.read('inbound', 990, 1080);
    expect([...new Set(samples.subarray(0, 80))]).toEqual([0]);
    expect([...new Set(samples.subarray(80, 240))]).toEqual([loud(4000)]);
    expect([...new Set(samples.subarray(240, 560))]).toEqual([0]);
    expect([...new Set(samples.subarray(560, 720))]).toEqual([loud(8000)]);
    expect([...new Set(recording.read('outbound', 1000, 1080))]).toEqual([0]);
  });

  it('reads any stretch across its pieces as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 1, max: 400 }), (fromMs, frames) => {
        const recording = new Recording();
        const written: number[] = [];
        for (let i = 0; i < frames; i++) {
          const samples = tone(((i * 97) % 120) * 250 - 15_000);
          written.push(...samples);
          recording.push(audio('outbound', fromMs + 20 * i, samples));
        }
        expect([...recording.read('outbound', fromMs, fromMs + 20 * frames)]).toEqual(written);
      }),
      { seed: 11, numRuns: 20 },
    );
  });

  it('is a stereo WAV file: the caller left, the agent right', () => {
    const recording = new Recording();
    recording.push(audio('inbound', 500, tone(4000)));
    recording.push(audio('outbound', 520, tone(-2000)));
    const { samples, sampleRate, channels } = decodeWav(wavOf(recording));
    expect({ sampleRate, channels, length: samples.length }).toEqual({
      sampleRate: RATE,
      channels: 2,
      length: 2 * 320,
    });
    expect([samples[0], samples[1], samples[320], samples[321]]).toEqual([loud(4000), 0, 0, loud(-2000)]);
  });

  it('has the rate of its first frame, and leaves others out', () => {
    const recording = new Recording();
    recording.push(audio('inbound', 0, tone(1000, 16_000), 16_000));
    recording.push(audio('inbound', 20, tone(1000)));
    expect(recording.sampleRate).toBe(16_000);
    expect(recording.endMs).toBe(20);
  });

  it('lets the oldest go beyond its bound', () => {
    const recording = new Recording();
    recording.push(audio('inbound', 0, tone(4000)));
    const lateMs = 256 * 8192 + 60_000;
    recording.push(audio('inbound', lateMs, tone(4000)));
    expect(recording.fromMs).toBeGreaterThan(0);
    expect(recording.read('inbound', 0, 20).every((sample) => sample === 0)).toBe(true);
    expect(recording.read('inbound', lateMs, lateMs + 20)[0]).toBe(loud(4000));
  });
});

describe('a replay', () => {
  const recorded = (ms: number): Recording => {
    const recording = new Recording();
    for (let at = 0; at < ms; at += 20) {
      recording.push(audio('inbound', at, tone(at)));
      recording.push(audio('outbound', at, tone(-at)));
    }
    return recording;
  };

  it('hands each frame on once, in order, both tracks, a little before it is due', () => {
    const written: AudioFrame[] = [];
    const replay = new Replay(recorded(1000), (frame) => written.push(frame), 400, 5000);
    for (let nowMs = 5000; nowMs <= 5600; nowMs += 40) replay.pump(nowMs);
    const inbound = written.filter(({ track }) => track === 'inbound');
    expect(inbound.map(({ timestampMs }) => timestampMs)).toEqual(
      Array.from({ length: 30 }, (_, i) => 400 + 20 * i),
    );
    expect(written.filter(({ track }) => track === 'outbound')).toHaveLength(30);
    expect(inbound[0]?.samples[0]).toBe(loud(400));
  });

  it('ends where the recording does, and goes on when that grows', () => {
    const recording = recorded(1000);
    const replay = new Replay(recording, () => {}, 900, 0);
    expect(replay.pump(50)).toBe(true);
    expect(replay.pump(200)).toBe(false);
    expect(replay.at(500)).toBe(1000);
  });

  it('begins with what there is', () => {
    expect(new Replay(recorded(1000), () => {}, -500, 0).at(0)).toBe(0);
    expect(new Replay(recorded(1000), () => {}, 9000, 0).at(0)).toBe(1000);
  });
});
