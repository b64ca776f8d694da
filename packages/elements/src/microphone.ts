import { Microphone } from '@patchcord/player';
import type { OpenMicrophone } from './voice.ts';

/** Asks the browser for the microphone. Rejects with words for people. */
export function openMicrophone(): Promise<OpenMicrophone> {
  return Microphone.open();
}
