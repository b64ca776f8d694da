/** What a client says to people, where the hub itself could not. */
export const words = {
  silent: 'The gateway does not answer. Still trying.',
  lost: 'Lost the gateway. The call itself goes on.',
  noTicket: 'Could not ask for access to the calls. Still trying.',
  noAccess: 'This page has no access to the calls. Sign in again.',
  blocked:
    "The browser does not let this page reach the gateway's address. Serve both over https, or both over http.",
  closed: 'The monitor client is closed. Connect another one.',
  noAnswer: 'The gateway did not answer in 10 s. Try again.',
  lostMeanwhile: 'Lost the gateway before it answered. Look whether the call is still up.',
  notConnected: 'There is no connection to the gateway now, so the caller would not hear you.',
  lostVoice: 'Lost the gateway: the caller does not hear you any more.',
  bargeOver: 'The call is over.',
} as const;
