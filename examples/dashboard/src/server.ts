/**
 * The demo's program: reads the environment, starts the server, says where to look.
 *
 * @module
 */

import { MediaError } from '@patchcord/core';
import { startDashboard } from './app.ts';
import { readSettings, type Settings } from './settings.ts';

/** Longest wait for calls to end when the program is asked to, in milliseconds. */
const SHUTDOWN_MS = 5000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** How a real phone number comes to this server. */
function realNumber({ publicUrl, authToken, accountSid }: Settings, port: number): string[] {
  if (publicUrl && authToken) {
    return [
      'A real number, in the Twilio console: Phone Numbers, your number, Voice,',
      `"A call comes in": Webhook, ${publicUrl}/voice, HTTP POST.`,
      accountSid
        ? 'Calls are hung up through Twilio.'
        : 'Set TWILIO_ACCOUNT_SID as well, and the demo can hang up through Twilio.',
    ];
  }
  return [
    'To talk to it from a real phone, with a Twilio number:',
    `  1. Open a tunnel to http://localhost:${port}, so that it has a public https address.`,
    '  2. Start again with PUBLIC_URL=https://that.address TWILIO_AUTH_TOKEN=... TWILIO_ACCOUNT_SID=AC...',
    '  3. In the Twilio console: Phone Numbers, your number, Voice,',
    '     "A call comes in": Webhook, https://that.address/voice, HTTP POST.',
  ];
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const dashboard = await startDashboard({
    ...settings,
    pageFolder: new URL('./public/', import.meta.url),
    speechFolder: new URL('../speech/', import.meta.url),
    log: complain,
  });

  say('');
  say(`  Patchcord: ${dashboard.pageUrl}`);
  say('');
  if (settings.callers > 0)
    say(`${settings.callers} simulated callers talk to the menu. Open the page and click a call to hear it.`);
  for (const line of realNumber(settings, dashboard.port)) say(line);
  say('Ctrl-C ends it.');

  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(1); // Asked twice: somebody is in a hurry.
    asked = true;
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    void dashboard.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: unknown) => {
  complain(
    error instanceof MediaError ? error.message : String(error instanceof Error ? error.stack : error),
  );
  process.exitCode = 1;
});
