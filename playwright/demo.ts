import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../examples/dashboard/dist/server.js', import.meta.url));

/** Longest waits, in milliseconds. */
const START_MS = 10_000;
const STOP_MS = 6000;

/** The built demo, running as `pnpm start` runs it, on a port of its own. */
export interface Demo {
  /** What it printed: the page with its key. */
  readonly pageUrl: string;
  readonly key: string;
  /** Such as `http://localhost:41234`. */
  readonly origin: string;
  /** Where phones dial. */
  readonly mediaUrl: string;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
}

/** Starts the demo, without callers unless told otherwise. */
export async function startDemo(environment: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const child = spawn(process.execPath, [SERVER], {
    env: { ...process.env, PORT: '0', CALLERS: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pageUrl = await printedUrl(child);
  const { origin, host, hash } = new URL(pageUrl);
  return {
    pageUrl,
    key: hash.slice('#key='.length),
    origin,
    mediaUrl: `ws://${host}/media`,
    async stop() {
      if (child.exitCode !== null)
        throw new Error(`The demo had ended by itself, with code ${child.exitCode}.`);
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      const [code] = await ended;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`The demo ended with code ${code} when it was asked to end.`);
    },
  };
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const fail = (reason: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${reason} It printed: ${printed || 'nothing'}`));
    };
    const timer = setTimeout(() => fail(`The demo did not start within ${START_MS} ms.`), START_MS);
    child.once('exit', (code) => fail(`The demo ended with code ${code}.`));
    child.once('error', (error) => fail(`The demo did not start: ${error.message}.`));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const url = /http:\/\/\S+#key=\S+/.exec(printed)?.[0];
      if (!url) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(url);
    });
  });
}
