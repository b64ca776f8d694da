import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { ensureNats } from '../../../../scripts/ensure-nats.mjs';

/** Longest wait for a server to take connections, in milliseconds. */
const START_MS = 20_000;

/** A real nats-server on a port of its own. */
export interface NatsServer {
  readonly port: number;
  readonly url: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it on the same port again. */
  restart(): Promise<void>;
}

/**
 * Starts a nats-server. Fails, in words, where there is none and none can be installed.
 *
 * @param more arguments of its command line.
 */
export async function startNats(...more: string[]): Promise<NatsServer> {
  const path = process.env.NATS_SERVER_PATH ?? (await ensureNats());
  const port = await freePort();
  let child = await start(path, port, more);
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    kill: () => kill(child),
    async restart() {
      child = await start(path, port, more);
    },
  };
}

async function start(path: string, port: number, more: readonly string[]): Promise<ChildProcess> {
  const child = spawn(path, ['--addr', '127.0.0.1', '--port', `${port}`, ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`nats-server did not start: ${said}`)), START_MS);
    child.stderr?.on('data', (data: Buffer) => {
      if (said.length < 10_000) said += data.toString();
      if (!said.includes('Server is ready')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('error', () =>
      reject(
        new Error(`${path} does not start. Run node scripts/ensure-nats.mjs: it finds or installs one.`),
      ),
    );
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
  });
  return child;
}

function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
