import { expect, it } from 'vitest';
import { ConnectionNews } from '../src/connection-news.ts';
import { FakeClient } from './fake-client.ts';

/** What a template says, as far as its values tell. */
const said = (note: unknown): string => String(JSON.stringify(note));

it('says what the client said when it came back, for 10 s', () => {
  const news = new ConnectionNews();
  const client = new FakeClient();
  client.become('reconnecting');
  news.follow(client, 1000);
  expect(news.lostMs).toBe(1000);
  expect(said(news.note(client, 4000))).toContain('3');
  client.become('connected', 'The gateway is back. You missed 4 s.');
  news.follow(client, 5000);
  expect(news.lostMs).toBeUndefined();
  expect(said(news.note(client, 14_999))).toContain('You missed 4 s');
  expect(said(news.note(client, 15_000))).not.toContain('You missed');
});

it('welcomes back a page that slept while it listened, and no other', () => {
  const client = new FakeClient();
  const hour = 3_600_000;
  const news = new ConnectionNews();
  news.tick(0, true);
  news.tick(500, true);
  expect(said(news.note(client, 500))).not.toContain('Welcome');
  news.tick(hour, true);
  expect(said(news.note(client, hour))).toContain('Welcome back. 60 min');
  const idle = new ConnectionNews();
  idle.tick(0, false);
  idle.tick(hour, false);
  expect(said(idle.note(client, hour))).not.toContain('Welcome');
});
