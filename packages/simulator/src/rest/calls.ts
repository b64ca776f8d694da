import type { Track } from '@patchcord/core';
import { problem, type Reply, resource } from './answer.ts';
import type { CallInstructions, RestCall, StreamRequest } from './call.ts';
import type { RestRequest } from './request.ts';

/** A call that an app asks for. */
export interface CallRequest {
  readonly to: string;
  readonly from: string;
  readonly instructions: CallInstructions;
  readonly statusCallback?: string;
  readonly statusCallbackMethod?: 'GET' | 'POST';
}

/** What the routes work on. */
export interface RestCalls {
  readonly accountSid: string;
  /** Calls by their id. */
  readonly calls: ReadonlyMap<string, RestCall>;
  /** How a call that has ended answers a change. */
  readonly endedCalls: 'not-found' | 'not-in-progress';
  create(request: CallRequest): RestCall;
}

/** Longest TwiML in a request, in characters. */
const MAX_TWIML = 4000;

/** Twilio's greatest number of a stream's parameters. */
const MAX_PARAMETERS = 99;

const TRACKS: Readonly<Record<string, readonly Track[]>> = {
  inbound_track: ['inbound'],
  outbound_track: ['outbound'],
  both_tracks: ['inbound', 'outbound'],
};

/** Carries a request out. Its sender has signed in. */
export function carryOut(request: RestRequest, state: RestCalls): Reply {
  const { method, path, form } = request;
  const base = `/2010-04-01/Accounts/${state.accountSid}/Calls`;
  const [pathname = ''] = path.split('?', 1);
  if (!pathname.startsWith(base) || !pathname.endsWith('.json')) return problem(404);
  const parts = pathname.slice(base.length, -'.json'.length).split('/').map(decoded);
  if (parts[0] !== '' || parts.includes(undefined)) return problem(404);
  const [, callSid, streams, streamSid, ...more] = parts;

  if (callSid === undefined) return method === 'POST' ? create(form, state) : problem(405, 20004);
  const call = state.calls.get(callSid);
  if (call === undefined) return problem(404);
  if (streams === undefined) {
    if (method === 'GET') return resource(200, callFields(call, state));
    return method === 'POST' ? change(call, form, state) : problem(405, 20004);
  }
  if (streams !== 'Streams' || more.length > 0) return problem(404);
  if (method !== 'POST') return problem(405, 20004);
  return streamSid === undefined ? startStream(call, form, state) : stopStream(call, streamSid, form, state);
}

function create(form: RestRequest['form'], state: RestCalls): Reply {
  const { To: to = '', From: from = '', StatusCallback, StatusCallbackMethod } = form;
  if (to === '') return problem(400, 21201);
  if (from === '') return problem(400, 21213);
  const instructions = instructionsOf(form);
  if (instructions === undefined) return problem(400, 21205);
  if ('status' in instructions) return instructions;
  const call = state.create({
    to,
    from,
    instructions,
    ...(StatusCallback !== undefined && {
      statusCallback: StatusCallback,
      statusCallbackMethod: StatusCallbackMethod === 'GET' ? 'GET' : 'POST',
    }),
  });
  return resource(201, callFields(call, state));
}

function change(call: RestCall, form: RestRequest['form'], state: RestCalls): Reply {
  const { Status: status } = form;
  const instructions = instructionsOf(form);
  if (status === undefined && instructions === undefined) return resource(200, callFields(call, state));
  if (isOver(call)) return state.endedCalls === 'not-found' ? problem(404) : problem(400, 21220);
  if (instructions !== undefined && 'status' in instructions) return instructions;
  if (status !== undefined) {
    // `canceled` stops only what is not answered yet, which no call of the stand-in is.
    if (status !== 'completed') return problem(400, status === 'canceled' ? 21220 : 20001);
    call.complete();
  } else if (instructions !== undefined) call.update(instructions);
  return resource(200, callFields(call, state));
}

/** What the form says to do; a reply where that cannot be done; undefined where it says nothing. */
function instructionsOf(form: RestRequest['form']): CallInstructions | Reply | undefined {
  const { Twiml: twiml, Url: url, Method: method = 'POST' } = form;
  if (twiml !== undefined && url !== undefined) {
    return problem(400, 20001, '`Twiml` and `Url` were both given. Give one of them.');
  }
  if (twiml !== undefined) {
    return twiml.length > MAX_TWIML
      ? problem(
          400,
          20001,
          `\`Twiml\` has more than ${MAX_TWIML} characters. Give a \`Url\` that answers it.`,
        )
      : { twiml };
  }
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return problem(400, 21205);
  return { url, method: method === 'GET' ? 'GET' : 'POST' };
}

function startStream(call: RestCall, form: RestRequest['form'], state: RestCalls): Reply {
  const { Url: url = '', Name: name, Track: track = 'inbound_track' } = form;
  const { StatusCallback: statusCallback, StatusCallbackMethod } = form;
  if (url === '') return problem(400, 20001, 'A stream needs a `Url`.');
  const tracks = TRACKS[track];
  if (tracks === undefined)
    return problem(400, 20001, '`Track` must be inbound_track, outbound_track or both_tracks.');
  if (isOver(call)) return problem(404);
  const request: StreamRequest = {
    url,
    name,
    tracks,
    parameters: streamParameters(form),
    statusCallback,
    statusCallbackMethod: StatusCallbackMethod === 'GET' ? 'GET' : 'POST',
  };
  const stream = call.startStream(request);
  if (stream === undefined) return problem(400, 21220, 'This call can have no further stream.');
  return resource(201, { ...streamFields(call, stream, state), status: 'in-progress' });
}

function stopStream(call: RestCall, streamSid: string, form: RestRequest['form'], state: RestCalls): Reply {
  const { Status: status } = form;
  if (status !== 'stopped')
    return problem(400, 20001, 'The `Status` of a stream can be set to stopped alone.');
  const stream = call.stopStream(streamSid);
  return stream === undefined
    ? problem(404)
    : resource(200, { ...streamFields(call, stream, state), status: 'stopped' });
}

function streamParameters(form: RestRequest['form']): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (let number = 1; number <= MAX_PARAMETERS; number++) {
    const name = form[`Parameter${number}.Name`];
    if (name !== undefined) parameters[name] = form[`Parameter${number}.Value`] ?? '';
  }
  return parameters;
}

function isOver({ status }: RestCall): boolean {
  return status === 'completed' || status === 'failed';
}

function callFields(call: RestCall, { accountSid }: RestCalls): Record<string, unknown> {
  return {
    sid: call.callSid,
    account_sid: accountSid,
    api_version: '2010-04-01',
    from: call.from ?? null,
    to: call.to ?? null,
    status: call.status,
    date_updated: new Date().toUTCString(),
    uri: `/2010-04-01/Accounts/${accountSid}/Calls/${call.callSid}.json`,
  };
}

function streamFields(
  call: RestCall,
  { streamSid, name }: { readonly streamSid: string; readonly name: string },
  { accountSid }: RestCalls,
): Record<string, unknown> {
  return {
    sid: streamSid,
    account_sid: accountSid,
    call_sid: call.callSid,
    name,
    date_updated: new Date().toUTCString(),
    uri: `/2010-04-01/Accounts/${accountSid}/Calls/${call.callSid}/Streams/${streamSid}.json`,
  };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
