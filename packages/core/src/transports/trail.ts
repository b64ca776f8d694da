import type { Phase } from './call.ts';

/** A piece of sound as the app gave it. */
export interface Piece {
  readonly samples: Int16Array<ArrayBuffer>;
  readonly sampleRate: number;
}

/** Told each piece with its phase and with the source sample, at the wire's rate, that it begins at. */
export type TellPiece = (piece: Piece, phase: Phase, ownStart: number) => void;

interface Followed {
  readonly piece: Piece;
  readonly ownStart: number;
  readonly ownEnd: number;
}

/**
 * Follows the pieces of an utterance, as the app wrote them, to the caller's ear: for observers at the app.
 * Counts in the utterance's own samples at the wire's rate.
 */
export class Trail {
  readonly #tell: TellPiece;
  #unsent: Followed[] = [];
  #unheard: Followed[] = [];

  constructor(tell: TellPiece) {
    this.#tell = tell;
  }

  add(piece: Piece, ownStart: number, ownEnd: number): void {
    this.#unsent.push({ piece, ownStart, ownEnd });
  }

  /** A piece that was sent as it was added. */
  passed(piece: Piece, ownStart: number, ownEnd: number): void {
    this.#unheard.push({ piece, ownStart, ownEnd });
    this.#tell(piece, 'sent', ownStart);
  }

  /** So many own samples have been sent. */
  sent(own: number): void {
    let next = this.#unsent[0];
    while (next !== undefined && next.ownStart < own) {
      this.#unsent.shift();
      this.#unheard.push(next);
      this.#tell(next.piece, 'sent', next.ownStart);
      next = this.#unsent[0];
    }
  }

  /** So many own samples have been heard. */
  heard(own: number): void {
    let next = this.#unheard[0];
    while (next !== undefined && next.ownEnd <= own) {
      this.#unheard.shift();
      this.#tell(next.piece, 'played', next.ownStart);
      next = this.#unheard[0];
    }
  }

  /** Only so many own samples will ever be heard. */
  cut(own: number): void {
    this.heard(own);
    for (const { piece, ownStart, ownEnd } of this.#unheard.splice(0)) {
      const share = Math.max(0, (own - ownStart) / (ownEnd - ownStart));
      const count = Math.floor(share * piece.samples.length);
      const { sampleRate } = piece;
      if (count > 0)
        this.#tell(
          { samples: piece.samples.slice(0, count) as Piece['samples'], sampleRate },
          'played',
          ownStart,
        );
      const rest = count > 0 ? (piece.samples.slice(count) as Piece['samples']) : piece.samples;
      this.#tell({ samples: rest, sampleRate }, 'cleared', Math.max(own, ownStart));
    }
    this.#unsent.length = 0;
  }
}
