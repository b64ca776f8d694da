import { readFileSync } from 'node:fs';
import { decodeWav, mulaw, resample, tone } from '@patchcord/core';

/** Hz, of the telephone line. */
export const LINE_RATE = 8000;

/** Where the sentence begins in the recording: before it the room is silent. */
const BEGINS_MS = 300;

/** A recorded sentence at the line's rate: real speech, so long as it lasts (10 s). */
export function sentence(ms: number): Int16Array<ArrayBuffer> {
  const file = new URL('../examples/dashboard/speech/jfk-16k.wav', import.meta.url);
  const { samples, sampleRate } = decodeWav(readFileSync(file));
  const whole = resample(samples, { from: sampleRate, to: LINE_RATE, quality: 'best' });
  const from = (BEGINS_MS * LINE_RATE) / 1000;
  return whole.slice(from, from + (ms * LINE_RATE) / 1000);
}

/** A tone, then the sentence. */
export function toneAndSentence(toneMs: number, sentenceMs: number): Int16Array<ArrayBuffer> {
  const parts = [tone({ frequency: 1000, ms: toneMs, sampleRate: LINE_RATE }), sentence(sentenceMs)];
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

/** What is left of a sound after the line's own encoding. */
export function overTheLine(sound: Int16Array): Int16Array {
  return mulaw.decode(mulaw.encode(sound));
}
