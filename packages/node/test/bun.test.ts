import type { CallSocket } from '@patchcord/core';
import { expect, test } from 'vitest';
import { type BunServerWebSocket, bunSocket } from '../src/bun.ts';

/** Bun's own socket, as far as it is used. `examples/echo` runs the adapter in Bun itself. */
function fakeBunSocket() {
  const did: unknown[] = [];
  const socket: BunServerWebSocket & { readyState: number } = {
    readyState: 1,
    getBufferedAmount: () => 42,
    send: (data) => did.push(['send', data]),
    close: (...how) => did.push(['close', ...how]),
  };
  return { socket, did };
}

test('hands on a standard socket', () => {
  const opened: CallSocket[] = [];
  const handler = bunSocket((socket) => opened.push(socket), { maxMessageBytes: 1000 });
  const { socket: bun, did } = fakeBunSocket();
  handler.open(bun);
  const [socket] = opened as [CallSocket];

  const heard: unknown[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(data));
  socket.addEventListener('message', ({ data }) => heard.push(data));
  socket.addEventListener('close', ({ code, reason }) => heard.push([code, reason]));
  handler.message(bun, 'text');
  handler.close(bun, 1001, 'away');
  expect(heard).toEqual(['text', 'text', [1001, 'away']]);

  socket.send('words');
  socket.close(1000, 'bye');
  expect(did).toEqual([
    ['send', 'words'],
    ['close', 1000, 'bye'],
  ]);
  expect([socket.readyState, socket.bufferedAmount]).toEqual([1, 42]);
  bun.readyState = 3;
  expect(socket.readyState).toBe(3);
  expect(handler).toMatchObject({ maxPayloadLength: 1000, perMessageDeflate: false });
});

test('hands on binary messages as bytes of their own', () => {
  const heard: number[][] = [];
  const handler = bunSocket((socket) =>
    socket.addEventListener('message', ({ data }) =>
      heard.push(Array.from(new Uint8Array(data as ArrayBuffer))),
    ),
  );
  const { socket } = fakeBunSocket();
  handler.open(socket);
  const memory = new Uint8Array([9, 1, 2, 9]);
  handler.message(socket, memory.subarray(1, 3));
  // A Buffer, as Bun gives: its `slice` is another window on the same memory.
  handler.message(socket, Buffer.from(memory.buffer, 1, 2));
  memory.fill(0);
  expect(heard).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('keeps sockets apart', () => {
  const heard: string[] = [];
  let count = 0;
  const handler = bunSocket((socket) => {
    const name = `socket ${++count}`;
    socket.addEventListener('message', ({ data }) => heard.push(`${name}: ${data}`));
  });
  const [one, two] = [fakeBunSocket().socket, fakeBunSocket().socket];
  handler.open(one);
  handler.open(two);
  handler.message(two, 'b');
  handler.message(one, 'a');
  expect(heard).toEqual(['socket 2: b', 'socket 1: a']);
});
