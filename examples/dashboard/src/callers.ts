import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type DialOptions, dial, type Phone } from '@patchcord/simulator';
import { followWords, type Speech } from './prompts.ts';

/** What simulated callers need. */
export interface CallersOptions {
  /** The media endpoint that they dial. */
  readonly url: string;
  /** How many call at a time. */
  readonly count: number;
  /** What they say. */
  readonly speech: Speech;
  /** Signs their calls, as Twilio does, where the server checks signatures. */
  readonly signature?: { readonly authToken: string; readonly signedUrl: string };
  /** Told the words of a caller as they begin. */
  readonly onWords: (callSid: string, words: string) => void;
  /** Told in words when a call could not be placed. */
  readonly onTrouble: (message: string) => void;
}

/** People who call again and again, until closed. */
export interface Callers {
  /** Whether a call is one of theirs. */
  owns(callSid: string): boolean;
  /** Hangs up all calls; resolves when they are over. */
  close(): Promise<void>;
}

/** A way to use a phone. Ends when the caller has nothing more to do. */
type Habit = (phone: Phone, speak: () => Promise<void>) => Promise<void>;

/** Presses 4 for the echo test, talks to it, leaves it with #. */
const pressesKeys: Habit = async (phone, speak) => {
  await phone.wait(9000);
  await phone.press('4');
  await phone.wait(23_500);
  await speak();
  await phone.wait(1000);
  await phone.press('#');
  await phone.closed;
};

/** Speaks over the menu, then stays to the end. */
const interrupts: Habit = async (phone, speak) => {
  await phone.wait(5000);
  await speak();
  await phone.closed;
};

/** Hears the menu once, and hangs up before it is over for the second time. */
const listens: Habit = async (phone) => {
  await phone.wait(38_000);
  await phone.hangUp();
};

/** Answers as soon as the agent is quiet, twice: the turns that the latency view is made of. */
const converses: Habit = async (phone, speak) => {
  await phone.wait(2500);
  await speak();
  await phone.waitForSpeech({ timeoutMs: PATIENCE_MS });
  await phone.waitForSilence({ ms: 700, timeoutMs: PATIENCE_MS });
  await phone.press('9');
  await phone.wait(4000);
  await speak();
  await phone.closed;
};

/** How somebody calls, and over what line. */
interface Caller {
  readonly habit: Habit;
  readonly line: Pick<DialOptions, 'lineNoiseDb' | 'faults'>;
}

/** What a quiet room sounds like through a telephone, in dBFS. */
const LINE_NOISE_DB = -62;
const goodLine = { lineNoiseDb: LINE_NOISE_DB };
/** Loses 120 ms a few times a minute. */
const badLine = { ...goodLine, faults: { gaps: { share: 0.0015, ms: 120 } } };
/** Carries nothing when nobody speaks: after 20 s it looks like one-way audio, and is shown as that. */
const deadLine = {};

const CALLERS: readonly Caller[] = [
  { habit: interrupts, line: badLine },
  { habit: pressesKeys, line: goodLine },
  { habit: listens, line: deadLine },
  { habit: converses, line: goodLine },
];

/** Milliseconds. */
const PATIENCE_MS = 60_000;
const BETWEEN_FIRST_CALLS_MS = 2500;
const BETWEEN_CALLS_MS = 6000;
const LONGEST_CALL_MS = 90_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/** Fictional by the numbering plan: 555-0100 to 555-0199 belong to nobody. */
const fictional = (index: number): string => `+1202555${String(100 + (index % 100)).padStart(4, '0')}`;
const CALLED = '+12125550199';

/** Starts the callers. They never throw: trouble is told, and tried again later. */
export function startCallers({ url, count, speech, signature, onWords, onTrouble }: CallersOptions): Callers {
  const closing = new AbortController();
  const { signal } = closing;
  setMaxListeners(0, signal); // as many as there are callers
  const calls = new Map<string, Phone | undefined>();
  let placed = 0;

  const speakOn = (phone: Phone) => async (): Promise<void> => {
    const begun = performance.now();
    const endWords = followWords(
      speech.sentences,
      () => performance.now() - begun,
      ({ words }) => onWords(phone.callSid, words),
    );
    try {
      await phone.say(speech);
    } finally {
      endWords();
    }
  };

  const callOnce = async ({ habit, line }: Caller): Promise<void> => {
    const callSid = `CA${randomBytes(16).toString('hex')}`;
    calls.set(callSid, undefined);
    try {
      const phone = await dial(url, {
        callSid,
        from: fictional(placed++),
        to: CALLED,
        ...line,
        ...signature,
      });
      calls.set(callSid, phone);
      const longest = setTimeout(() => void phone.hangUp(), LONGEST_CALL_MS);
      const stop = (): void => void phone.hangUp();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      // Habits end badly when the call is over before they are through: that is how calls end.
      await Promise.race([habit(phone, speakOn(phone)).catch(() => {}), phone.closed]);
      await phone.hangUp();
      await phone.closed;
      clearTimeout(longest);
      signal.removeEventListener('abort', stop);
    } finally {
      calls.delete(callSid);
    }
  };

  const callForEver = async (index: number): Promise<void> => {
    const caller = CALLERS[index % CALLERS.length] ?? { habit: listens, line: goodLine };
    let retryMs = FIRST_RETRY_MS;
    let pauseMs = index * BETWEEN_FIRST_CALLS_MS;
    while (await passed(pauseMs, signal)) {
      try {
        await callOnce(caller);
        pauseMs = BETWEEN_CALLS_MS;
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        onTrouble(`A simulated caller could not call: ${error instanceof Error ? error.message : error}`);
        pauseMs = retryMs;
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      }
    }
  };

  const lives = Array.from({ length: count }, (_, index) => callForEver(index));
  return {
    owns: (callSid) => calls.has(callSid),
    async close() {
      closing.abort();
      await Promise.all(lives);
    },
  };
}

/** Whether the time passed before the signal fired. */
const passed = (ms: number, signal: AbortSignal): Promise<boolean> =>
  delay(ms, true, { signal }).catch(() => false);
