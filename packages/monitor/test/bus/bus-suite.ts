import { describe, expect, test } from 'vitest';
import type { Bus } from '../../src/index.ts';

/** What a hub relies on, whatever carries its messages. */
export function describeBus(name: string, join: () => Bus): void {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const text = (data: Uint8Array): string => new TextDecoder().decode(data);

  describe(name, () => {
    test('carries messages to whoever asked for their subject, in order, the sender included', async () => {
      const buses = [join(), join(), join()];
      await eventually(() => buses.every(({ connected }) => connected));
      const [sender, ...others] = buses as [Bus, Bus, Bus];
      const heard: string[][] = buses.map(() => []);
      const last = buses.map(
        (bus, i) =>
          new Promise<void>((resolve) => {
            bus.subscribe('audio.*.one', (data, subject) => {
              heard[i]?.push(`${subject} ${text(data)}`);
              if (text(data) === 'last') resolve();
            });
          }),
      );
      await settle(buses);
      for (let i = 0; i < 200; i++) expect(sender.publish('audio.a.one', bytes(`${i}`))).toBe(true);
      sender.publish('audio.a.two', bytes('no'));
      sender.publish('audio.a', bytes('no'));
      sender.publish('audio.a.one.two', bytes('no'));
      others[0]?.publish('audio.b%2Ec.one', bytes(''));
      await settle(buses);
      sender.publish('audio.a.one', bytes('last'));
      await Promise.all(last);
      const fromSender = [...Array.from({ length: 200 }, (_, i) => `audio.a.one ${i}`), 'audio.a.one last'];
      for (const each of heard) {
        expect(each.filter((line) => line.startsWith('audio.a.'))).toEqual(fromSender);
        expect(each.filter((line) => line.startsWith('audio.b'))).toEqual(['audio.b%2Ec.one ']);
      }
      await Promise.all(buses.map((bus) => bus.close()));
    }, 30_000);

    test('carries 300 kB at once, and nothing to who has lost interest or has left', async () => {
      const [one, two] = [join(), join()];
      await eventually(() => one.connected && two.connected);
      let lost = 0;
      const end = two.subscribe('events.>', () => {
        lost++;
      });
      end();
      let got = 0;
      two.subscribe('events.a.b', (data) => {
        got = data.length;
      });
      await settle([one, two]);
      expect(one.publish('events.a.b', new Uint8Array(300_000))).toBe(true);
      await eventually(() => got === 300_000);
      expect(lost).toBe(0);
      await two.close();
      await two.close();
      expect(two.connected).toBe(false);
      expect(two.publish('events.a.b', bytes('x'))).toBe(false);
      await one.close();
    }, 30_000);
  });

  /** Lets subscriptions become known: what each publishes then comes after them. */
  async function settle(buses: readonly Bus[]): Promise<void> {
    for (const bus of buses) {
      let back = false;
      const end = bus.subscribe('settle', () => {
        back = true;
      });
      await eventually(() => bus.publish('settle', new Uint8Array(0)) && back);
      end();
    }
  }
}

/** Waits in real time for what another process has to do. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what = `${condition}`,
): Promise<void> {
  const until = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`This did not come to pass: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
