/** Rate of a telephone call, in Hz: what the buffer holds and hands out. */
export const RATE = 8000;

/** Samples in a millisecond at that rate. */
export const SAMPLES_PER_MS = 8;

/** Samples that a track holds, past and future: four seconds. A power of two. */
export const CAPACITY = 32_768;

/** Samples of the past that the buffer keeps for stretching and for pitch: one second. */
export const HISTORY = 8000;

/** Sound is put together in pieces of 10 ms. */
export const BLOCK = 80;

/** Shortest and longest pitch period looked for: 2.5 and 15 ms, as G.711 Appendix I has it for voices. */
export const SHORTEST_LAG = 20;
export const LONGEST_LAG = 120;

/** Length of a cross-fade between sounds that do not belong together: 5 ms. */
export const FADE = 40;
