import { connect } from '@patchcord/node';
import { expect, test } from '../fixtures.ts';

test('a page without the key gets no call data', async ({ page, demo, call }) => {
  const sockets: string[] = [];
  const tickets: number[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  page.on('response', (response) => {
    if (response.url().endsWith('/tickets')) tickets.push(response.status());
  });
  await call({ from: '+12025550123' });
  await page.goto(demo.origin);
  await page.waitForTimeout(1500);
  expect(sockets).toEqual([]);
  expect(tickets.filter((status) => status === 200)).toEqual([]);
  await expect(page.getByRole('option')).toHaveCount(0);
  await expect(page.locator('body')).not.toContainText('0123');
});

test('a page with a wrong key gets no call data, and says so', async ({ page, demo, call, problems }) => {
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await call({ from: '+12025550123' });
  const refusal = page.waitForResponse((response) => response.url().endsWith('/tickets'));
  await page.goto(`${demo.origin}/#key=wrong`);
  expect((await refusal).status()).toBe(401);
  await expect(page.locator('body')).toContainText('The server does not know this key');
  expect(sockets).toEqual([]);
  await expect(page.getByRole('option')).toHaveCount(0);
  // The browser itself writes refused requests to the console.
  const own = problems.filter((problem) => !/Failed to load resource.*401/.test(problem));
  problems.splice(0, problems.length, ...own);
});

test('tickets are for the key, asked for by the server’s own page', async ({ request, demo }) => {
  const good = { origin: demo.origin, authorization: `Bearer ${demo.key}` };
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await request.post(`${demo.origin}/tickets`, { headers })).status();
  expect(await ask(good)).toBe(200);
  expect(await ask({ ...good, authorization: 'Bearer wrong' })).toBe(401);
  expect(await ask({ origin: demo.origin })).toBe(401);
  expect(await ask({ ...good, origin: 'http://evil.example' })).toBe(403);
  expect(await ask({ ...good, host: 'evil.example' })).toBe(403);
});

test('the monitor socket tells nothing without a ticket', async ({ demo, call }) => {
  await call();
  const url = `${demo.origin.replace('http', 'ws')}/monitor`;
  const told: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    connect(url).then((socket) => {
      socket.addEventListener('message', ({ data }) => told.push(data));
      socket.addEventListener('close', () => resolve());
    }, resolve);
  });
  await ended;
  expect(told).toEqual([]);
});
