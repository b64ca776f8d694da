/** Tells the person at the terminal how the call goes. */
export interface Progress {
  /** What the phone does now. */
  step(words: string): void;
  /** Ends the line in progress. */
  end(): void;
}

/** Where progress is written. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REFRESH_MS = 200;

/**
 * On a terminal one line that is rewritten as time goes by; elsewhere one line per step.
 *
 * @param status What to show behind the step, asked for anew each time.
 */
export function createProgress(terminal: Terminal, status: () => string): Progress {
  if (!terminal.isTTY) return { step: (words) => terminal.write(`${words}\n`), end: () => {} };

  let current = '';
  const draw = (): void => {
    // Cut to the terminal's width: a line that wraps cannot be rewritten.
    const line = `${status()}  ${current}`.slice(0, (terminal.columns ?? 80) - 1);
    terminal.write(`\r\u001b[K${line}`);
  };
  const timer = setInterval(draw, REFRESH_MS);
  return {
    step(words) {
      current = words;
      draw();
    },
    end() {
      clearInterval(timer);
      terminal.write('\r\u001b[K');
    },
  };
}
