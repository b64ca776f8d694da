/**
 * Proofs that what is played is what was said: each tells what is wrong, or nothing. Bundled anew for each mutant.
 *
 * @module
 */

import { JitterBuffer } from '../src/jitter-buffer.ts';
import { Upsampler } from '../src/upsampler.ts';
import { type RoutedSound, SoundRoutes } from '../src/worker/sound-routes.ts';
import { asHeard, Link, largestSecondDifference, noise, random, sine, voice } from './link.ts';
import { packet } from './packet.ts';

const FRAME = 160;
const DELAY_MS = 200;

/** Table 2a of G.711, by its text: the sample of a µ-law code. */
function sampleOf(code: number): number {
  const bits = 255 - code;
  const segment = Math.floor(bits / 16) % 8;
  const magnitude = ((bits % 16) * 2 + 33) * 2 ** segment - 33;
  return (bits >= 128 ? -4 : 4) * magnitude;
}

/** Packets of both tracks, by the worker's way, at the rate of the line: sample for sample. */
function exact(): string | undefined {
  const next = random(1);
  const codes = [0, 1].map(() => Uint8Array.from({ length: 4 * 8000 }, () => Math.floor(256 * next())));
  const buffer = new JitterBuffer({ delayMs: DELAY_MS });
  const routes = new SoundRoutes();
  let nowMs = 0;
  routes.add(1, 'CA1', {
    postMessage(sound: RoutedSound) {
      if (sound.kind === 'audio') buffer.push(sound.track, sound.timestampMs, sound.samples, nowMs);
    },
    close() {},
  });
  routes.asked(1, JSON.stringify({ type: 'open', id: 7, topic: 'audio', callId: 'CA1' }));
  const played = [new Float32Array(5 * 8000), new Float32Array(5 * 8000)] as const;
  for (let at = 0; at < 5 * 8000; at += FRAME, nowMs += 20) {
    for (const [track, sound] of codes.entries()) {
      const frame = sound.slice(at, at + FRAME);
      if (frame.length > 0) routes.received(1, packet(7, at / 8, frame, { outbound: track === 1 }));
    }
    buffer.read(played[0].subarray(at), played[1].subarray(at), FRAME, nowMs);
  }
  for (const [track, sound] of codes.entries()) {
    const begins = DELAY_MS * 8;
    let different = 0;
    for (const [i, code] of sound.entries()) {
      if (Math.round((played[track as 0 | 1][begins + i] as number) * 32_768) !== sampleOf(code)) different++;
    }
    if (different > 0)
      return `${different} samples of the ${track === 0 ? 'inbound' : 'outbound'} track differ`;
  }
  return undefined;
}

/** Speech at the device's rate has nothing above the line's band. */
function images(): string | undefined {
  const rate = 48_000;
  const upsampler = new Upsampler(rate);
  const input = asHeard(voice(2, 8000));
  const output = new Float32Array(rate);
  for (let at = 0, taken = 0; at < rate; at += 480) {
    const wanted = upsampler.inputFor(480);
    upsampler.process(input.subarray(taken, taken + wanted), output.subarray(at, at + 480));
    taken += wanted;
  }
  const sound = output.subarray(rate / 2, rate / 2 + 9600);
  let [below, above] = [0, 0];
  for (let frequency = 100; frequency < rate / 2; frequency += 25) {
    const power = powerAt(sound, frequency, rate);
    if (frequency <= 4300) below += power;
    else above += power;
  }
  const aboveDb = 10 * Math.log10(above / below);
  return aboveDb < -60 ? undefined : `${aboveDb.toFixed(0)} dB above 4.3 kHz`;
}

function powerAt(sound: Float32Array, frequency: number, rate: number): number {
  let [real, imaginary] = [0, 0];
  for (let i = 0; i < sound.length; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / sound.length);
    const angle = (2 * Math.PI * frequency * i) / rate;
    real += (sound[i] as number) * window * Math.cos(angle);
    imaginary += (sound[i] as number) * window * Math.sin(angle);
  }
  return real * real + imaginary * imaginary;
}

/** Tones that are stretched all the time have no clicks. */
function smooth(): string | undefined {
  let worst = 0;
  for (const frequency of [200, 440, 1004]) {
    const tone = sine(frequency, 12 * 8000);
    for (const ppm of [-20_000, 20_000]) {
      const link = new Link(new JitterBuffer(), { ppm });
      link.send('inbound', tone);
      const heard = link.play(11_000).inbound.subarray(8000);
      worst = Math.max(worst, largestSecondDifference(heard) / largestSecondDifference(asHeard(tone)));
    }
  }
  return worst < 1.03 ? undefined : `a bend of ${worst.toFixed(2)} of the tone's own`;
}

/** A link that jitters is waited for. */
function patient(): string | undefined {
  const link = new Link(new JitterBuffer(), { jitterMs: 120, seed: 3 });
  link.send('inbound', noise(4, 30 * 8000, 0.2));
  link.play(8000);
  const { underruns } = link.buffer;
  link.play(20_000);
  const more = link.buffer.underruns - underruns;
  return more === 0 ? undefined : `${more} underruns`;
}

export const proofs: Readonly<Record<string, () => string | undefined>> = { exact, images, smooth, patient };
