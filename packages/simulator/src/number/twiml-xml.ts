/**
 * As much of XML as TwiML needs: elements, attributes, text, entities, comments, CDATA. No document types, and so no
 * entities of one's own: nothing in a document can make it longer than it is, or fetch anything.
 *
 * @see https://www.w3.org/TR/xml/
 * @module
 */

import { MediaError } from '@patchcord/core';

/** An element. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Elements and text in their order; text that is white space alone is left out. */
  readonly children: readonly (XmlElement | string)[];
}

/** Twilio's number for a document that cannot be read. */
const DOCUMENT_PARSE_FAILURE = 12100;

/** TwiML has three levels or four. */
const MAX_DEPTH = 32;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** XML 1.0's `Char`, turned round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

const NAME = /[A-Za-z_][\w.:-]*/y;
const SPACE = /[ \t\r\n]+/y;
const DECLARATION = /<\?xml[ \t\r\n][^<>]*\?>/y;

/**
 * Reads a document.
 *
 * @throws {MediaError} `malformed-message` with the line, what was expected and Twilio's number, and nothing of the
 * document but names of elements.
 */
export function parseXml(text: string): XmlElement {
  return new XmlReader(text).document();
}

class XmlReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    const strange = NOT_XML.exec(this.#text);
    if (strange !== null) throw this.#error('a character that XML has no form for', strange.index);
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    // A declaration stands at the very start or nowhere; white space before it is the usual mistake.
    if (this.#match(DECLARATION) === undefined && /^\s*<\?xml/.test(this.#text.slice(this.#at))) {
      throw this.#error('an XML declaration that does not stand at the very start, or does not end');
    }
    this.#skipAside();
    if (!this.#text.startsWith('<', this.#at))
      throw this.#error('text where the element <Response> should begin');
    const root = this.#element(1);
    this.#skipAside();
    if (this.#at < this.#text.length) throw this.#error('something behind the end of the document');
    return root;
  }

  /** White space and comments around the root. */
  #skipAside(): void {
    do this.#match(SPACE);
    while (this.#comment());
  }

  #comment(): boolean {
    if (!this.#text.startsWith('<!--', this.#at)) return false;
    const end = this.#text.indexOf('--', this.#at + 4);
    if (end < 0 || this.#text[end + 2] !== '>') throw this.#error('a comment that does not end, or holds --');
    this.#at = end + 3;
    return true;
  }

  #element(depth: number): XmlElement {
    const start = this.#at;
    if (depth > MAX_DEPTH) throw this.#error(`elements more than ${MAX_DEPTH} levels deep`);
    this.#at++; // <
    const name = this.#match(NAME);
    if (name === undefined) {
      throw this.#error(
        this.#text.startsWith('!DOCTYPE', this.#at)
          ? 'a document type, which TwiML has none of'
          : 'a < that begins no element (write &lt; for the sign itself)',
        start,
      );
    }
    const attributes = this.#attributes(name);
    if (this.#take('/>')) return { name, attributes, children: [] };
    if (!this.#take('>')) throw this.#error(`a start of <${name}> that does not end`, start);
    const children = this.#children(name, start, depth);
    return { name, attributes, children };
  }

  #attributes(element: string): Record<string, string> {
    const attributes: Record<string, string> = {};
    while (true) {
      const spaced = this.#match(SPACE) !== undefined;
      const start = this.#at;
      const name = this.#match(NAME);
      if (name === undefined) return attributes;
      if (!spaced) throw this.#error(`attributes of <${element}> with no space between them`, start);
      if (Object.hasOwn(attributes, name)) throw this.#error(`<${element}> with ${name} twice`, start);
      this.#match(SPACE);
      if (!this.#take('=')) throw this.#error(`<${element}> with ${name}, which has no value`, start);
      this.#match(SPACE);
      const quote = this.#text[this.#at];
      if (quote !== '"' && quote !== "'") {
        throw this.#error(`<${element}> with ${name}, the value of which stands in no quotes`, start);
      }
      const end = this.#text.indexOf(quote, this.#at + 1);
      if (end < 0) throw this.#error(`<${element}> with ${name}, the value of which does not end`, start);
      const raw = this.#text.slice(this.#at + 1, end);
      const angle = raw.indexOf('<');
      if (angle >= 0) throw this.#error(`a < in ${name} of <${element}> (write &lt;)`, this.#at + 1 + angle);
      // White space that is no reference becomes spaces, as XML has it for attributes.
      const value = this.#resolve(raw.replace(/\r\n|[\t\r\n]/g, ' '), this.#at + 1);
      Object.defineProperty(attributes, name, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
      this.#at = end + 1;
    }
  }

  #children(name: string, start: number, depth: number): (XmlElement | string)[] {
    const children: (XmlElement | string)[] = [];
    let text = '';
    const endText = (): void => {
      if (text.trim() !== '') children.push(text);
      text = '';
    };
    while (true) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) throw this.#error(`<${name}> that is not closed`, start);
      text += this.#resolve(this.#text.slice(this.#at, next).replace(/\r\n?/g, '\n'), this.#at);
      this.#at = next;
      if (this.#comment()) continue;
      if (this.#take('<![CDATA[')) {
        const end = this.#text.indexOf(']]>', this.#at);
        if (end < 0) throw this.#error('a CDATA section that does not end', next);
        text += this.#text.slice(this.#at, end).replace(/\r\n?/g, '\n');
        this.#at = end + 3;
        continue;
      }
      if (this.#text.startsWith('<?', this.#at)) throw this.#error('a processing instruction');
      endText();
      if (!this.#take('</')) {
        children.push(this.#element(depth + 1));
        continue;
      }
      const closing = this.#match(NAME);
      this.#match(SPACE);
      if (closing !== name || !this.#take('>')) {
        throw this.#error(`an end that does not fit <${name}>, begun in line ${this.#lineOf(start)}`, next);
      }
      return children;
    }
  }

  /** Text with its references replaced. */
  #resolve(raw: string, from: number): string {
    return raw.replace(/&([^&;]{0,12};)?/g, (all, rest: string | undefined, index: number) => {
      const reference = rest?.slice(0, -1) ?? '';
      const code = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference);
      const character =
        code === null
          ? Object.hasOwn(ENTITIES, reference) && ENTITIES[reference]
          : fromCode(code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16));
      if (typeof character === 'string' && all !== '&') return character;
      throw this.#error(
        'an & that begins no reference known to XML (write &amp; for the sign itself)',
        from + index,
      );
    });
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #lineOf(index: number): number {
    return this.#text.slice(0, index).split('\n').length;
  }

  #error(what: string, index: number = this.#at): MediaError {
    return new MediaError(
      'malformed-message',
      `Line ${this.#lineOf(index)} of this TwiML has ${what} (Twilio's error ${DOCUMENT_PARSE_FAILURE}). Let a builder write the document, or escape what is put into it.`,
    );
  }
}

function fromCode(code: number): string | undefined {
  if (code > 0x10_ffff) return undefined;
  const character = String.fromCodePoint(code);
  return NOT_XML.test(character) ? undefined : character;
}
