import { type Call, createSpeechDetector, type DtmfDigit, MediaError, type Playback } from '@patchcord/core';
import { createIvr, type IvrAction, type IvrInput, type Prompt } from './ivr.ts';
import { followWords, type Speech } from './prompts.ts';

/** What a hint can be. */
const HINTS: readonly DtmfDigit[] = ['0', '1', '2', '3', '4', '9', '#'];

/** What the agent needs beside the call. */
export interface AgentOptions {
  readonly prompts: Readonly<Record<Prompt, Speech>>;
  /** Told the words that the caller hears, as they begin, on the call's timeline. */
  readonly onWords: (words: string, timestampMs: number) => void;
  /** Is given what takes a supervisor's hints: a key that the menu knows, pressed for the caller. */
  readonly takeHints?: (take: (text: string) => void) => void;
}

/**
 * Answers one call: says the prompts, reacts to keys, falls silent when the caller speaks. Resolves when there
 * is nothing more to say, or the call is over; whoever answered the call then ends it.
 */
export async function answer(call: Call, { prompts, onWords, takeHints }: AgentOptions): Promise<void> {
  const ivr = createIvr();
  const detector = createSpeechDetector({ sampleRate: call.sampleRate });
  let echoing = false;
  let saying: Playback | undefined;
  let endWords = (): void => {};
  let wait: NodeJS.Timeout | undefined;
  let hangUp = (): void => {};
  const finished = new Promise<void>((resolve) => {
    hangUp = resolve;
  });

  const tell = (input: IvrInput): void => {
    for (const action of ivr.next(input)) perform(action);
  };

  const perform = (action: IvrAction): void => {
    if (action.kind !== 'echo') clearTimeout(wait);
    switch (action.kind) {
      case 'say':
        say(action.prompt);
        break;
      case 'fall-silent':
        saying = undefined;
        endWords();
        call.interrupt();
        break;
      case 'wait':
        wait = setTimeout(() => tell({ kind: 'waited' }), action.ms);
        break;
      case 'echo':
        echoing = action.on;
        break;
      case 'hang-up':
        hangUp();
        break;
    }
  };

  const say = (prompt: Prompt): void => {
    const { samples, sampleRate, sentences } = prompts[prompt];
    const playback = call.play(samples.slice(), { sampleRate });
    call.send({ kind: 'mark', name: prompt });
    saying = playback;
    endWords = followWords(
      sentences,
      () => playback.heardMs,
      ({ words, atMs }) => onWords(words, call.timestampMs - (playback.heardMs - atMs)),
    );
    void playback.done.then(({ outcome }) => {
      if (saying === playback && outcome === 'played') tell({ kind: 'played' });
    });
  };

  const ignore = call.observe((frame, phase) => {
    if (phase !== 'received') return;
    if (frame.kind === 'dtmf') tell({ kind: 'key', digit: frame.digit });
    if (frame.kind !== 'audio' || frame.track !== 'inbound') return;
    const change = detector.push(frame.samples);
    if (change) tell({ kind: change === 'started' ? 'speaks' : 'quiet' });
    // Observed samples are shared with all who observe; what is sent is given away.
    if (echoing) call.send({ ...frame, samples: frame.samples.slice(), track: 'outbound' });
  });

  takeHints?.((text) => {
    const digit = HINTS.find((key) => key === text.trim());
    if (!digit) throw new MediaError('invalid-argument', 'The menu takes one key as a hint, such as 9.');
    tell({ kind: 'key', digit });
  });
  tell({ kind: 'answered' });
  await Promise.race([finished, call.closed]);
  ignore();
  clearTimeout(wait);
  endWords();
}
