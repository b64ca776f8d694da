import { describe, expect, test } from 'vitest';
import { type OriginRules, refusalOf, type UpgradeHeaders } from '../src/origin.ts';
import { refusals } from '../src/tickets.ts';

const { host: wrongHost, origin: wrongOrigin } = refusals;

const cases: readonly [UpgradeHeaders, OriginRules, typeof wrongHost | undefined][] = [
  // No browser asks: the ticket decides.
  [{}, {}, undefined],
  [{ host: 'desk.example' }, {}, undefined],
  // A page of the same host and port.
  [{ origin: 'https://desk.example', host: 'desk.example' }, {}, undefined],
  [{ origin: 'http://localhost:8080', host: 'localhost:8080' }, {}, undefined],
  [{ origin: 'http://LOCALHOST:8080', host: 'localhost:8080' }, {}, undefined],
  // Any other page.
  [{ origin: 'http://localhost:8081', host: 'localhost:8080' }, {}, wrongOrigin],
  [{ origin: 'https://evil.example', host: 'desk.example' }, {}, wrongOrigin],
  [{ origin: 'null', host: 'desk.example' }, {}, wrongOrigin],
  [{ origin: 'null', host: 'null' }, {}, wrongOrigin],
  [{ origin: '', host: 'desk.example' }, {}, wrongOrigin],
  [{ origin: 'https://desk.example.evil.example', host: 'desk.example' }, {}, wrongOrigin],
  [{ origin: 'https://desk.example' }, {}, wrongOrigin],
  // Pages that were named.
  [
    { origin: 'https://desk.example', host: 'gw.example' },
    { allowedOrigins: ['https://desk.example/'] },
    undefined,
  ],
  [
    { origin: 'http://desk.example', host: 'gw.example' },
    { allowedOrigins: ['https://desk.example'] },
    wrongOrigin,
  ],
  [
    { origin: 'https://gw.example', host: 'gw.example' },
    { allowedOrigins: ['https://desk.example'] },
    undefined,
  ],
  // Names that the hub answers under.
  [{ host: 'localhost:8080' }, { allowedHosts: ['localhost', '127.0.0.1'] }, undefined],
  [{ host: 'localhost:8080' }, { allowedHosts: ['localhost:8080'] }, undefined],
  [{ host: 'localhost:8081' }, { allowedHosts: ['localhost:8080'] }, wrongHost],
  [{ host: '[::1]:8080' }, { allowedHosts: ['[::1]'] }, undefined],
  [
    { origin: 'http://evil.example:8080', host: 'evil.example:8080' },
    { allowedHosts: ['localhost'] },
    wrongHost,
  ],
  [{}, { allowedHosts: ['localhost'] }, wrongHost],
];

describe('a request', () => {
  test.each(cases)('%o under %o', (headers, rules, refusal) => {
    expect(refusalOf(headers, rules)).toEqual(refusal);
  });
});
