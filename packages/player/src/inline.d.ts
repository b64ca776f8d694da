/** The text of a module, bundled as one classic script by the build. */
declare module 'inline:*' {
  const text: string;
  export default text;
}
