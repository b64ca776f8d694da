/**
 * The bus across machines, for those who have `@nats-io/transport-node`.
 *
 * @module @patchcord/monitor/nats
 */

export type { NatsBusOptions } from './bus/nats.ts';
export { natsBus } from './bus/nats.ts';
