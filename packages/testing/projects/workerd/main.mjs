/** Starts the worker that Vite built in workerd, the program at the path in `WORKERD`, and calls it. */
import { spawn } from 'node:child_process';
import { callAnEcho } from './phone-call.mjs';

const workerd = spawn(process.env.WORKERD, ['serve', 'worker.capnp', '--control-fd=1'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => workerd.kill());
let told = '';
for await (const chunk of workerd.stdout) {
  told += chunk;
  const port = /"port":(\d+)/.exec(told)?.[1]; // a line of JSON once it listens
  if (port === undefined) continue;
  await callAnEcho(`ws://127.0.0.1:${port}/media`);
  break;
}
process.exit();
