import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTicketOffice, refusals, type TicketOffice } from '../src/tickets.ts';

const START = 1_700_000_000_000;

function office(secret?: Uint8Array): { tickets: TicketOffice; turn: (ms: number) => void } {
  let nowMs = START;
  const tickets = createTicketOffice({ now: () => nowMs, ...(secret && { secret }) });
  return {
    tickets,
    turn: (ms) => {
      nowMs += ms;
    },
  };
}

describe('a ticket', () => {
  test('gives what it was issued for', async () => {
    const { tickets } = office();
    const ticket = await tickets.issue({ scopes: ['list', 'listen'], calls: ['CA1'], subject: 'ann' });
    expect(await tickets.redeem(ticket)).toEqual({
      claims: { scopes: new Set(['list', 'listen']), calls: new Set(['CA1']), subject: 'ann' },
    });
  });

  test('is good once', async () => {
    const { tickets } = office();
    const ticket = await tickets.issue({ scopes: ['list'] });
    const [first, second] = await Promise.all([tickets.redeem(ticket), tickets.redeem(ticket)]);
    expect([first, second].filter((result) => 'claims' in result)).toHaveLength(1);
    expect(await tickets.redeem(ticket)).toEqual({ refusal: refusals.noAccess });
  });

  test.each([
    [29_999, true],
    [30_000, false],
    [3_600_000, false],
  ])('after %i ms is good: %s', async (ms, good) => {
    const { tickets, turn } = office();
    const ticket = await tickets.issue({ scopes: ['list'] });
    turn(ms);
    const result = await tickets.redeem(ticket);
    if (good) expect(result).toHaveProperty('claims');
    else expect(result).toEqual({ refusal: refusals.expired });
  });

  test('of another hub, of no signature, of another purpose or of nothing is refused', async () => {
    const secret = new Uint8Array(32).fill(7);
    const { tickets } = office(secret);
    const stranger = office();
    const base = { scopes: ['list'] };
    const signed = (jwt: SignJWT): Promise<string> =>
      jwt
        .setExpirationTime(START / 1000 + 30)
        .setJti('1')
        .sign(secret);
    const encode = (value: unknown): string => btoa(JSON.stringify(value)).replaceAll('=', '');
    const forged = [
      await stranger.tickets.issue({ scopes: ['list'] }),
      `${encode({ alg: 'none' })}.${encode({ ...base, aud: 'patchcord-monitor', jti: '1', exp: START })}.`,
      await signed(new SignJWT(base).setProtectedHeader({ alg: 'HS256' }).setAudience('elsewhere')),
      await signed(new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setAudience('patchcord-monitor')),
      await new SignJWT(base)
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience('patchcord-monitor')
        .sign(secret),
      '',
      'a.b.c',
      'x'.repeat(100_000),
    ];
    for (const ticket of forged) expect(await tickets.redeem(ticket)).toEqual({ refusal: refusals.noAccess });
  });

  test('with one letter changed is refused', async () => {
    const { tickets } = office();
    const ticket = await tickets.issue({ scopes: ['list'] });
    const [header, payload = '', signature] = ticket.split('.');
    for (let i = 0; i < payload.length; i += 7) {
      const letter = payload[i] === 'A' ? 'B' : 'A';
      const changed = `${header}.${payload.slice(0, i)}${letter}${payload.slice(i + 1)}.${signature}`;
      expect(await tickets.redeem(changed)).toEqual({ refusal: refusals.noAccess });
    }
    expect(await tickets.redeem(ticket)).toHaveProperty('claims');
  });

  test('is taken by another office with the same secret', async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const ticket = await office(secret).tickets.issue({ scopes: ['see'] });
    expect(await office(secret).tickets.redeem(ticket)).toHaveProperty('claims');
  });

  test('is not issued for nothing, for unknown scopes, for ever, or for more calls than fit', async () => {
    const { tickets } = office();
    const calls = Array.from({ length: 200 }, (_, i) => `CA${i}`.padEnd(34, '0'));
    const wrong = [
      { scopes: [] },
      { scopes: ['everything' as 'list'] },
      { scopes: ['list' as const], ttlMs: 0 },
      { scopes: ['list' as const], ttlMs: 600_000 },
      { scopes: ['list' as const], ttlMs: Number.NaN },
      { scopes: ['list' as const], calls },
    ];
    for (const options of wrong) {
      await expect(tickets.issue(options)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });

  test('needs a secret that cannot be guessed', () => {
    expect(() => office(new Uint8Array(31))).toThrow(/31 bytes/);
  });

  test('is refused in words that fit into a close frame', () => {
    for (const { message } of Object.values(refusals)) {
      expect(new TextEncoder().encode(message).length).toBeLessThanOrEqual(123);
    }
  });
});
