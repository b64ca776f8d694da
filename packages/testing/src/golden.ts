/** Reads what stands in `golden` and `transcripts`: what each holds is said in the README beside it. */

import { readdirSync, readFileSync } from 'node:fs';

/** What the reference's deserializer made of a message. */
export type DeserializeOutcome =
  | null
  | {
      readonly frame: 'InputAudioRawFrame';
      readonly sample_rate: number;
      readonly num_channels: number;
      readonly num_frames: number;
      readonly audio_b64: string;
    }
  | { readonly frame: 'InputDTMFFrame'; readonly button: string }
  | GoldenError;

/** What the reference's serializer made of a frame. */
export type SerializeOutcome = null | { readonly text: string } | GoldenError;

export interface GoldenError {
  readonly error: { readonly class: string; readonly message: string };
}

export interface GoldenFiles {
  readonly g711: {
    readonly ulaw_decode: readonly number[];
    readonly alaw_decode: readonly number[];
    readonly ulaw_encode_b64: string;
    readonly alaw_encode_b64: string;
  };
  readonly deserialize: {
    readonly stream_sid: string;
    readonly streams: {
      readonly [name: string]: {
        readonly ulaw_b64: string;
        readonly at_ms: readonly number[];
        readonly messages: readonly string[];
      };
    };
    readonly cases: readonly {
      readonly stream: string;
      readonly sample_rate: number;
      readonly outcomes: readonly DeserializeOutcome[];
      readonly out_samples: readonly number[];
      readonly full_nodither_b64?: string;
      readonly full_samples?: number;
    }[];
  };
  readonly serialize_audio: {
    readonly stream_sid: string;
    readonly sources_pcm_b64: { readonly [rate: string]: string };
    readonly cases: readonly {
      readonly source_rate: number;
      readonly chunking: string;
      readonly chunk_samples: readonly number[];
      readonly texts: readonly (string | null)[];
      readonly out_bytes: readonly number[];
      readonly full_nodither_pcm_b64?: string;
      readonly full_nodither_ulaw_b64?: string;
    }[];
  };
  readonly serialize_other: {
    readonly cases: readonly {
      readonly stream_sid: string;
      readonly params: { readonly ignore_rtvi_messages?: boolean };
      readonly frame: {
        readonly type: string;
        readonly message?: unknown;
        readonly audio_b64?: string;
        readonly sample_rate?: number;
        readonly num_channels?: number;
      };
      readonly outcome: SerializeOutcome;
    }[];
  };
  readonly edge: {
    readonly stream_sid: string;
    readonly deserialize_single: readonly {
      readonly name: string;
      readonly pipeline_rate: number;
      readonly input_text?: string;
      readonly input_b64?: string;
      readonly outcome: DeserializeOutcome;
      readonly usable_after: boolean;
    }[];
    readonly deserialize_argument_types: readonly {
      readonly name: string;
      readonly outcome: DeserializeOutcome;
    }[];
    readonly serialize: readonly {
      readonly name: string;
      readonly params?: {
        readonly ignore_rtvi_messages?: boolean;
        readonly twilio_sample_rate?: number;
      };
      /** Where the value is Python's alone: what it is. */
      readonly note?: string;
      readonly outcome?: SerializeOutcome;
      readonly steps?: readonly {
        readonly frame: {
          readonly type: string;
          readonly message?: unknown;
          readonly audio_b64?: string;
          readonly sample_rate?: number;
          readonly num_channels?: number;
        };
        readonly outcome: SerializeOutcome;
      }[];
    }[];
    readonly setup: readonly { readonly name: string }[];
    readonly constructor: readonly object[];
    readonly sequences: readonly EdgeSequence[];
  };
  readonly differences: {
    readonly deserialize: readonly (Difference & { readonly when: object })[];
    readonly serialize: readonly (Difference & { readonly frame: string })[];
    readonly edge: readonly NamedDifference[];
    readonly edge_argument_types: readonly NamedDifference[];
    readonly edge_serialize: readonly NamedDifference[];
    readonly edge_setup: readonly NamedDifference[];
    readonly edge_constructor: readonly NamedDifference[];
    readonly edge_sequences: readonly NamedDifference[];
  };
}

/** A conversation in which the reference shows a defect. */
export interface EdgeSequence {
  readonly name: string;
  readonly source_rate?: number;
  readonly pipeline_rate?: number;
  readonly tone_pcm_b64?: string;
  readonly utterance_pcm_b64?: string;
  readonly chunk_samples?: number;
  readonly stale_ms_heard_after_clear?: number;
  readonly in_ms?: number;
  readonly out_ms?: number;
  readonly steps: readonly {
    readonly at_ms: number;
    readonly in?: 'tone' | 'silence' | 'InterruptionFrame';
    readonly first_sample?: number;
    readonly samples?: number;
    readonly input_text?: string;
  }[];
}

/** A difference in the cases of these names. */
export interface NamedDifference extends Difference {
  readonly names: readonly string[];
}

/** Where Patchcord means to differ from the reference. */
export interface Difference {
  /**
   * The kind of the frame, `nothing`, `text`, `no such frame`, or the code of the error, in words for each step; `not
   * applicable` where there is nothing of ours to ask; `bettered` where tests of its own show the better outcome.
   */
  readonly ours: string;
  readonly reason: string;
}

/** One file of golden data. */
export function readGolden<Name extends keyof GoldenFiles>(name: Name): GoldenFiles[Name] {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'));
}

/** One message of a transcript. */
export interface TranscriptLine {
  readonly from: 'provider' | 'app';
  /** Text; bytes stand in the file as base64, in the field `bytes`. */
  readonly message: string | Uint8Array<ArrayBuffer>;
  /** The code of the error that reading it throws. */
  readonly error?: string;
}

/** A conversation, message by message. */
export interface Transcript {
  readonly name: string;
  readonly lines: readonly TranscriptLine[];
}

/** All transcripts of a provider. */
export function readTranscripts(provider: string): Transcript[] {
  const folder = new URL(`../transcripts/${provider}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.jsonl'.length),
      lines: readFileSync(new URL(file, folder), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map(readLine),
    }));
}

function readLine(line: string): TranscriptLine {
  const { bytes, ...rest } = JSON.parse(line) as Omit<TranscriptLine, 'message'> & {
    readonly message: string;
    readonly bytes?: string;
  };
  return bytes === undefined ? rest : { ...rest, message: Uint8Array.from(Buffer.from(bytes, 'base64')) };
}
