import { type Clock, MediaError } from '@patchcord/core';

/** Promises that hang on a call: they settle when something comes about, or when the call is over. */
export interface Waits {
  /** Settled by what `start` is given; rejects with what it throws, or when the call is over. */
  begin<Value>(
    start: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
  ): Promise<Value>;
  /**
   * Resolves with the first defined value that `condition` gives; rejects with what it throws, with `timeout`, or
   * when the call is over.
   *
   * @param what What is waited for, for the error.
   */
  until<Value>(condition: () => Value | undefined, timeoutMs: number, what: string): Promise<Value>;
  /** Resolves after some time, or when the call is over. */
  sleep(milliseconds: number): Promise<void>;
  /** Looks at all conditions. */
  look(): void;
  /** The call is over: nothing waits any longer. */
  end(error: MediaError): void;
}

/** Creates the waits of one call. */
export function createWaits(clock: Clock): Waits {
  /** What to do when the call is over, for each promise that is not settled. */
  const endings = new Set<(error: MediaError) => void>();
  const conditions = new Set<() => void>();
  let over: MediaError | undefined;

  function begin<Value>(
    start: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
    cleanUp: () => void = () => {},
  ): Promise<Value> {
    const promise = new Promise<Value>((resolve, reject) => {
      const settle = (): void => {
        endings.delete(fail);
        cleanUp();
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      if (over !== undefined) {
        reject(over);
        return;
      }
      endings.add(fail);
      try {
        start((value) => {
          settle();
          resolve(value);
        }, fail);
      } catch (error) {
        fail(error);
      }
    });
    promise.catch(() => {}); // a script that does not await a step is not ended by it
    return promise;
  }

  return {
    begin,

    until(condition, timeoutMs, what) {
      const deadline = clock.now() + timeoutMs;
      let stop = (): void => {};
      return begin(
        (resolve, reject) => {
          const look = (): void => {
            try {
              const value = condition();
              if (value !== undefined) resolve(value);
              else if (clock.now() >= deadline) {
                reject(new MediaError('timeout', `Waited ${timeoutMs} ms for ${what}, which did not come.`));
              }
            } catch (error) {
              reject(error);
            }
          };
          conditions.add(look);
          stop = () => conditions.delete(look);
          look();
        },
        () => stop(),
      );
    },

    sleep(milliseconds) {
      if (over !== undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          endings.delete(wake);
          cancel();
          resolve();
        };
        const cancel = clock.after(milliseconds, wake);
        endings.add(wake);
      });
    },

    look() {
      for (const look of [...conditions]) look();
    },

    end(error) {
      over ??= error;
      for (const settle of [...endings]) settle(error);
    },
  };
}
