import { describe, expect, test } from 'vitest';
import { isLoopback, nameOnThisMachine, readSettings } from '../src/settings.ts';

test('nothing set: this machine only, port 8080, three callers', () => {
  expect(readSettings({})).toEqual({ port: 8080, host: '127.0.0.1', callers: 3 });
});

test('everything set', () => {
  expect(
    readSettings({
      PORT: '0',
      HOST: '0.0.0.0',
      CALLERS: '0',
      PUBLIC_URL: 'https://phone.example.com/',
      TWILIO_AUTH_TOKEN: 'secret',
      TWILIO_ACCOUNT_SID: 'AC1',
    }),
  ).toEqual({
    port: 0,
    host: '0.0.0.0',
    callers: 0,
    publicUrl: 'https://phone.example.com',
    authToken: 'secret',
    accountSid: 'AC1',
  });
});

describe('refused, in words', () => {
  test.each([
    [{ HOST: '0.0.0.0' }, /HOST is 0\.0\.0\.0.*TWILIO_AUTH_TOKEN is not set/],
    [{ HOST: '192.168.1.5' }, /HOST is 192\.168\.1\.5/],
    [{ HOST: '::' }, /HOST is ::/],
    [{ HOST: '127.0.0.1.example.com' }, /HOST is/],
    [{ TWILIO_ACCOUNT_SID: 'AC1' }, /TWILIO_AUTH_TOKEN is not/],
    [{ TWILIO_AUTH_TOKEN: 'secret' }, /PUBLIC_URL is not/],
    [{ PUBLIC_URL: 'https://phone.example.com' }, /PUBLIC_URL is set and TWILIO_AUTH_TOKEN is not/],
    [{ PUBLIC_URL: 'phone.example.com', TWILIO_AUTH_TOKEN: 'secret' }, /PUBLIC_URL is not/],
    [{ PUBLIC_URL: 'http://phone.example.com', TWILIO_AUTH_TOKEN: 'secret' }, /PUBLIC_URL is not/],
    [{ PUBLIC_URL: 'https://phone.example.com/voice', TWILIO_AUTH_TOKEN: 'secret' }, /PUBLIC_URL is not/],
    [{ PORT: '80a' }, /PORT is "80a"; expected a whole number from 0 to 65535/],
    [{ PORT: '65536' }, /PORT/],
    [{ PORT: '-1' }, /PORT/],
    [{ CALLERS: '51' }, /CALLERS/],
  ])('%j', (environment, words) => {
    expect(() => readSettings(environment)).toThrow(words);
  });

  test('without the secret', () => {
    const environment = { TWILIO_AUTH_TOKEN: 'a-secret', PUBLIC_URL: 'nonsense' };
    expect(() => readSettings(environment)).toThrow(/^(?!.*a-secret).*PUBLIC_URL/);
  });
});

test('loopback', () => {
  expect(['127.0.0.1', '127.8.8.8', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '10.0.0.1', 'localhost.example.com', '1270.0.0.1'].some(isLoopback)).toBe(false);
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', 'localhost'],
  ['::', 'localhost'],
  ['::1', '[::1]'],
  ['127.0.0.2', '127.0.0.2'],
  ['192.168.1.5', '192.168.1.5'],
])('a server on %s is reached as %s', (host, name) => {
  expect(nameOnThisMachine(host)).toBe(name);
});
