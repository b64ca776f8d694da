import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav, encodeWav, mulaw } from '@patchcord/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { type App, echo, startApp } from '../app.ts';
import { program as phone } from './program.ts';

/** 100 ms of which no sample is silent. */
const speech = mulaw.decode(Uint8Array.from({ length: 800 }, (_, index) => 0x80 + ((index * 37) % 100)));

let folder: string;
let app: App;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchcord-phone-'));
  await writeFile(join(folder, 'hello.wav'), encodeWav({ samples: speech, sampleRate: 8000, channels: 1 }));
  await writeFile(join(folder, 'note.txt'), 'This is not sound.');
  app = await startApp((socket, message) => {
    echo(socket, message);
    if (message.event === 'dtmf') socket.send('nonsense');
  });
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('patchcord-phone', () => {
  test('says a file and records what comes back', async () => {
    const heard = join(folder, 'heard.wav');
    const { code, out, err } = await phone(
      ...[app.url, '--say', join(folder, 'hello.wav'), '--record', heard, '--hang-up-after', '200'],
    );
    expect([code, err]).toEqual([0, 'saying hello.wav\nlistening\n']);
    expect(out).toMatch(
      /^The caller hung up\. The call took 0\.\d s; 0\.1 s of sound heard, the first after 0\.\d s\.$/m,
    );
    expect(out).toContain(`Recorded in ${heard}.`);
    const { samples, sampleRate, channels } = decodeWav(new Uint8Array(await readFile(heard)));
    expect({ sampleRate, channels }).toEqual({ sampleRate: 8000, channels: 1 });
    expect(samples.filter((sample) => sample !== 0)).toEqual(speech);
  });

  test('tells what the app did wrong, as JSON where asked for', async () => {
    const { code, out } = await phone(app.url, '--press', '1', '--hang-up-after', '100', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({
      endedBy: 'caller',
      reason: 'hung-up',
      marks: { sent: 0, played: 0, cleared: 0 },
      warnings: [{ code: 31951 }],
      rejectedMessages: 1,
    });
  });

  test('an app that hangs up in the middle', async () => {
    const rude = await startApp((socket, { event }) => {
      if (event === 'media') socket.close(1000);
    });
    const { code, err } = await phone(rude.url, '--wait', '10', '--wait', '60000');
    await rude.close();
    expect(code).toBe(1);
    expect(err).toContain(
      'Step 2 of 2 (waiting 60.0 s) was not finished. The call is over. The app closed the connection (code 1000).',
    );
  });

  test('help goes to the standard output', async () => {
    const { code, out, err } = await phone('--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Usage: patchcord-phone URL');
  });

  test('nobody is called for wrong arguments and for files that cannot be used', async () => {
    const calls = app.requests.length;
    const text = join(folder, 'note.txt');
    const missing = join(folder, 'missing.wav');
    const wrong: [string[], string][] = [
      [['--say', missing], `--say ${missing}: there is no such file or folder (looked at ${missing}).`],
      [['--say', folder], `--say ${folder}: this is a folder, not a file`],
      [['--say', text], `--say ${text}: This is not a WAV file`],
      [['--record', join(missing, 'x.wav')], 'there is no such file or folder (looked at the folder'],
      [['--shout'], 'There is no option --shout.'],
    ];
    for (const [argv, words] of wrong) {
      const { code, out, err } = await phone(app.url, ...argv);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(`patchcord-phone: `);
      expect(err).toContain(words);
    }
    expect(app.requests.length).toBe(calls);
  });

  test('an app that cannot be reached', async () => {
    const gone = await startApp();
    await gone.close();
    const { code, err } = await phone(gone.url);
    expect(code).toBe(1);
    expect(err).toBe(
      `patchcord-phone: ${gone.url} has nobody listening (Twilio would log 31902). Start the app first, and check the port.\n`,
    );
  });
});

describe('patchcord-phone call, capture, replay', () => {
  const wav = (): string => join(folder, 'hello.wav');

  test('call is the plain form, spelled out', async () => {
    const { code, out } = await phone('call', app.url, '--hang-up-after', '50');
    expect([code, out]).toEqual([0, expect.stringMatching(/^The caller hung up\./)]);
  });

  test('a call is written down as it passes through, and done again', async () => {
    const file = join(folder, 'call.ndjson');
    const tapped = listen();
    const capturing = run(['capture', app.url, '--out', file, '--unmasked'], tapped.surroundings);
    const url = await tapped.url;
    const call = await phone(url, '--say', wav(), '--from', '+15550001', '--hang-up-after', '100', '--json');
    expect(call.code).toBe(0);
    expect(JSON.parse(call.out)).toMatchObject({ reason: 'hung-up', heardMs: 100 });
    expect(await capturing).toBe(0);
    expect(tapped.out()).toMatch(/^\d+ lines in .*call\.ndjson\.\n$/);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines[0]).toBe('{"capture":1,"audio":"kept","masked":false}');
    expect(lines.filter((line) => line.includes('"from":"app"')).length).toBeGreaterThan(4);

    const heard = join(folder, 'again.wav');
    const again = await phone('replay', file, app.url, '--record', heard, '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ reason: 'hung-up' });
    const { samples } = decodeWav(new Uint8Array(await readFile(heard)));
    expect(samples.filter((sample) => sample !== 0)).toEqual(speech);
  });

  test('an app that is not there, while a call is captured', async () => {
    const gone = await startApp();
    await gone.close();
    const tapped = listen();
    const file = join(folder, 'none.ndjson');
    const capturing = run(['capture', gone.url, '--out', file], tapped.surroundings);
    await phone(await tapped.url, '--wait', '5000');
    expect(await capturing).toBe(1);
    expect(tapped.err()).toContain('nobody listening');
  });

  test('waiting for a call ends with Ctrl-C', async () => {
    const leaving = new AbortController();
    const tapped = listen(leaving.signal);
    const capturing = run(['capture', app.url, '--out', join(folder, 'x.ndjson')], tapped.surroundings);
    await tapped.url;
    leaving.abort();
    expect(await capturing).toBe(0);
  });

  test.each([
    [['capture', 'ws://localhost/media'], /Name the app and a file/],
    [['capture', 'localhost', '--out', 'x'], /begins with ws|not a URL/],
    [['capture', 'ws://localhost/', '--out', 'x', '--audio', 'loud'], /--audio wants kept/],
    [['capture', 'ws://localhost/', '--out', 'x', '--port', '70000'], /--port wants/],
    [['capture', 'ws://localhost/', '--out', '/no/such/folder/x'], /--out .* no such file or folder/],
    [['capture', 'ws://localhost/', '--out', '/'], /--out \/: this is a folder/],
    [['capture', '--loud'], /'--loud'.* See patchcord-phone capture --help/],
    [['replay', 'call.ndjson'], /Name a capture and a URL/],
    [['replay', '/no/such/file', 'ws://localhost/'], /no such file/],
  ])('%j', async (argv, words) => {
    const { code, err } = await phone(...argv);
    expect([code, err]).toEqual([2, expect.stringMatching(words)]);
  });

  test('a file that is no capture', async () => {
    const { code, err } = await phone('replay', join(folder, 'note.txt'), app.url);
    expect([code, err]).toEqual([2, expect.stringContaining('This is no capture of a call')]);
  });

  test.each(['capture', 'replay'])('%s --help', async (command) => {
    const { code, out } = await phone(command, '--help');
    expect([code, out]).toEqual([0, expect.stringContaining(`Usage: patchcord-phone ${command}`)]);
  });

  /** Surroundings in which the address that is printed can be waited for. */
  function listen(signal?: AbortSignal): {
    surroundings: Parameters<typeof run>[1];
    url: Promise<string>;
    out: () => string;
    err: () => string;
  } {
    let out = '';
    let err = '';
    let told = (_url: string): void => {};
    const url = new Promise<string>((resolve) => {
      told = resolve;
    });
    const surroundings = {
      env: {},
      stdout: { write: (text: string) => (out += text) },
      stderr: {
        write: (text: string) => {
          err += text;
          const address = /ws:\S+/.exec(text)?.[0];
          if (address !== undefined) told(address);
        },
      },
      ...(signal && { signal }),
    };
    return { surroundings, url, out: () => out, err: () => err };
  }
});
