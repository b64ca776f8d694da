import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseXml, type XmlElement } from '../../src/number/twiml-xml.ts';

test('elements, attributes, text, references, comments and CDATA', () => {
  const text = `\ufeff<?xml version="1.0" encoding="UTF-8"?>
<!-- who calls -->
<Response  a='1' b = "&lt;&#38;&#x26;&quot;&apos;&gt;">
  <Say>Fish &amp; <!-- not --> chips<![CDATA[ <&> ]]></Say >
  <Pause/>
</Response>
`;
  expect(parseXml(text)).toEqual({
    name: 'Response',
    attributes: { a: '1', b: '<&&"\'>' },
    children: [
      { name: 'Say', attributes: {}, children: ['Fish &  chips <&> '] },
      { name: 'Pause', attributes: {}, children: [] },
    ],
  });
});

test('line ends are one character, and spaces in an attribute', () => {
  expect(parseXml('<a b="1\r\n2\t3&#10;">x\r\ny\rz</a>')).toEqual({
    name: 'a',
    attributes: { b: '1 2 3\n' },
    children: ['x\ny\nz'],
  });
});

test('a name that objects have anyway is an attribute like others', () => {
  const { attributes } = parseXml('<a __proto__="x" constructor="y"/>');
  expect(Object.entries(attributes)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

describe('what is no XML is refused, with its line and in words', () => {
  test.each([
    ['', 1, 'text where'],
    ['hello', 1, 'text where'],
    [' <?xml version="1.0"?><a/>', 1, 'XML declaration'],
    ['<?xml version="1.0"', 1, 'XML declaration'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 1, 'document type'],
    ['<a>\n<b>\n</a>', 3, 'does not fit <b>, begun in line 2'],
    ['<a>\n\n', 1, '<a> that is not closed'],
    ['<a', 1, 'does not end'],
    ['<a b/>', 1, 'has no value'],
    ['<a b=c/>', 1, 'no quotes'],
    ['<a b="c/>', 1, 'does not end'],
    ['<a b="<"/>', 1, '&lt;'],
    ['<a b="1"b="2"/>', 1, 'no space'],
    ['<a b="1" b="2"/>', 1, 'twice'],
    ['<a>1 < 2</a>', 1, '&lt;'],
    ['<a>\nfish & chips</a>', 2, '&amp;'],
    ['<a>&nbsp;</a>', 1, 'no reference'],
    ['<a>&constructor;</a>', 1, 'no reference'],
    ['<a>&#0;</a>', 1, 'no reference'],
    ['<a>&#xD800;</a>', 1, 'no reference'],
    ['<a>&#x110000;</a>', 1, 'no reference'],
    ['<a>\u0000</a>', 1, 'no form'],
    ['<a><!-- -- --></a>', 1, 'comment'],
    ['<a><!-- </a>', 1, 'comment'],
    ['<a><![CDATA[ </a>', 1, 'CDATA'],
    ['<a><?php ?></a>', 1, 'processing instruction'],
    ['<a/><b/>', 1, 'behind the end'],
    ['<a/>text', 1, 'behind the end'],
    [`${'<a>'.repeat(40)}`, 1, 'levels deep'],
  ])('%j', (text, line, words) => {
    const read = () => parseXml(text);
    expect(read).toThrow(expect.objectContaining({ code: 'malformed-message' }));
    expect(read).toThrow(new RegExp(`^Line ${line} of this TwiML has .*12100`));
    expect(read).toThrow(words);
  });

  test('the words repeat no value', () => {
    expect(() => parseXml('<a number="+15550001"><b>+15550001</c></a>')).toThrow(/^(?!.*1555)/);
  });
});

test('what is written out is read as it was', () => {
  const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,5}$/);
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '&', '<', '>', '"', "'", 'é', '☎', ';', '\n'),
    maxLength: 9,
  });
  const { element } = fc.letrec<{ element: XmlElement }>((tie) => ({
    element: fc.record({
      name,
      attributes: fc.dictionary(name, text, { noNullPrototype: true, maxKeys: 3 }),
      children: fc
        .array(
          fc.oneof(
            { depthSize: 'small' },
            text.map((each) => `${each}.`),
            tie('element'),
          ),
          { maxLength: 3 },
        )
        .map((children) =>
          children.filter(
            (each, index) => !(typeof each === 'string' && typeof children[index - 1] === 'string'),
          ),
        ),
    }),
  }));
  fc.assert(
    fc.property(element, (document) => {
      expect(parseXml(write(document))).toEqual(document);
    }),
    { seed: 5 },
  );
});

function write({ name, attributes, children }: XmlElement): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const inner = children.map((child) => (typeof child === 'string' ? escaped(child) : write(child)));
  return `<${name}${given.join('')}>${inner.join('')}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"'\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}

test('whatever comes, it is read or refused', () => {
  const pieces = [
    '<a',
    '<',
    '>',
    '/>',
    '</a>',
    ' b="1"',
    '&',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    'x',
    '"',
    '<?xml ?>',
    '\n',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      try {
        parseXml(parts.join(''));
      } catch (error) {
        expect(error).toMatchObject({ code: 'malformed-message' });
      }
    }),
    { seed: 6, numRuns: 2000 },
  );
});
