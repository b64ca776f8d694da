import { readFile } from 'node:fs/promises';
import { decodeWav, MediaError } from '@patchcord/core';
import type { Prompt } from './ivr.ts';

/** Words, and where in the recording they begin. */
export interface Sentence {
  readonly atMs: number;
  readonly words: string;
}

/** A recording, and what is said in it. */
export interface Speech {
  readonly samples: Int16Array<ArrayBuffer>;
  /** Hz. */
  readonly sampleRate: number;
  readonly sentences: readonly Sentence[];
}

/** Everything that is said in the demo. */
export interface Recordings {
  /** The agent's. */
  readonly prompts: Readonly<Record<Prompt, Speech>>;
  /** The caller's. */
  readonly caller: Speech;
}

/** Which file says what. Words are known for some; the others are named in brackets, never guessed. */
const MENU: readonly Sentence[] = [
  {
    atMs: 120,
    words: 'Thank you for calling Super Awesome Company, Waldo’s premier provider of perfect products.',
  },
  { atMs: 6640, words: 'If you know your party’s extension, you may dial it at any time.' },
  {
    atMs: 10_600,
    words: 'To establish a sales partnership, press one. To speak with a customer advocate, press two.',
  },
  { atMs: 16_640, words: 'For accounting and other receivables, press three.' },
  { atMs: 20_140, words: 'For a company directory, press four.' },
  { atMs: 22_840, words: 'For an operator, press zero.' },
];
const HOLD: readonly Sentence[] = [
  { atMs: 60, words: 'All representatives are currently busy assisting other callers.' },
  { atMs: 4140, words: 'Please wait for the next available representative.' },
];
const ECHO: readonly Sentence[] = [
  { atMs: 260, words: 'You are about to enter an echo test.' },
  {
    atMs: 2560,
    words: 'In this mode everything you say will be repeated back to you just as soon as it is received.',
  },
  {
    atMs: 8220,
    words:
      'The purpose of this test is to give you an audible sense of the latency between you and the machine ' +
      'that is running the echo test application.',
  },
  { atMs: 17_480, words: 'You may end the test by hanging up or by pressing the pound key.' },
];
const CLOSING: readonly Sentence[] = [{ atMs: 160, words: '[closing announcement]' }];
const INAUGURAL: readonly Sentence[] = [
  { atMs: 320, words: 'And so, my fellow Americans:' },
  { atMs: 3280, words: 'ask not' },
  { atMs: 5400, words: 'what your country can do for you —' },
  { atMs: 8180, words: 'ask what you can do for your country.' },
];

/**
 * Reads the recordings.
 *
 * @throws {MediaError} `invalid-argument`, with the file, where one is missing or is no WAV file.
 */
export async function loadRecordings(folder: URL): Promise<Recordings> {
  const load = (name: string, sentences: readonly Sentence[]): Promise<Speech> =>
    loadSpeech(new URL(name, folder), sentences);
  const [menu, hold, echo, closing, caller] = await Promise.all([
    load('allison-basic-pbx-ivr-main-8k.wav', MENU),
    load('allison-queue-periodic-announce-8k.wav', HOLD),
    load('allison-demo-echotest-8k.wav', ECHO),
    load('allison-demo-nogo-8k.wav', CLOSING),
    load('jfk-16k.wav', INAUGURAL),
  ]);
  return { prompts: { menu, hold, echo, closing }, caller };
}

async function loadSpeech(file: URL, sentences: readonly Sentence[]): Promise<Speech> {
  try {
    const { samples, sampleRate, channels } = decodeWav(await readFile(file));
    if (channels !== 1) throw new MediaError('wrong-format', `it has ${channels} channels, not one`);
    return { samples, sampleRate, sentences };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MediaError(
      'invalid-argument',
      `The recording ${file.pathname} cannot be read: ${reason}. Put the WAV file back, from the repository.`,
      { cause },
    );
  }
}

/** How often words are compared with what has been heard, in milliseconds. */
const LOOK_EVERY_MS = 100;

/**
 * Tells each sentence as its sound begins, so that words cut off are never told.
 *
 * @param heardMs how much of the speech has been heard.
 * @returns a function that ends it; harmless afterwards.
 */
export function followWords(
  sentences: readonly Sentence[],
  heardMs: () => number,
  tell: (sentence: Sentence) => void,
): () => void {
  const left = [...sentences];
  const timer = setInterval(() => {
    while (left[0] && heardMs() > left[0].atMs) tell(left.shift() as Sentence);
    if (left.length === 0) clearInterval(timer);
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
