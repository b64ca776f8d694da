import { twilio, vonage } from '@patchcord/core';
import { describeProvider } from '@patchcord/testing/provider-suite';

describeProvider(twilio, {
  confirmsClear: false,
  clearedMarks: 'echoed',
  sendsDtmf: false,
  binaryAudio: false,
  tracks: ['inbound', 'outbound'],
  saysStop: true,
  start: {
    kind: 'start',
    provider: 'twilio',
    streamId: 'MZ11223344556677889900aabbccddeeff',
    callId: 'CAffeeddccbbaa00998877665544332211',
    accountId: 'AC0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
    tracks: ['inbound', 'outbound'],
    parameters: { caller: '+15551230001', 'content-type': 'é' },
  },
  laterMessages: ['{"event":"stop"}', '{"event":"mark","mark":{"name":"a"}}', '{"event":"start","start":{}}'],
  malformed: [
    '',
    'hello',
    '[]',
    'null',
    '{}',
    '{"event":"media"}',
    new Uint8Array(160),
    new Uint8Array([255]),
  ],
});

for (const sampleRate of [8000, 16_000, 24_000]) {
  describeProvider(vonage, {
    confirmsClear: true,
    clearedMarks: 'dropped',
    sendsDtmf: false,
    binaryAudio: true,
    tracks: ['inbound'],
    saysStop: false,
    start: {
      kind: 'start',
      provider: 'vonage',
      streamId: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
      callId: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
      format: { encoding: 'linear16', sampleRate, channels: 1 },
      tracks: ['inbound'],
      parameters: { caller: '447700900000', note: 'é' },
    },
    laterMessages: ['{"event":"websocket:cleared"}', '{"event":"connected","protocol":"Call"}'],
    malformed: ['', 'hello', '[]', 'null', '{}', '{"event":"websocket:dtmf"}', new Uint8Array(321)],
  });
}
