import type { AudioFrame, Track } from '@patchcord/core';
import type { CallLevels } from '@patchcord/monitor/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { CallMonitor } from '../src/index.ts';
import '../src/index.ts';
import { FakeClient, summary } from './fake-client.ts';

let monitor: CallMonitor | undefined;

function show(client: FakeClient, more: Partial<CallMonitor> = {}): CallMonitor {
  monitor = document.createElement('call-monitor');
  monitor.style.height = '860px';
  Object.assign(monitor, { client, ...more });
  document.body.append(monitor);
  return monitor;
}

beforeEach(async () => {
  await page.viewport(1440, 900);
});

afterEach(() => {
  monitor?.remove();
});

const rows = page.getByRole('option');
const transport = () => page.getByRole('status').filter({ hasText: /Behind|Listening/ });

function audio(track: Track, timestampMs: number, sampleRate: number): AudioFrame {
  const samples = new Int16Array(sampleRate / 50).fill(track === 'inbound' ? 8000 : 4000);
  return { kind: 'audio', samples, sampleRate, channels: 1, timestampMs, track };
}

/** Sends 20 ms of both tracks every 20 ms until told to stop; at once, what was said before. */
function speak(client: FakeClient, callId: string, beforeMs = 0, sampleRate = 8000): () => void {
  let timestampMs = 60_000;
  const push = (): void => {
    for (const track of ['inbound', 'outbound'] as const) {
      client.sounds.get(callId)?.push(audio(track, timestampMs, sampleRate));
    }
    timestampMs += 20;
  };
  for (let ms = 0; ms < beforeMs; ms += 20) push();
  const timer = setInterval(push, 20);
  return () => clearInterval(timer);
}

async function listening(client: FakeClient, beforeMs = 4000): Promise<() => void> {
  client.tell(summary('1111'), summary('2222', { startedAtMs: Date.now() }));
  await expect.element(rows.nth(0)).toBeVisible();
  await userEvent.click(rows.nth(0));
  await expect.poll(() => client.sounds.get('1111')).toBeDefined();
  const silence = speak(client, '1111', beforeMs);
  await expect.element(transport()).toHaveTextContent('Listening');
  return silence;
}

describe('behind', () => {
  it('plays what was received, and goes live again with L', async () => {
    const client = new FakeClient();
    const element = show(client);
    const silence = await listening(client);
    await userEvent.keyboard('{ArrowLeft}{ArrowLeft}');
    await expect.element(transport()).toHaveTextContent('Behind');
    await expect.element(page.getByRole('button', { name: /Go live/ })).toBeVisible();
    const playedBefore = element.player.stats.playedSamples;
    await expect.poll(() => element.player.stats.playedSamples).toBeGreaterThan(playedBefore);
    await userEvent.keyboard('l');
    await expect.element(transport()).toHaveTextContent('Listening');
    silence();
  });

  it('is left when another call is listened to', async () => {
    const client = new FakeClient();
    show(client);
    const silence = await listening(client);
    await userEvent.keyboard('{ArrowLeft}{ArrowLeft}');
    await expect.element(transport()).toHaveTextContent('Behind');
    await userEvent.click(rows.nth(1));
    await expect.element(page.getByText('Behind')).not.toBeInTheDocument();
    silence();
  });

  it('is there for the sound of a call that has ended', async () => {
    const client = new FakeClient();
    show(client);
    const silence = await listening(client);
    silence();
    client.sounds.get('1111')?.close();
    client.list.push({ kind: 'ended', call: summary('1111', { state: 'ended', endReason: 'stopped' }) });
    await expect.element(page.getByText('The call has ended')).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Save WAV' })).toBeEnabled();
  });
});

it('a wire of 16 kHz is heard, and measured', async () => {
  const client = new FakeClient();
  const element = show(client, { sampleRate: 48_000 });
  client.tell(summary('1111', { format: { encoding: 'linear16', sampleRate: 16_000, channels: 1 } }));
  await userEvent.click(rows.nth(0));
  await expect.poll(() => client.sounds.get('1111')).toBeDefined();
  const silence = speak(client, '1111', 0, 16_000);
  await expect.poll(() => element.player.stats.playedSamples, { timeout: 5000 }).toBeGreaterThan(800);
  expect(element.player.context?.sampleRate).toBe(48_000);
  silence();
});

it('the attribute sample-rate is the rate of the player’s context', async () => {
  const client = new FakeClient();
  const element = show(client);
  element.setAttribute('sample-rate', '8000');
  await element.updateComplete;
  const silence = await listening(client, 0);
  await expect.poll(() => element.player.context?.sampleRate).toBe(8000);
  silence();
});

