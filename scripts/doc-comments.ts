/** Finds public names without a word of explanation: what packages export is read with their sources closed. */

import { dirname, join } from 'node:path/posix';

/** Gives the text of a file, by its path from the root. */
export type ReadSource = (path: string) => string;

/** A name that an entry exports, and where it is declared. */
interface PublicName {
  readonly name: string;
  /** Its text from the first line after what stands before it, comment included; undefined where it was not found. */
  readonly declaration: string | undefined;
  readonly path: string;
}

const NAMED_EXPORT = /^export (?:type )?\{([^}]*)\} from '([^']+)'/gm;
const STAR_EXPORT = /^export \* from '([^']+)'/gm;
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let) ([\w$]+)/gm;

/** What is missing in what an entry exports, as sentences. */
export function undocumented(entry: string, read: ReadSource): string[] {
  return publicNames(entry, read).flatMap(({ name, path, declaration }) => {
    if (declaration === undefined) return [`${path}: ${name} is exported, and not declared where it says`];
    if (!declaration.startsWith('/**')) return [`${path}: ${name} has no doc comment`];
    return numbersWithoutUnit(declaration).map((field) => `${path}: ${name}.${field} does not say its unit`);
  });
}

/** The names that an entry exports. */
export function publicNames(entry: string, read: ReadSource): PublicName[] {
  const text = read(entry);
  const named = [...text.matchAll(NAMED_EXPORT)].flatMap(([, names = '', from = '']) => {
    const path = join(dirname(entry), from);
    return names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => declared(path, name.split(' as ')[0] as string, read));
  });
  const starred = [...text.matchAll(STAR_EXPORT)].flatMap(([, from = '']) =>
    publicNames(join(dirname(entry), from), read),
  );
  const own = [...text.matchAll(DECLARATION)].map(([, name = '']) => declared(entry, name, read));
  return [...named, ...starred, ...uniqueByName(own)];
}

/** Follows a name to the file that declares it. */
function declared(path: string, name: string, read: ReadSource): PublicName {
  if (!path.endsWith('.ts')) return { name, path, declaration: undefined };
  const text = read(path);
  for (const match of text.matchAll(DECLARATION)) {
    if (match[1] === name) return { name, path, declaration: withComment(text, match.index) };
  }
  for (const [, names = '', from = ''] of text.matchAll(NAMED_EXPORT)) {
    const found = names.split(',').find(
      (one) =>
        one
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1) === name,
    );
    if (found && from.startsWith('.')) {
      const original = found
        .trim()
        .replace(/^type /, '')
        .split(' as ')[0] as string;
      return declared(join(dirname(path), from), original, read);
    }
  }
  return { name, path, declaration: undefined };
}

function uniqueByName(names: readonly PublicName[]): PublicName[] {
  return [...new Map(names.map((one) => [one.name, one])).values()];
}

/** A declaration up to the end of its block or statement, with its comment and decorators where it has them. */
function withComment(text: string, at: number): string {
  const before = text.slice(0, at).replace(/(?:\n@[\w.]+(?:\([^)]*\))?)+\n$/, '\n');
  const rest = text.slice(at);
  const end = rest.search(/^[^\n]*\{\n/.test(rest) ? /\n\}/ : /;\n|\n\n/);
  const own = end < 0 ? rest : rest.slice(0, end);
  const comment = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/.exec(before);
  return `${comment?.[0] ?? ''}${own}`;
}

/** The platform's own names say what the platform's documents say. */
const UNIT_IN_NAME =
  /(?:^readyState|^bufferedAmount|^maxPayloadLength|Ms|Db|Hz|Bytes|Samples|Rate|Code|code|length|size)$/;

/** Fields of an interface that are numbers of nobody knows what: neither the name nor a comment says the unit. */
function numbersWithoutUnit(declaration: string): string[] {
  const lines = declaration.split('\n');
  return lines.flatMap((line, index) => {
    const field = /^ {2}(?:readonly )?(\w+)\??: number(?: \| undefined)?;$/.exec(line)?.[1];
    if (field === undefined || UNIT_IN_NAME.test(field)) return [];
    return lines[index - 1]?.trimEnd().endsWith('*/') ? [] : [field];
  });
}
