import type { ManualClock } from '@patchcord/testing';
import type { Bus } from '../../src/bus/bus.ts';
import { createMemoryBus, type HubOptions, type MemoryBus } from '../../src/index.ts';
import { type InProcess, inProcess } from '../in-process.ts';

/** What all gateways of these tests share. */
export const SECRET: Uint8Array = new Uint8Array(32).fill(7);

/** A place on a bus that a test can cut off, and listen in on. */
export interface CuttableBus extends Bus {
  /** Nothing comes or goes any more. `told`: whether the hub is told, as by a broken connection. */
  cut(told?: boolean): void;
  mend(): void;
  /** Subjects of what was published, with bytes. */
  readonly traffic: { readonly subject: string; readonly bytes: Uint8Array }[];
}

export function cuttable(bus: Bus): CuttableBus {
  let whole = true;
  let quiet = false;
  let listener: ((connected: boolean) => void) | undefined;
  const traffic: { subject: string; bytes: Uint8Array }[] = [];
  return {
    traffic,
    get connected() {
      return (whole || quiet) && bus.connected;
    },
    publish(subject, bytes) {
      if (!whole) return quiet;
      traffic.push({ subject, bytes });
      return bus.publish(subject, bytes);
    },
    subscribe: (subject, take) =>
      bus.subscribe(subject, (bytes, from) => {
        if (whole) take(bytes, from);
      }),
    onConnection(told) {
      listener = told;
    },
    close: () => bus.close(),
    cut(told = true) {
      whole = false;
      quiet = !told;
      if (told) listener?.(false);
    },
    mend() {
      whole = true;
      if (!quiet) listener?.(true);
    },
  };
}

/** A gateway on a bus, in this process. */
export interface Gateway extends InProcess {
  readonly bus: CuttableBus;
}

/** A gateway of this name. */
export function gateway(
  name: string,
  clock: ManualClock,
  bus: MemoryBus = createMemoryBus(),
  options: HubOptions = {},
): Gateway {
  const own = cuttable(bus.join());
  return Object.assign(inProcess(clock, { gateway: name, secret: SECRET, bus: own, ...options }), {
    bus: own,
  });
}
