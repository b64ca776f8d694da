import { expect, test } from 'vitest';
import { matches } from '../../src/bus/bus.ts';
import { gatewayOf, subjects } from '../../src/bus/subjects.ts';
import { createMemoryBus } from '../../src/index.ts';
import { describeBus } from './bus-suite.ts';

const bus = createMemoryBus();
describeBus('a bus in memory', () => bus.join());

test.each([
  ['calls.*', 'calls.a', true],
  ['calls.*', 'calls', false],
  ['calls.*', 'calls.a.b', false],
  ['audio.>', 'audio.a.b', true],
  ['audio.>', 'audio', false],
  ['hello', 'hello', true],
  ['hello', 'hello.a', false],
])('%s against %s is %s', (pattern, subject, expected) => {
  expect(matches(pattern, subject)).toBe(expected);
});

test('names of any kind make one word of a subject, and are read back', () => {
  for (const name of ['fra-2', 'a.b', '*', '>', 'two words', 'zürich', "it's", '100%', '']) {
    const subject = subjects.calls(name);
    expect(subject).toMatch(/^calls\.[\w%-]*$/);
    expect(gatewayOf(subject)).toBe(name);
  }
  expect(gatewayOf('calls.%')).toBeUndefined();
  expect(gatewayOf('hello')).toBeUndefined();
});
