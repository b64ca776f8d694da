/** The load of bench-server.mjs: phones that say nothing and listen. Answers each request when it is done. */
import { dial } from '@patchcord/simulator';

/** A busy machine takes its time. */
const CONNECT_MS = 60_000;

/** Dialled at once; more would wait in the server's backlog. */
const AT_ONCE = 50;

let phones = [];

process.on('message', async (request) => {
  if (request.kind === 'dial') {
    const url = `ws://127.0.0.1:${request.port}`;
    for (let left = request.calls; left > 0; left -= AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, left) }, () =>
        dial(url, { keepHeardMs: 0, connectTimeoutMs: CONNECT_MS }),
      );
      phones.push(...(await Promise.all(some)));
    }
  } else {
    await Promise.all(phones.map((phone) => phone.drop()));
    phones = [];
  }
  process.send('done');
});
process.send('ready');