describe('the wall', () => {
  const levels = (n: number): CallLevels[] =>
    Array.from({ length: n }, (_, i) => {
      const db = -40 + 35 * Math.abs(Math.sin(performance.now() / 700 + i));
      return {
        callId: String(i),
        inbound: { peakDb: db, rmsDb: db },
        outbound: { peakDb: -45 - db, rmsDb: db },
      };
    });

  it('shows all calls, says why one needs attention, and opens the one that is clicked on', async () => {
    const client = new FakeClient();
    const element = show(client, { view: 'wall' });
    client.tell(summary('1111'), summary('2222', { warnings: 1 }));
    await expect.element(page.getByRole('listitem').nth(0)).toHaveTextContent('1 warning');
    await userEvent.click(page.getByRole('listitem').nth(1));
    expect(element.view).toBe('live');
    await expect.element(page.getByRole('heading', { name: '1111' })).toBeVisible();
  });

  it('draws 200 calls, with one heard, and leaves the page its time', async () => {
    const client = new FakeClient();
    const element = show(client);
    client.tell(...Array.from({ length: 200 }, (_, i) => summary(String(i), { speaking: ['inbound'] })));
    await userEvent.click(page.getByRole('button', { name: 'Listen', exact: true }));
    await expect.poll(() => client.sounds.size).toBe(1);
    const [heard = ''] = client.sounds.keys();
    const silence = speak(client, heard);
    await expect.element(transport()).toHaveTextContent('Listening');
    element.view = 'wall';
    await expect.element(page.getByRole('listitem').nth(199)).toBeInTheDocument();
    const timer = setInterval(() => client.loud.push(levels(200)), 100);
    const frames = await new Promise<number>((resolve) => {
      let count = 0;
      const begun = performance.now();
      const frame = (now: number): void => {
        count++;
        if (now - begun < 3000) requestAnimationFrame(frame);
        else resolve(count / ((now - begun) / 1000));
      };
      requestAnimationFrame(frame);
    });
    clearInterval(timer);
    silence();
    expect(element.player.stats.playedSamples).toBeGreaterThan(8000);
    console.info(`wall of 200 calls: ${frames.toFixed(0)} frames a second`);
    // What is drawn, not how fast: a shared machine promises no rate. The rate is printed.
    const canvas = page.getByRole('listitem').nth(0).element().querySelector('canvas');
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
    expect(pixels?.some((value) => value > 0)).toBe(true);
  });
});

describe('latency', () => {
  it('tells waits of all calls, and percentiles', async () => {
    const client = new FakeClient();
    show(client, { view: 'latency' });
    client.tell(summary('1111'), summary('2222', { label: 'Billing' }));
    await expect.poll(() => client.happenings.size).toBe(2);
    for (const [callId, waitMs] of [
      ['1111', 800],
      ['2222', 2400],
    ] as const) {
      const events = client.happenings.get(callId);
      events?.push({ kind: 'turn', timestampMs: 1000, durationMs: 1000, track: 'inbound' });
      events?.push({ kind: 'turn', timestampMs: 2000 + waitMs, durationMs: 1000, track: 'outbound' });
    }
    await expect.element(page.getByText('2 turns')).toBeVisible();
    const panel = page.getByRole('region', { name: 'Caller stops, agent heard' });
    await expect.element(panel).toHaveTextContent(/0\.80\s*s/);
    await expect.element(panel).toHaveTextContent('95 % within, slow');
    await userEvent.click(page.getByRole('button', { name: 'Billing' }));
    await expect.element(page.getByText('1 turn', { exact: true })).toBeVisible();
    await userEvent.click(page.getByRole('button', { name: '+1 415 555 2222', exact: true }));
    await expect.element(page.getByRole('heading', { name: '2222' })).toBeVisible();
  });

  it('says so where nobody has waited yet', async () => {
    const client = new FakeClient();
    show(client, { view: 'latency' });
    client.tell(summary('1111'));
    await expect.element(page.getByText('No caller has been answered yet.')).toBeVisible();
  });
});

describe('the connection', () => {
  it('lost: says since when, and tries at once when asked', async () => {
    const client = new FakeClient();
    show(client);
    client.tell(summary('1111'));
    await expect.element(rows.nth(0)).toBeVisible();
    client.become('reconnecting', 'Lost the gateway. The call itself goes on.');
    await expect
      .element(page.getByText(/Lost the gateway 0 s ago\. The calls themselves go on\./))
      .toBeVisible();
    await userEvent.click(page.getByRole('button', { name: 'Try now' }));
    expect(client.reconnects).toBe(1);
    client.become('connected', 'The gateway is back. You missed 4 s.');
    await expect.element(page.getByText('The gateway is back. You missed 4 s.')).toBeVisible();
  });

  it('back, with a call that is gone: says what became of it', async () => {
    const client = new FakeClient();
    show(client);
    client.tell(summary('1111', { unreachable: true, gateway: 'fra-1' }));
    await expect.element(rows.nth(0)).toHaveTextContent('Reconnecting');
  });
});

it('keys: ? explains them, letters can be switched off', async () => {
  const client = new FakeClient();
  const element = show(client);
  client.tell(summary('1111'));
  await userEvent.keyboard('?');
  await expect.element(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await userEvent.keyboard('2');
  expect(element.view).toBe('wall');
  element.noLetters = true;
  await userEvent.keyboard('1');
  expect(element.view).toBe('wall');
});

it('no button to barge in without the right, or a client that can', async () => {
  const client = new FakeClient();
  show(client);
  client.tell(summary('1111'));
  await expect.element(page.getByRole('button', { name: 'Hang up…' })).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Barge in…' })).not.toBeInTheDocument();
});
