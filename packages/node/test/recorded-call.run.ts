/**
 * Records a talk to a file, by the arguments `path seconds [killAtMs stage]`: for comparing runtimes, and for seeing what
 * a killed process leaves behind. Prints the call's time at its end.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import process from 'node:process';
import { type RecordingWriter, recordingFile } from '../src/recording-file.ts';
import { openTalk, talkFor } from './recorded-call.ts';

const [path = '', seconds = '5', killAtMs = 'Infinity', stage = ''] = process.argv.slice(2);

const file = recordingFile(path);
let nowMs = 0;
let writing: Promise<void> = Promise.resolve();

function dieAt(reached: string): void {
  if (reached !== stage || nowMs < Number(killAtMs)) return;
  writeSync(1, `${nowMs}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const writer: RecordingWriter = {
  write(position, bytes) {
    dieAt(position === 0 ? 'before the header' : 'before the sound');
    const written = Promise.resolve(file.write(position, bytes));
    dieAt(position === 0 ? 'in the header' : 'in the sound');
    writing = written;
    return written;
  },
  close: () => file.close?.(),
};

/** Time is turned far faster than a disk can follow, so it waits for the disk. */
async function written(): Promise<void> {
  for (let last: Promise<void> | undefined; last !== writing; ) {
    last = writing;
    await last;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

const talk = await openTalk(writer);
await talkFor(Number(seconds) * 1000, talk, async (timestampMs) => {
  nowMs = timestampMs;
  await written();
  dieAt('at rest');
});
const over = talk.recording.stop();
await written();
await over;
writeSync(1, `${talk.call.timestampMs}\n`);
process.exit(0);
