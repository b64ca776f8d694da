import { constants } from 'node:fs';
import { access, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { encodeWav } from '@patchcord/core';
import type { Phone } from '../phone/phone.ts';
import { LINE_RATE } from '../phone/sound.ts';
import type { Terminal } from './progress.ts';

/** Something that stops the program before the call; its message is for the person at the terminal. */
export class CommandError extends Error {}

/**
 * Reads a file that was named on the command line.
 *
 * @param option What named it, for the error.
 * @throws {CommandError}
 */
export async function readInput(option: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandError(`${option} ${file}: ${fileTrouble(error)} (looked at ${resolve(file)}).`);
  }
}

/** @throws {CommandError} where the folder of a file that will be written cannot be written to. */
export async function checkFolder(option: string, file: string): Promise<void> {
  const folder = dirname(resolve(file));
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new CommandError(`${option} ${file}: ${fileTrouble(error)} (looked at the folder ${folder}).`);
  }
}

/** What is wrong with a file, in words. */
export function fileTrouble(error: unknown): string {
  const { code } = error as { code?: string };
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EISDIR':
      return 'this is a folder, not a file';
    case 'EACCES':
      return 'access is not allowed';
    default:
      return `the file cannot be used (${code ?? 'unknown reason'})`;
  }
}

/** Writes what was heard as a WAV file. False when that failed, undefined when it was not asked for. */
export async function writeHeard(
  { heard }: Phone,
  file: string | undefined,
  stderr: Terminal,
): Promise<boolean | undefined> {
  if (file === undefined) return undefined;
  try {
    await writeFile(file, encodeWav({ samples: heard.slice(), sampleRate: LINE_RATE, channels: 1 }));
    return true;
  } catch (error) {
    stderr.write(`patchcord-phone: --record ${file}: ${fileTrouble(error)}.\n`);
    return false;
  }
}
