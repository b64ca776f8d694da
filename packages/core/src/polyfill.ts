/**
 * WHATWG streams for platforms that lack them, such as React Native and old browsers: import it before anything else.
 *
 *     import '@patchcord/core/polyfill';
 *
 * Installs a whole set where any of it is missing, for streams of two makes cannot be piped into each other; where all
 * of it is there, it changes nothing. Needs the package `web-streams-polyfill`.
 *
 * @module @patchcord/core/polyfill
 */

import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableStream,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from 'web-streams-polyfill';

const STREAMS = {
  ReadableStream,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
  TransformStream,
  TransformStreamDefaultController,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
};

const scope = globalThis as unknown as Record<string, unknown>;

if (Object.keys(STREAMS).some((name) => scope[name] === undefined)) {
  for (const [name, value] of Object.entries(STREAMS)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}
