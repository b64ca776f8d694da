import { describe, expect, test } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';

/** Keeps what is written to it. */
function paper(options: { readonly isTTY?: boolean; readonly columns?: number }) {
  const written: string[] = [];
  return { ...options, written, write: (text: string) => written.push(text) };
}

describe('createProgress', () => {
  test('away from a terminal is one line per step', () => {
    const file = paper({});
    const progress = createProgress(file, () => '1.0 s');
    progress.step('saying hello.wav');
    progress.step('pressing 1#');
    progress.end();
    expect(file.written).toEqual(['saying hello.wav\n', 'pressing 1#\n']);
  });

  test('on a terminal is one line, cut to its width, that is gone in the end', () => {
    const terminal = paper({ isTTY: true, columns: 16 });
    const progress = createProgress(terminal, () => '1.0 s');
    progress.step('saying hello.wav');
    progress.end();
    expect(terminal.written).toEqual(['\r\u001b[K1.0 s  saying h', '\r\u001b[K']);
  });
});
