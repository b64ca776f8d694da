/** Serves what Vite built, and calls whoever opens the page. Prints its address. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { openPhone } from '@patchcord/simulator';
import { WebSocketServer } from 'ws';
import { talk } from './phone-call.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const server = createServer(async ({ url }, response) => {
  const path = join('dist', url === '/' ? 'index.html' : new URL(url, 'http://page').pathname);
  try {
    const body = await readFile(path);
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
new WebSocketServer({ server }).on('connection', async (socket) => {
  await talk(await openPhone(socket));
  console.log('Every sample was heard.');
  process.exit();
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
