import workletText from 'inline:./worklet/processor.ts';
import { type PlayerMessage, PROCESSOR_NAME, type ProcessorOptions } from './messages.ts';
import { loadWorklet, type WorkletModule } from './worklet-loader.ts';

/** What the audio thread plays with. */
const MODULE: WorkletModule = { text: workletText, file: 'worklet.js' };

/** Makes the processor that plays known to a context, as `loadWorklet` says. */
export function loadPlayout(context: BaseAudioContext, workletUrl?: string | URL): Promise<void> {
  return loadWorklet(context, MODULE, workletUrl);
}

/** Makes the node that plays: output 0 is `inbound`, output 1 is `outbound`, each mono. `loadPlayout` comes first. */
export function createPlayoutNode(context: BaseAudioContext, options: ProcessorOptions): AudioWorkletNode {
  return new AudioWorkletNode(context, PROCESSOR_NAME, {
    numberOfInputs: 0,
    numberOfOutputs: 2,
    outputChannelCount: [1, 1],
    processorOptions: options,
  });
}

/** Sends a message to the node. Samples and ports are transferred. */
export function tell(node: AudioWorkletNode, message: PlayerMessage): void {
  node.port.postMessage(message, transferables(message));
}

function transferables(message: PlayerMessage): Transferable[] {
  if (message.kind === 'audio') return [message.samples.buffer];
  return message.kind === 'listen' ? [message.port] : [];
}
