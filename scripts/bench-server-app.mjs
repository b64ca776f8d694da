/** The servers of bench-server.mjs: one process each, chosen by name. Each of ours negates every sample. */
import { handleCall, twilio } from '@patchcord/core';
import { WebSocketServer } from 'ws';

let messages = 0;

function negate(samples) {
  for (let index = 0; index < samples.length; index++) samples[index] = -samples[index];
  return samples;
}

function observing(options) {
  return (socket) =>
    handleCall(socket, twilio, options, async (call) => {
      call.observe((frame, phase) => {
        if (phase !== 'received' || frame.kind !== 'audio') return;
        messages++;
        call.send({ ...frame, samples: negate(frame.samples.slice()) });
      });
      await call.closed;
    });
}

const APPS = {
  bare(socket) {
    socket.on('message', (data) => {
      messages++;
      socket.send(data.toString());
    });
  },
  'bare-streams'(socket) {
    const readable = new ReadableStream({
      start(controller) {
        socket.on('message', (data) => controller.enqueue(data.toString()));
        socket.on('close', () => controller.close());
      },
    });
    const writable = new WritableStream({
      write(text) {
        messages++;
        socket.send(text);
      },
    });
    return readable.pipeTo(writable);
  },
  observe: observing({ markEveryMs: 0 }),
  'observe-16': observing({ markEveryMs: 0, sampleRate: 16_000 }),
  'observe-marks': observing({}),
  streams: (socket) =>
    handleCall(socket, twilio, { markEveryMs: 0 }, async (call) => {
      const reader = call.readable.getReader();
      const writer = call.writable.getWriter();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const frame = read.value;
        if (frame.kind !== 'audio') continue;
        messages++;
        // `readable` hands its samples over, so they may be changed in place.
        negate(frame.samples);
        await writer.write(frame);
      }
    }),
};

const server = new WebSocketServer({ port: 0, perMessageDeflate: false });
server.on('connection', APPS[process.argv[2]]);
server.on('listening', () => process.send({ port: server.address().port }));

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuUs: user + system, messages, residentBytes: process.memoryUsage().rss });
});
