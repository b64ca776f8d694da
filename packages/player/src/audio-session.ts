/** What a page does with sound: https://www.w3.org/TR/audio-session/ */
export type AudioSessionUse = 'playback' | 'play-and-record';

/** Safari has it. */
interface AudioSessionNavigator {
  readonly audioSession?: { type: string };
}

const uses: AudioSessionUse[] = [];

/**
 * Tells the system what the page does with sound, so that a phone's ringer switch does not silence it, and a microphone does
 * not stop what plays. Whoever records decides for all. Does nothing where there is no such thing.
 *
 * @returns what takes it back
 */
export function audioSession(use: AudioSessionUse): () => void {
  uses.push(use);
  apply();
  let over = false;
  return () => {
    if (over) return;
    over = true;
    uses.splice(uses.indexOf(use), 1);
    apply();
  };
}

function apply(): void {
  const session = (navigator as AudioSessionNavigator).audioSession;
  if (session) session.type = uses.includes('play-and-record') ? 'play-and-record' : (uses[0] ?? 'auto');
}
