/**
 * The audio thread: sound comes in by messages, is ordered by a `JitterBuffer` at 8000 Hz, converted to the
 * context's rate, and leaves by two mono outputs, `inbound` first.
 *
 * @module
 */

import { JitterBuffer } from '../jitter-buffer.ts';
import { LevelMeter } from '../level-meter.ts';
import { type PlayerMessage, type PlayerReport, PROCESSOR_NAME, type ProcessorOptions } from '../messages.ts';
import { RATE } from '../timing.ts';
import { Upsampler } from '../upsampler.ts';

/** Reports are this far apart. */
const REPORT_EVERY = RATE / 20;

/** More input than any render quantum takes. */
const LONGEST_INPUT = 1024;

type Writable<T> = { -readonly [K in keyof T]: T[K] extends object ? Writable<T[K]> : T[K] };

class PlayerProcessor extends AudioWorkletProcessor {
  readonly #buffer: JitterBuffer;
  readonly #inboundUpsampler = new Upsampler(sampleRate);
  readonly #outboundUpsampler = new Upsampler(sampleRate);
  readonly #inbound = new Float32Array(LONGEST_INPUT);
  readonly #outbound = new Float32Array(LONGEST_INPUT);
  readonly #inboundMeter = new LevelMeter();
  readonly #outboundMeter = new LevelMeter();
  /** Where sound comes from past the page. */
  #sound: MessagePort | undefined;
  #sinceReport = 0;
  #closed = false;
  /** Filled in and posted again and again. */
  readonly #report: Writable<PlayerReport> = {
    kind: 'report',
    inbound: { peakDb: 0, rmsDb: 0 },
    outbound: { peakDb: 0, rmsDb: 0 },
    bufferMs: 0,
    playedSamples: 0,
    concealedSamples: 0,
    underruns: 0,
    stretches: 0,
    buffer: 'filling',
  };

  constructor(options: { readonly processorOptions: ProcessorOptions }) {
    super();
    this.#buffer = new JitterBuffer(options.processorOptions);
    this.port.onmessage = ({ data }: MessageEvent<PlayerMessage>) => this.#receive(data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const inbound = outputs[0]?.[0];
    const outbound = outputs[1]?.[0];
    if (this.#closed || !inbound || !outbound) return !this.#closed;
    const length = this.#inboundUpsampler.inputFor(inbound.length);
    this.#buffer.read(this.#inbound, this.#outbound, length, currentTime * 1000);
    this.#inboundUpsampler.process(this.#inbound, inbound);
    this.#outboundUpsampler.process(this.#outbound, outbound);
    this.#inboundMeter.add(this.#inbound, length);
    this.#outboundMeter.add(this.#outbound, length);
    this.#sinceReport += length;
    if (this.#sinceReport >= REPORT_EVERY) this.#tell();
    return true;
  }

  #receive(message: PlayerMessage): void {
    switch (message.kind) {
      case 'audio':
        this.#buffer.push(message.track, message.timestampMs, message.samples, currentTime * 1000);
        return;
      case 'end':
        this.#buffer.end();
        return;
      case 'listen':
        this.#sound?.close();
        this.#sound = message.port;
        this.#sound.onmessage = ({ data }: MessageEvent<PlayerMessage>) => this.#receive(data);
        return;
      case 'reset':
        this.#sound?.close();
        this.#sound = undefined;
        this.#buffer.reset();
        return;
      case 'close':
        this.#closed = true;
        this.#sound?.close();
        this.port.close();
        return;
      default:
        message satisfies never;
    }
  }

  #tell(): void {
    const report = this.#report;
    this.#sinceReport = 0;
    this.#inboundMeter.take(report.inbound);
    this.#outboundMeter.take(report.outbound);
    report.bufferMs = this.#buffer.delayMs;
    report.playedSamples = this.#buffer.playedSamples;
    report.concealedSamples = this.#buffer.concealedSamples;
    report.underruns = this.#buffer.underruns;
    report.stretches = this.#buffer.stretches;
    report.buffer = this.#buffer.state;
    this.port.postMessage(report);
  }
}

registerProcessor(PROCESSOR_NAME, PlayerProcessor);
