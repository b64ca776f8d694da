/**
 * Takes out of `css` and `html` templates the spaces that only the source needs. Minifiers leave template literals alone.
 * For Rollup and Vite, after types are removed.
 */
import { parseAst } from 'vite';

const TAGS = new Set(['css', 'html', 'svg']);

/** Lines stay lines, so that source maps hold: what goes is their indentation and, in style sheets, spaces around signs. */
const squeeze = {
  css: (text) =>
    text
      .replace(/\n[ \t]+/g, '\n')
      .replace(/ *([{};,]) */g, '$1')
      .replace(/: /g, ':')
      .replace(/;(\n\})/g, '$1'),
  html: (text) => text.replace(/\n[ \t]+/g, '\n'),
};

/** All templates in a tree, outer ones first. */
function* templates(node) {
  if (Array.isArray(node)) for (const one of node) yield* templates(one);
  else if (node && typeof node === 'object') {
    if (node.type === 'TaggedTemplateExpression' && TAGS.has(node.tag.name)) yield node;
    for (const [key, value] of Object.entries(node)) if (key !== 'parent') yield* templates(value);
  }
}

/** Squeezes the templates of modules whose path matches. */
export const squeezeTemplates = (paths) => ({
  name: 'squeeze-templates',
  transform(code, id) {
    if (!paths.test(id) || !/\b(css|html|svg)`/.test(code)) return null;
    const pieces = [];
    for (const { tag, quasi } of templates(parseAst(code))) {
      const shorten = tag.name === 'css' ? squeeze.css : squeeze.html;
      for (const { start, value } of quasi.quasis) pieces.push({ start, text: value.raw, shorten });
    }
    let result = code;
    for (const { start, text, shorten } of pieces.toSorted((a, b) => b.start - a.start)) {
      const at = code.indexOf(text, start);
      result = result.slice(0, at) + shorten(text) + result.slice(at + text.length);
    }
    return { code: result, map: null };
  },
});
