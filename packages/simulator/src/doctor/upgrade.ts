/**
 * What the app says to the upgrade: with the right signature, and with a wrong one.
 *
 * @module
 */

import type { MediaError } from '@patchcord/core';
import { connectionFailed, connectionTimedOut, startConnection } from '../phone/connection.ts';
import type { PhoneSocket } from '../phone/phone.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import type { DiagnosisOptions } from './options.ts';

/** Signs nothing that any account has. */
const WRONG_TOKEN = 'not the auth token of any account';

/** How an upgrade went. */
export interface UpgradeFinding {
  readonly finding: Finding;
  /** `refused` for want of the right signature; `failed` for any other reason. */
  readonly outcome: 'open' | 'refused' | 'failed';
}

/** Asks for the upgrade as a call would. */
export async function checkUpgrade(url: string, options: DiagnosisOptions): Promise<UpgradeFinding> {
  const isSigned = options.authToken !== undefined;
  const failure = await upgrade(url, options);
  if (failure === undefined) {
    const words = `The app accepts the upgrade${isSigned ? ', signed with the auth token' : ''}.`;
    return { finding: ok('upgrade', words), outcome: 'open' };
  }
  if (!isRefusal(failure)) return { finding: failed('upgrade', failure.message), outcome: 'failed' };
  const finding = isSigned
    ? failed(
        'upgrade',
        'The app refuses the upgrade, though it is signed (Twilio would log 31920). Either it checks with another auth token, or it believes to have another address than the one that is signed: its public URL has to be the one in the TwiML, wss:// and path included. Behind a proxy, configure it; do not take it from the request. Try --signed-url with what the app believes.',
      )
    : warning(
        'upgrade',
        'The app refuses the upgrade without a signature, as it should. To look further, give --auth-token, or the variable TWILIO_AUTH_TOKEN.',
      );
  return { finding, outcome: 'refused' };
}

/** Asks for the upgrade with a signature that is wrong. */
export async function checkWrongSignature(url: string, options: DiagnosisOptions): Promise<Finding> {
  let closedBy: number | undefined;
  const failure = await upgrade(url, { ...options, authToken: WRONG_TOKEN }, async (socket) => {
    closedBy = await closeCode(socket, options.settleMs);
  });
  if (failure !== undefined) {
    return isRefusal(failure)
      ? ok('wrong signature', 'The app refuses a wrong signature.')
      : failed('wrong signature', `With a wrong signature it went otherwise: ${failure.message}`);
  }
  if (closedBy !== undefined) {
    return ok(
      'wrong signature',
      `The app closes a connection with a wrong signature (code ${closedBy}), once it has accepted it. To refuse the upgrade with 403 costs less.`,
    );
  }
  return warning(
    'wrong signature',
    'The app accepts a wrong signature: whoever finds the URL can call it, and costs you what a call costs. Have it check X-Twilio-Signature on the upgrade.',
  );
}

/** Opens a connection, looks at it, and closes it. Returns why it did not open. */
async function upgrade(
  url: string,
  options: DiagnosisOptions,
  look: (socket: PhoneSocket) => Promise<void> = async () => {},
): Promise<MediaError | undefined> {
  const { connectTimeoutMs } = options;
  const socket: PhoneSocket = await startConnection(url, options);
  let failure: MediaError | undefined;
  socket.addEventListener('error', (event) => {
    failure ??= connectionFailed(url, event);
  });
  const isOpen = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => {
      failure ??= connectionTimedOut(url, connectTimeoutMs);
      resolve(false);
    }, connectTimeoutMs);
    socket.addEventListener('open', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.addEventListener('close', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
  if (isOpen) await look(socket);
  socket.close();
  if (isOpen) return undefined;
  return failure ?? connectionFailed(url, {});
}

/** The code with which the app closes within some time. */
function closeCode(socket: PhoneSocket, withinMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), withinMs);
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

/** Whether the app said no, with 401 or 403. */
function isRefusal({ code, cause }: MediaError): boolean {
  return code === 'refused' && /\b40[13]\b/.test(cause instanceof Error ? cause.message : '');
}
