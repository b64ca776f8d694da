import type { Frame } from './frame.ts';

/** Whether the frames read as a call does: start, then anything, then at most one stop and nothing after. */
export function isWellFormed(frames: readonly Frame[]): boolean {
  const sentence = frames.map((frame) => frame.kind).join(' ');
  return /^start( (audio|dtmf|mark|clear|unknown))*( stop)?$/.test(sentence);
}
