import type { Page } from '@playwright/test';

/** What the tests use of the page's player. */
interface PagePlayer {
  readonly context?: AudioContext;
  readonly output?: AudioNode;
  readonly stats: PlayerStats;
  track(name: 'inbound' | 'outbound'): { volume: number; pan: number };
  close(): Promise<void>;
}

/** What the tests read of the player's account of itself. */
export interface PlayerStats {
  readonly delayMs: number;
  readonly playedSamples: number;
  readonly concealedSamples: number;
  readonly underruns: number;
  readonly stretches: number;
  readonly buffer: string;
}

/** Where a page keeps its player: a page of nothing else, in `window`. */
interface PlayerWindow {
  readonly player?: PagePlayer;
}

interface PageMonitor extends HTMLElement {
  player: PagePlayer;
}

/** What was rendered while the tap was in, as Web Audio's numbers. */
export interface Recording {
  /** Left ear. */
  readonly left: Float32Array;
  /** Right ear. */
  readonly right: Float32Array;
  /** Hz. */
  readonly rate: number;
  /** When its first sample was rendered, in Unix time: by the audio thread's own clock, to a few milliseconds. */
  readonly renderedAtMs: number;
}

/** Numbers under which the page keeps what it records. */
interface TapWindow {
  tapped: { frame: number; atMs: number; left: Float32Array; right: Float32Array }[];
}

/**
 * Gives the page a player that holds a fixed delay, so that it never stretches sound, and a long one, so that no
 * stall of the machine matters; the caller in the left ear and the agent in the right one, whole. Before the first click on Listen.
 */
export async function useExactPlayer(page: Page, options: { sampleRate?: number }): Promise<void> {
  await page.evaluate(async (playerOptions) => {
    const monitor = document.querySelector('call-monitor') as PageMonitor;
    const Player = monitor.player.constructor as new (options: object) => PagePlayer;
    await monitor.player.close();
    const player = new Player({ ...playerOptions, delayMs: 1000 });
    player.track('inbound').pan = -1;
    player.track('outbound').pan = 1;
    monitor.player = player;
  }, options);
}

/** What the audio thread of the tap does: hands on what it hears, in large pieces, with the time of each. */
const PROCESSOR = `
  const SIZE = 2048;
  class Tap extends AudioWorkletProcessor {
    left = new Float32Array(SIZE);
    right = new Float32Array(SIZE);
    filled = 0;
    process([input]) {
      const length = 128;
      if (input[0]) this.left.set(input[0], this.filled);
      else this.left.fill(0, this.filled, this.filled + length);
      if (input[1]) this.right.set(input[1], this.filled);
      else this.right.fill(0, this.filled, this.filled + length);
      this.filled += length;
      if (this.filled === SIZE) {
        this.port.postMessage({ frame: currentFrame + length - SIZE, atMs: Date.now(), left: this.left, right: this.right });
        this.filled = 0;
      }
      return true;
    }
  }
  registerProcessor('tap', Tap);
`;

/** Begins to record what the player's last node renders. The player must be running. */
export async function startTap(page: Page): Promise<void> {
  await page.evaluate(async (processor) => {
    const player =
      (window as PlayerWindow).player ?? (document.querySelector('call-monitor') as PageMonitor).player;
    const { context, output } = player;
    if (!context || !output) throw new Error('The player does not play.');
    const url = URL.createObjectURL(new Blob([processor], { type: 'text/javascript' }));
    await context.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    const node = new AudioWorkletNode(context, 'tap', {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      channelCount: 2,
      channelCountMode: 'explicit',
      channelInterpretation: 'discrete',
    });
    const recording = window as unknown as TapWindow;
    recording.tapped = [];
    node.port.onmessage = ({ data }: MessageEvent<TapWindow['tapped'][number]>) =>
      recording.tapped.push(data);
    // Only what leads to the destination is rendered; this leads there without being heard.
    output
      .connect(node)
      .connect(new GainNode(context, { gain: 0 }))
      .connect(context.destination);
  }, PROCESSOR);
}

/** What was rendered so far. Throws where the browser skipped render quanta: such a recording proves nothing. */
export async function takeRecording(page: Page): Promise<Recording> {
  const { left, right, rate, renderedAtMs, skipped } = await page.evaluate(async () => {
    const player =
      (window as PlayerWindow).player ?? (document.querySelector('call-monitor') as PageMonitor).player;
    const { tapped } = window as unknown as TapWindow;
    const toBase64 = async (pieces: Float32Array[]): Promise<string> => {
      const bytes = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
      let text = '';
      for (let at = 0; at < bytes.length; at += 8192)
        text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    };
    const skips = tapped.filter((piece, index) => {
      const before = tapped[index - 1];
      return before && piece.frame !== before.frame + before.left.length;
    });
    const rate = player.context?.sampleRate ?? 0;
    // A piece is told as its last block is rendered. Blocks are rendered a few at a time: the middle of many pieces is right.
    const beganAtMs = tapped
      .map(({ frame, atMs }) => atMs - (1000 * (frame + 2048 - (tapped[0]?.frame ?? 0))) / rate)
      .sort((a, b) => a - b);
    return {
      left: await toBase64(tapped.map((piece) => piece.left)),
      right: await toBase64(tapped.map((piece) => piece.right)),
      rate,
      renderedAtMs: beganAtMs[Math.floor(beganAtMs.length / 2)] ?? 0,
      skipped: skips.map((piece) => piece.frame),
    };
  });
  if (skipped.length > 0) throw new Error(`The browser skipped sound before frames ${skipped.join(', ')}.`);
  return { left: fromBase64(left), right: fromBase64(right), rate, renderedAtMs };
}

function fromBase64(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
}

/** The player's account of itself. */
export function playerStats(page: Page): Promise<PlayerStats> {
  return page.evaluate(() => {
    const { stats } =
      (window as PlayerWindow).player ?? (document.querySelector('call-monitor') as PageMonitor).player;
    const { delayMs, playedSamples, concealedSamples, underruns, stretches, buffer } = stats;
    return { delayMs, playedSamples, concealedSamples, underruns, stretches, buffer };
  });
}
