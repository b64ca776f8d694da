import { createManualClock, type ManualClock } from '@patchcord/testing';
import { describe, expect, test } from 'vitest';
import { Listener, type MonitorSocket } from '../src/listener.ts';

/** A socket whose other side reads as much as a test lets it. */
class SlowSocket implements MonitorSocket {
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: (string | Uint8Array<ArrayBuffer>)[] = [];
  readonly closes: [code?: number, reason?: string][] = [];
  terminated = 0;
  broken = false;

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.broken) throw new Error('EPIPE');
    this.sent.push(data);
    this.bufferedAmount += data.length;
  }
  close(...args: [code?: number, reason?: string]): void {
    this.closes.push(args);
    this.readyState = 2;
  }
  terminate(): void {
    this.terminated++;
    this.readyState = 3;
  }
  addEventListener(): void {}
}

function listening(): { clock: ManualClock; socket: SlowSocket; listener: Listener } {
  const clock = createManualClock();
  const socket = new SlowSocket();
  return { clock, socket, listener: new Listener(socket, clock) };
}

const packet = (number: number): Uint8Array<ArrayBuffer> => new Uint8Array(180).fill(number);

describe('a listener', () => {
  test('that reads is told everything at once, in order', () => {
    const { socket, listener, clock } = listening();
    listener.tell('one');
    listener.hear(() => packet(1));
    listener.tellLatest(1, 'level');
    expect(socket.sent).toEqual(['one', packet(1), 'level']);
    expect(clock.pending).toBe(0);
  });

  test('that does not read has at most 16 KiB in its socket and 50 packets waiting, the newest ones', async () => {
    const { socket, listener, clock } = listening();
    for (let i = 0; i < 250; i++) listener.hear(() => packet(i));
    expect(socket.bufferedAmount).toBeLessThan(16 * 1024 + 180);
    const before = socket.sent.length;
    expect(listener.droppedPackets).toBe(250 - before - 50);

    socket.bufferedAmount = 0;
    await clock.advance(10);
    expect(socket.sent.slice(before)).toEqual(Array.from({ length: 50 }, (_, i) => packet(200 + i)));
  });

  test('that does not read gets the latest levels only, but every event', async () => {
    const { socket, listener, clock } = listening();
    socket.bufferedAmount = 16 * 1024;
    for (let i = 0; i < 100; i++) {
      listener.tell(`event ${i}`);
      listener.tellLatest(1, `level ${i}`);
    }
    expect(socket.sent).toEqual([]);
    socket.bufferedAmount = 0;
    await clock.advance(10);
    expect(socket.sent).toEqual([...Array.from({ length: 100 }, (_, i) => `event ${i}`), 'level 99']);
  });

  test.each([
    ['1,000 events', 1000, 1],
    ['1 MiB of them', 16, 64 * 1024],
  ])('that does not read is closed with 1013 beyond %s', (_name, count, length) => {
    const { socket, listener } = listening();
    socket.bufferedAmount = 16 * 1024;
    for (let i = 0; i < count; i++) listener.tell('x'.repeat(length));
    expect(socket.closes).toEqual([]);
    listener.tell('x');
    expect(socket.closes).toEqual([[1013, expect.stringContaining('cannot keep up')]]);
    expect(listener.open).toBe(false);
    listener.tell('more');
    listener.hear(() => packet(1));
    expect(socket.sent).toEqual([]);
  });

  test('that holds more than 1 MiB for 10 s is dropped, and one that recovers is not', async () => {
    const { socket, listener, clock } = listening();
    socket.bufferedAmount = 1024 * 1024 + 1;
    listener.checkStall();
    await clock.advance(9_999);
    listener.checkStall();
    expect(socket.terminated).toBe(0);
    socket.bufferedAmount = 0;
    listener.checkStall();
    socket.bufferedAmount = 1024 * 1024 + 1;
    listener.checkStall();
    await clock.advance(9_999);
    listener.checkStall();
    expect(socket.terminated).toBe(0);
    await clock.advance(1);
    listener.checkStall();
    expect(socket.terminated).toBe(1);
  });

  test('that does not say goodbye within a second is dropped, and leaves no timer behind', async () => {
    const { socket, listener, clock } = listening();
    listener.close(1001, 'bye');
    listener.close(1001, 'bye');
    expect(socket.closes).toEqual([[1001, 'bye']]);
    await clock.advance(1000);
    expect(socket.terminated).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('whose socket has closed leaves no timer behind', () => {
    const { socket, listener, clock } = listening();
    socket.bufferedAmount = 16 * 1024;
    listener.hear(() => packet(1));
    listener.close(1001, 'bye');
    expect(clock.pending).toBe(1);
    listener.closed();
    expect(clock.pending).toBe(0);
  });

  test('whose socket throws is dropped, and nobody hears of it', () => {
    const { socket, listener } = listening();
    socket.broken = true;
    expect(() => listener.hear(() => packet(1))).not.toThrow();
    expect(socket.terminated).toBe(1);
    expect(listener.open).toBe(false);
  });

  test('is closed with a code of the app where the runtime keeps the standard codes to itself', () => {
    const { socket, listener } = listening();
    const close = socket.close.bind(socket);
    socket.close = (code, reason) => {
      if (code !== undefined && code < 3000) throw new DOMException('InvalidAccessError');
      close(code, reason);
    };
    listener.close(1013, 'slow');
    expect(socket.closes).toEqual([[3013, 'slow']]);
  });
});
