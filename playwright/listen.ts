import type { Page } from '@playwright/test';

/** How a bare page listens. */
export interface ListenOptions {
  /** Whether the socket is the page's own, and not a worker's. */
  readonly onPage?: boolean;
  readonly delayMs?: number;
  readonly workletUrl?: string;
  readonly workerUrl?: string;
}

/** What a bare page gives its tests. */
interface PageWindow {
  readonly CallPlayer: new (
    options: object,
  ) => object & {
    start(): Promise<void>;
    listen(client: object, callId: string): Promise<void>;
    close(): Promise<void>;
  };
  readonly createWorkerClient: (url: string, options: object) => object;
  readonly MonitorClient: { connect(url: string, options: object): object };
  readonly ticket: () => Promise<string>;
  player?: InstanceType<PageWindow['CallPlayer']>;
  /** Why there is no worker. */
  unavailable?: string;
  started?: Promise<string | undefined>;
}

/**
 * Listens to a call on a bare page, from a real click on, with a player of its own.
 *
 * @throws Error with the player's words, where it does not start
 */
export async function listen(page: Page, callId: string, options: ListenOptions = {}): Promise<void> {
  await page.waitForFunction(() => 'CallPlayer' in window);
  await page.evaluate(
    async ({ callId, options: { onPage, workerUrl, delayMs, workletUrl } }) => {
      const here = window as unknown as PageWindow;
      await here.player?.close();
      const player = new here.CallPlayer({
        ...(delayMs !== undefined && { delayMs }),
        ...(workletUrl !== undefined && { workletUrl }),
      });
      here.player = player;
      const { ticket } = here;
      const client = onPage
        ? here.MonitorClient.connect('/monitor', { ticket })
        : here.createWorkerClient('/monitor', {
            ticket,
            ...(workerUrl !== undefined && { workerUrl }),
            onWorkerUnavailable: ({ message }: Error) => {
              here.unavailable = message;
            },
          });
      (document.querySelector('#listen') as HTMLButtonElement).onclick = () => {
        here.started = player.start().then(
          () => undefined,
          ({ message }: Error) => message,
        );
        player.listen(client, callId).catch(() => {}); // closed with the player
      };
    },
    { callId, options },
  );
  await page.click('#listen');
  const refusal = await page.evaluate(() => (window as unknown as PageWindow).started);
  if (refusal) throw new Error(refusal);
  await page.waitForFunction(() => (window as { player?: { state?: string } }).player?.state === 'running');
}
