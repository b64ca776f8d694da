// Contract of @patchcord/core, for every runtime

export type { ContractCase } from './contract.ts';
export { contract } from './contract.ts';
export { SAID_FRAMES, writtenByCall, writtenByStreams } from './same-as-a-call.ts';
// Stand-ins
export { macrotask } from './macrotask.ts';
export type { ManualClock } from './manual-clock.ts';
export { createManualClock } from './manual-clock.ts';
export type { PairedSocket, SocketPairOptions } from './socket-pair.ts';
export { createSocketPair } from './socket-pair.ts';
// Golden data and transcripts need a file system: './golden.ts', by its own entry
