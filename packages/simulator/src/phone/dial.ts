import { MediaError, systemClock } from '@patchcord/core';
import { checkFaults } from '../faults/faults.ts';
import {
  type ConnectionOptions,
  connectionFailed,
  connectionTimedOut,
  startConnection,
} from './connection.ts';
import { checkParameters, customParameters } from './habits.ts';
import { Line } from './line.ts';
import type { Phone, PhoneOptions, PhoneSocket } from './phone.ts';

/** Options of `dial`. */
export interface DialOptions extends PhoneOptions, ConnectionOptions {}

/**
 * Calls an app: connects to its media endpoint and behaves as Twilio does from then on.
 *
 * @returns a phone once `connected` and `start` are sent.
 * @throws {MediaError} `invalid-argument` for a URL that cannot be dialled, `refused` when the app declines the
 * upgrade, `transport-closed` when it cannot be reached, `timeout`.
 */
export async function dial(url: string, options: DialOptions = {}): Promise<Phone> {
  checkOptions(options);
  return answerOn(await startConnection(url, options), options, url);
}

/**
 * Puts a call on a socket that somebody else has made, such as one of an in-process pair.
 *
 * @param socket Connecting or open; the phone closes it.
 * @throws {MediaError} as `dial` does.
 */
export async function openPhone(socket: PhoneSocket, options: PhoneOptions = {}): Promise<Phone> {
  checkOptions(options);
  return answerOn(socket, options);
}

function checkOptions(options: PhoneOptions): void {
  const { unidirectional = false, tracks = ['inbound'], faults } = options;
  if (faults !== undefined) checkFaults(faults);
  checkParameters(customParameters(options), options);
  const known = tracks.every((track) => track === 'inbound' || track === 'outbound');
  if (!known || tracks.length === 0 || new Set(tracks).size < tracks.length) {
    throw new MediaError(
      'invalid-argument',
      "The tracks of a stream are 'inbound', 'outbound' or both; something else was given (Twilio's error 31941).",
    );
  }
  if (!unidirectional && tracks.includes('outbound')) {
    throw new MediaError(
      'invalid-argument',
      "A bidirectional stream carries the track 'inbound' alone (Twilio's error 31941). Pass unidirectional: true for others.",
    );
  }
}

/** The standard's values of `readyState`. */
const CONNECTING = 0;
const OPEN = 1;

/** Waits for the socket to open, with the phone's listeners attached from the first moment. */
function answerOn(socket: PhoneSocket, options: PhoneOptions, url?: string): Promise<Phone> {
  const { clock = systemClock, connectTimeoutMs = 10_000 } = options;
  const line = new Line(socket, clock, options);
  return new Promise((resolve, reject) => {
    let failure: MediaError | undefined;
    const cancel = clock.after(connectTimeoutMs, () => {
      failure ??= connectionTimedOut(url, connectTimeoutMs);
      reject(failure);
      socket.close();
    });
    const open = (): void => {
      cancel();
      if (failure !== undefined) return; // too late: the socket is being closed
      resolve(line); // first: a fault may break the connection with the very first message
      line.start();
    };
    socket.addEventListener('error', (event) => {
      failure ??= connectionFailed(url, event);
    });
    socket.addEventListener('close', () => {
      cancel();
      reject(failure ?? connectionFailed(url, {}));
    });
    if (socket.readyState === CONNECTING) socket.addEventListener('open', open);
    else if (socket.readyState === OPEN) open();
    else {
      cancel();
      reject(
        new MediaError('transport-closed', 'The socket for this phone is closed already. Open one first.'),
      );
    }
  });
}
