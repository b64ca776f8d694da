/** The default export is all that there is in a browser, and all that is used. */
declare const webSocket: unknown;
export default webSocket;
