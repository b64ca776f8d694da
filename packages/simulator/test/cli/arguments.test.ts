import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';

const URL = 'ws://localhost:8080/media';

describe('parseArguments', () => {
  test('a URL is enough', () => {
    expect(parseArguments([URL])).toEqual({
      kind: 'call',
      url: URL,
      steps: [],
      parameters: {},
      maxSeconds: 300,
      json: false,
    });
  });

  test('steps keep the order in which they were given', () => {
    const argv = ['--say', 'a.wav', '--press=12#', URL, '--listen', '--wait', '500', '--say', 'b.wav'];
    expect(parseArguments(argv)).toMatchObject({
      steps: [
        { kind: 'say', file: 'a.wav' },
        { kind: 'press', keys: '12#' },
        { kind: 'listen' },
        { kind: 'wait', ms: 500 },
        { kind: 'say', file: 'b.wav' },
      ],
    });
  });

  test('everything else', () => {
    const argv =
      `${URL} --record heard.wav --hang-up-after 0 --seconds 2.5 --from +15550001 --to 100 --parameter a=b=c ` +
      '--parameter locale= --auth-token t --signed-url wss://example.com/media --line-noise -65 --json';
    expect(parseArguments(argv.split(' '))).toEqual({
      kind: 'call',
      url: URL,
      steps: [],
      record: 'heard.wav',
      hangUpAfterMs: 0,
      maxSeconds: 2.5,
      from: '+15550001',
      to: '100',
      parameters: { a: 'b=c', locale: '' },
      authToken: 't',
      signedUrl: 'wss://example.com/media',
      lineNoiseDb: -65,
      json: true,
    });
  });

  test('the token comes from the environment, unless it is given', () => {
    const environment = { TWILIO_AUTH_TOKEN: 'from-environment' };
    expect(parseArguments([URL], environment)).toMatchObject({ authToken: 'from-environment' });
    expect(parseArguments([URL, '--auth-token', 'given'], environment)).toMatchObject({ authToken: 'given' });
    expect(parseArguments([URL], { TWILIO_AUTH_TOKEN: '' })).not.toHaveProperty('authToken');
  });

  test.each([['--help'], ['-h'], [URL, '--say', 'a.wav', '--help']])('%s asks for help', (...argv) => {
    expect(parseArguments(argv)).toEqual({ kind: 'help' });
  });

  test.each([
    ['', /There is no URL to call\. Name one, such as ws:/],
    ['ws://a/b ws://c/d', /One URL can be called at a time; 'ws:\/\/c\/d' is one word too many/],
    ['http://localhost/media', /^http:\/\/localhost\/media: .* begins with ws:/],
    ['localhost', /^localhost: .*not a URL/],
    [`${URL} --sya a.wav`, /There is no option --sya\. See patchcord-phone --help\./],
    [`${URL} --param a=b`, /There is no option --param\. Is --parameter meant\?/],
    [`${URL} -x`, /There is no option -x/],
    [`${URL} --say`, /--say wants a WAV file\./],
    [`${URL} --say --json`, /--say wants a WAV file; the option --json follows it\./],
    [`${URL} --press`, /--press wants keys, such as 12# \(quote a lone '#'/],
    [`${URL} --press 12x`, /--press 12x: Character 3 of the keys to press is none of/],
    [`${URL} --wait soon`, /--wait wants a number of milliseconds from 0 to 3600000; 'soon' is none\./],
    [`${URL} --wait -5`, /'-5' is none/],
    [`${URL} --hang-up-after 1s`, /--hang-up-after wants a number of milliseconds/],
    [`${URL} --seconds 0`, /--seconds wants a number of seconds from 1 to 3600; '0' is none\./],
    [`${URL} --seconds NaN`, /'NaN' is none/],
    [`${URL} --parameter locale`, /--parameter wants NAME=VALUE; 'locale' is not of that form\./],
    [`${URL} --parameter =x`, /wants NAME=VALUE/],
    [`${URL} --record a.wav --record b.wav`, /--record was given twice/],
    [`${URL} --json=yes`, /--json takes no value/],
  ])('%o is refused in words', (line, words) => {
    const argv = line === '' ? [] : line.split(' ');
    expect(parseArguments(argv)).toEqual({ kind: 'error', message: expect.stringMatching(words) });
  });
});
