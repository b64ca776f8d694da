/** Answers a call in the browser: says back what it hears, once everything else on the page is in its place. */
import { openCall, twilio } from '@patchcord/core';
import '@patchcord/elements';
import { CallPlayer } from '@patchcord/player';

await customElements.whenDefined('call-monitor');
const player = new CallPlayer();
await player.start(); // loads the worklet; without a click, no sound comes out
if (player.output === undefined) throw new Error('The worklet was not loaded.');

// Opened last: a call that nobody reads from for two seconds is taken as one that nobody wants to hear.
const call = await openCall(new WebSocket(location.origin.replace('http', 'ws')), twilio);
await call.readable.pipeTo(call.writable);
await player.close();
