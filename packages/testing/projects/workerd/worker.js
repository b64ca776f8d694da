/** An echo in a Cloudflare Worker. */
import { handleCall, twilio } from '@patchcord/core';

export default {
  fetch() {
    const { 0: client, 1: socket } = new WebSocketPair();
    handleCall(socket, twilio, {}, (call) => call.readable.pipeTo(call.writable));
    socket.accept();
    return new Response(null, { status: 101, webSocket: client });
  },
};
