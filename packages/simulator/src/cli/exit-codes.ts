/** The exit codes that `--help` lists. */
export const FINE = 0;
export const FAILED = 1;
export const WRONG_ARGUMENTS = 2;
export const APP_WARNED = 3;
