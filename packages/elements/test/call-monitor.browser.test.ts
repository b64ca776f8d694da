import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Locator, page, userEvent } from 'vitest/browser';
import type { CallMonitor } from '../src/index.ts';
import '../src/index.ts';
import { FakeClient, summary } from './fake-client.ts';

let monitor: CallMonitor | undefined;

function show(client: FakeClient): CallMonitor {
  monitor = document.createElement('call-monitor');
  monitor.style.height = '860px';
  monitor.client = client;
  document.body.append(monitor);
  return monitor;
}

beforeEach(async () => {
  await page.viewport(1440, 900);
});

afterEach(() => {
  monitor?.remove();
});

/** Sends 20 ms of both tracks every 20 ms until told to stop. */
function speak(client: FakeClient, callId: string): () => void {
  let timestampMs = 60_000;
  const timer = setInterval(() => {
    for (const track of ['inbound', 'outbound'] as const) {
      const samples = new Int16Array(160).fill(track === 'inbound' ? 8000 : 4000);
      client.sounds.get(callId)?.push({
        kind: 'audio',
        samples,
        sampleRate: 8000,
        channels: 1,
        timestampMs,
        track,
      });
    }
    timestampMs += 20;
  }, 20);
  return () => clearInterval(timer);
}

/** Inside shadow roots, too. */
const hasFocus = (locator: Locator): Promise<void> =>
  expect.poll(() => locator.element().matches(':focus')).toBe(true);

const rows = page.getByRole('option');
const listenButton = page.getByRole('button', { name: 'Listen', exact: true });

it('says what to do while there are no calls, and lists those that come and go', async () => {
  const client = new FakeClient();
  const element = show(client);
  element.innerHTML = '<p slot="hint">Dial in.</p>';
  client.tell();
  await expect.element(page.getByText('No calls yet')).toBeVisible();
  await expect.element(page.getByText('Dial in.')).toBeVisible();

  client.list.push({ kind: 'up', call: summary('1111') });
  client.list.push({ kind: 'up', call: summary('2222', { warnings: 2, startedAtMs: Date.now() }) });
  await expect.element(rows.nth(0)).toHaveTextContent('2 warnings · Booking');
  await expect.element(page.getByRole('group', { name: 'Needs attention' })).toBeVisible();
  await expect.element(rows.nth(1)).toHaveTextContent('+1 415 555 1111');

  client.list.push({ kind: 'ended', call: summary('1111', { state: 'ended', endReason: 'stopped' }) });
  await expect.element(rows.nth(1)).toHaveTextContent('Caller hung up');
  await expect.element(page.getByText('The call has ended')).toBeVisible();
});

it('says why there is no connection yet', async () => {
  const client = new FakeClient();
  show(client);
  client.become('connecting', 'The gateway does not answer. Still trying.');
  await expect.element(page.getByText('The gateway does not answer. Still trying.')).toBeVisible();
});

it('listens with one click, stops with Escape, and lets go of the call', async () => {
  const client = new FakeClient();
  const element = show(client);
  client.tell(summary('1111'), summary('2222', { startedAtMs: Date.now() }));
  await userEvent.click(listenButton);
  await expect.element(page.getByText('Connecting…')).toBeVisible();
  const silence = speak(client, '1111');
  await expect.element(page.getByText('Listening', { exact: true }).first()).toBeVisible();
  await expect.poll(() => element.player.state).toBe('running');
  await expect.poll(() => element.player.stats.playedSamples).toBeGreaterThan(0);
  const meter = page.getByRole('meter', { name: 'Caller level' });
  await expect
    .poll(() => Number(meter.element().getAttribute('aria-valuenow')), { timeout: 3000 })
    .toBeGreaterThan(-20);

  await userEvent.click(rows.nth(1));
  await expect.poll(() => client.sounds.get('1111')?.cancelled).toBe(true);
  await userEvent.keyboard('{Escape}');
  await expect.element(page.getByText('Not listening')).toBeVisible();
  await expect.poll(() => client.sounds.get('2222')?.cancelled).toBe(true);
  silence();
});

it('is used by keyboard: arrows move, Enter listens, M mutes', async () => {
  const client = new FakeClient();
  const element = show(client);
  client.tell(summary('1111'), summary('2222', { startedAtMs: Date.now() - 10 }), summary('3333'));
  await expect.element(rows.nth(2)).toBeVisible();
  (rows.nth(0).element() as HTMLElement).focus();
  await userEvent.keyboard('{End}{ArrowUp}{Home}{ArrowDown}');
  await hasFocus(rows.nth(1));
  expect(rows.elements().filter((row) => row.getAttribute('tabindex') === '0')).toEqual([
    rows.nth(1).element(),
  ]);
  await userEvent.keyboard('{Enter}');
  await expect.element(rows.nth(1)).toHaveAttribute('aria-selected', 'true');
  expect([...client.sounds.keys()]).toHaveLength(1);
  await userEvent.keyboard('m{Shift>}M{/Shift}');
  expect(element.player.track('inbound').muted).toBe(true);
  expect(element.player.track('outbound').muted).toBe(true);
});

