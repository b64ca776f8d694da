/** Answers a call, watches it as a dashboard would, and hears it through the monitor. */
import { createHub } from '@patchcord/monitor';
import { MonitorClient } from '@patchcord/monitor/client';
import { serveCalls } from '@patchcord/node';
import { callAnEcho } from './phone-call.mjs';

const hub = createHub();
const server = await serveCalls({ port: 0 }, (call) => {
  hub.watch(call);
  return call.readable.pipeTo(call.writable);
});
hub.attach(server.httpServer);

const client = MonitorClient.connect(server.url.replace('/media', '/monitor'), {
  ticket: () => hub.issueTicket({ scopes: ['list', 'listen'] }),
});
const calls = client.calls().getReader();
const listed = calls.read();
await callAnEcho(server.url);
const { value } = await listed;
if (value === undefined) throw new Error('The monitor told of no call.');
client.close();
await server.close();
await hub.close();
