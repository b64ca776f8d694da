/** Everything by `require`, from CommonJS. */
const { serveCalls, twilioCalls, twiml } = require('@patchcord/node');
const { openCall, twilio } = require('@patchcord/core');
const { createHub } = require('@patchcord/monitor');
const { callAnEcho } = require('./phone-call.mjs');

for (const [name, value] of Object.entries({ twilioCalls, twiml, openCall, twilio, createHub })) {
  if (value === undefined) throw new Error(`require() gives no ${name}.`);
}

async function main() {
  const server = await serveCalls({ port: 0 }, (call) => call.readable.pipeTo(call.writable));
  await callAnEcho(server.url);
  await server.close();
}

main();