it('hears keys where nothing has the focus, and leaves those of other fields alone', async () => {
  const client = new FakeClient();
  const element = show(client);
  const field = document.createElement('input');
  document.body.append(field);
  client.tell(summary('1111'));
  await expect.element(listenButton).toBeEnabled();
  field.focus();
  await userEvent.keyboard('m{Enter}');
  expect(element.player.track('inbound').muted).toBe(false);
  expect(client.sounds.size).toBe(0);
  field.remove();
  await userEvent.keyboard('m{Enter}');
  expect(element.player.track('inbound').muted).toBe(true);
  await expect.poll(() => client.sounds.size).toBe(1);
});

it('shows what happens, as it happens', async () => {
  const client = new FakeClient();
  show(client);
  client.tell(summary('1111'));
  await expect.poll(() => client.happenings.get('1111')).toBeDefined();
  const events = client.happenings.get('1111');
  const log = page.getByRole('log');
  events?.push({
    kind: 'frame',
    phase: 'received',
    timestampMs: 50_000,
    frame: { kind: 'dtmf', digit: '4', track: 'inbound' },
  });
  await expect.element(log).toHaveTextContent(/0:50\s*Caller\s*pressed\s*4/);
  events?.push({ kind: 'cut', timestampMs: 52_000, unheardMs: 2640 });
  await expect.element(log).toHaveTextContent('cut off, 2.64 s unheard');
  events?.push({ kind: 'turn', timestampMs: 53_000, durationMs: 3300, track: 'inbound' });
  await expect.element(log).toHaveTextContent('3.3 s');
  events?.push({
    kind: 'warning',
    timestampMs: 54_000,
    warning: { code: 'lost-audio', message: 'Cause. Cure.', timestampMs: 54_000 },
  });
  await expect.element(page.getByText('Cause. Cure.')).toBeVisible();
});

it('hangs up in two steps, of which the first keeps the call', async () => {
  const client = new FakeClient();
  show(client);
  client.tell(summary('1111'));
  await userEvent.click(page.getByRole('button', { name: 'Hang up…' }));
  const dialog = page.getByRole('alertdialog');
  await hasFocus(dialog.getByRole('button', { name: 'Keep the call' }));
  await userEvent.keyboard('{Enter}');
  await expect.element(dialog).not.toBeInTheDocument();
  await userEvent.keyboard('{Shift>}H{/Shift}');
  await expect.element(dialog).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await expect.element(dialog).not.toBeInTheDocument();
  expect(client.hungUp).toEqual([]);

  await userEvent.keyboard('{Shift>}H{/Shift}');
  await userEvent.click(dialog.getByRole('button', { name: 'Hang up' }));
  await expect.poll(() => client.hungUp).toEqual(['1111']);
});

it('never takes the question over to another call', async () => {
  const client = new FakeClient();
  show(client);
  client.tell(summary('1111'), summary('2222', { startedAtMs: Date.now() }));
  await userEvent.click(page.getByRole('button', { name: 'Hang up…' }));
  await expect.element(page.getByText('Hang up on +1 415 555 1111?')).toBeVisible();
  await userEvent.click(rows.nth(1));
  await expect.element(page.getByRole('heading', { name: '+1 415 555 2222' })).toBeVisible();
  await expect.element(page.getByRole('alertdialog')).not.toBeInTheDocument();
});

it('says why a call could not be hung up, and asks again', async () => {
  const client = new FakeClient();
  client.hangUp = () => Promise.reject(new Error('Could not hang up. The call is still up.'));
  show(client);
  client.tell(summary('1111'));
  await userEvent.click(page.getByRole('button', { name: 'Hang up…' }));
  const dialog = page.getByRole('alertdialog');
  await userEvent.click(dialog.getByRole('button', { name: 'Hang up' }));
  await expect.element(dialog.getByRole('alert')).toHaveTextContent('The call is still up.');
  await userEvent.click(dialog.getByRole('button', { name: 'Keep the call' }));
  await expect.element(dialog).not.toBeInTheDocument();
});

it('has no button for what the ticket does not allow', async () => {
  const client = new FakeClient();
  client.scopes = ['list'];
  show(client);
  client.tell(summary('1111', { canHangUp: false }));
  await expect.element(page.getByText('You may see this call but not hear it.')).toBeVisible();
  await expect.element(listenButton).toBeDisabled();
  await expect.element(page.getByRole('button', { name: 'Hang up…' })).not.toBeInTheDocument();
});

it('shows nothing of the calls when access is refused', async () => {
  const client = new FakeClient();
  show(client);
  client.tell(summary('1111'));
  await expect.element(rows.nth(0)).toBeVisible();
  client.become('refused', 'Your access has run out. Reload the page to go on.');
  await expect.element(page.getByRole('alert')).toHaveTextContent('Your access has run out.');
  await expect.element(rows.nth(0)).not.toBeInTheDocument();
  expect(document.body.textContent).not.toContain('1111');
});

it('takes a chosen call that ended while the gateway was lost for over', async () => {
  const client = new FakeClient();
  show(client);
  client.tell(summary('1111'));
  await userEvent.click(rows.nth(0));
  client.become('reconnecting');
  client.become('connected');
  client.tell(summary('2222'));
  await expect.element(page.getByText('The call has ended')).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Hang up…' })).not.toBeInTheDocument();
  await expect.element(page.getByRole('heading', { name: '+1 415 555 1111' })).toBeVisible();
});
