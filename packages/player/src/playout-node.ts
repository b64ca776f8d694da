import workletText from 'inline:./worklet/processor.ts';
import { MediaError } from '@patchcord/core';
import { type PlayerMessage, PROCESSOR_NAME, type ProcessorOptions } from './messages.ts';

/** A context takes a processor's name once only. */
const loaded = new WeakMap<BaseAudioContext, Promise<void>>();

/**
 * Makes the processor known to a context: from text within this module, or from `workletUrl` where the page's
 * content-security policy allows no `blob:` scripts.
 *
 * @throws MediaError `refused` when the browser does not load it, or has no AudioWorklet
 */
export function loadWorklet(context: BaseAudioContext, workletUrl?: string | URL): Promise<void> {
  const before = loaded.get(context);
  if (before) return before;
  const loading = load(context, workletUrl);
  loaded.set(context, loading);
  loading.catch(() => loaded.delete(context));
  return loading;
}

async function load(context: BaseAudioContext, workletUrl?: string | URL): Promise<void> {
  if (!context.audioWorklet) {
    throw new MediaError(
      'refused',
      'This page has no AudioWorklet. Browsers give it to secure pages only: serve the page over https or from localhost.',
    );
  }
  const url = workletUrl ?? URL.createObjectURL(new Blob([workletText], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(url);
  } catch (cause) {
    throw new MediaError(
      'refused',
      workletUrl
        ? `The browser did not load the audio worklet from ${workletUrl}. Serve the file dist/worklet.js of @patchcord/player there, as JavaScript.`
        : 'The browser did not load the audio worklet from a blob: URL. Where the page forbids those, serve dist/worklet.js of @patchcord/player and pass its address as workletUrl.',
      { cause },
    );
  } finally {
    if (!workletUrl) URL.revokeObjectURL(String(url));
  }
}

/** Makes the node that plays: output 0 is `inbound`, output 1 is `outbound`, each mono. `loadWorklet` comes first. */
export function createPlayoutNode(context: BaseAudioContext, options: ProcessorOptions): AudioWorkletNode {
  return new AudioWorkletNode(context, PROCESSOR_NAME, {
    numberOfInputs: 0,
    numberOfOutputs: 2,
    outputChannelCount: [1, 1],
    processorOptions: options,
  });
}

/** Sends a message to the node. Samples are transferred. */
export function tell(node: AudioWorkletNode, message: PlayerMessage): void {
  node.port.postMessage(message, message.kind === 'audio' ? [message.samples.buffer] : []);
}
