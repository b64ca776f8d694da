/**
 * Which module may import which: the architecture as data, and a checker that reads the sources.
 *
 * Imports of types count like all others: they, too, say who knows whom.
 */

import { posix } from 'node:path';
import { parseSync } from 'vite';

/** A source file: its path from the root of the repository, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What each package may import beside its own modules. `node:` stands for all of Node's own modules. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  node: ['@patchcord/core', 'isomorphic-ws', 'ws', 'ky', 'node:'],
  monitor: ['@patchcord/core', 'isomorphic-ws', 'ws', 'jose', 'node:'],
  player: ['@patchcord/core', '@patchcord/monitor/client'],
  elements: ['@patchcord/core', '@patchcord/monitor/client', '@patchcord/player', 'lit'],
  simulator: ['@patchcord/core', 'isomorphic-ws', 'ws', 'node:'],
  testing: ['@patchcord/core', 'fast-check', 'node:', 'vitest'],
};

/** Parts of a package that may import less than the whole, by the start of their path. The first that fits holds. */
const PARTS: readonly (readonly [part: string, allowed: readonly string[]])[] = [
  ['packages/core/src/polyfill', ['web-streams-polyfill']],
  ['packages/simulator/src/vitest', ['@patchcord/core', 'vitest']],
  ['packages/monitor/src/bus/nats', ['@patchcord/core', '@nats-io/transport-node']],
  ['packages/monitor/src/client', ['@patchcord/core', 'isomorphic-ws']],
  ['packages/monitor/src/wire', ['@patchcord/core']],
  ['packages/player/src/worklet', ['@patchcord/core']],
  ['packages/testing/src/contract', ['@patchcord/core']],
];

/** The folders of core: each may import from itself, from those listed, and from `errors.ts`. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  bytes: [],
  dsp: [],
  codecs: ['bytes', 'dsp'],
  frames: ['bytes', 'dsp', 'codecs'],
  serializers: ['bytes', 'dsp', 'codecs', 'frames'],
  streams: ['bytes', 'dsp', 'codecs', 'frames', 'serializers'],
  transports: ['bytes', 'dsp', 'codecs', 'frames', 'serializers', 'streams'],
};

/** Modules at the root of core that all of core may import. They import nothing. */
const ROOT_MODULES = ['errors.ts'];

/** Names that exist in some runtimes only, or that write where a library must not. */
const FOREIGN_NAMES = ['Buffer', 'process', 'window', 'console', 'require', '__dirname'];

/** Every way in which the files break the ladder, one sentence each. */
export function violations(files: readonly SourceFile[]): string[] {
  const modules = files.map(({ path, text }) => ({ path, ...read(path, text) }));
  return [
    ...modules.flatMap(({ path, imports }) => imports.flatMap((name) => forbidden(path, name))),
    ...modules.flatMap(({ path, freeNames }) => foreign(path, freeNames)),
    ...cycles(modules),
  ];
}

interface Module {
  readonly path: string;
  /** As they are written. */
  readonly imports: readonly string[];
}

/** The node of a syntax tree, as far as this file looks at it. */
interface Node {
  readonly type: string;
  /** Of an import, of any kind. */
  readonly source?: unknown;
  /** Of an identifier. */
  readonly name?: unknown;
  /** Of a literal. */
  readonly value?: unknown;
  /** Of a property: whether its label is an expression. */
  readonly computed?: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** What a module imports, and which names it takes from its surroundings. */
function read(path: string, text: string): { imports: string[]; freeNames: string[] } {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path} cannot be read: ${error.message}`);
  const imports: string[] = [];
  const used = new Set<string>();
  const declared = new Set<string>();

  const visit = (node: unknown, parent?: Node, key?: string): void => {
    if (Array.isArray(node)) for (const item of node) visit(item, parent, key);
    if (!isNode(node)) return;
    const { source } = node;
    if (isNode(source) && typeof source.value === 'string') imports.push(source.value);
    if (node.type === 'Identifier' && parent) {
      const name = String(node.name);
      if (isDeclaration(parent, key)) declared.add(name);
      else if (!isLabelOfProperty(parent, key)) used.add(name);
    }
    for (const [childKey, child] of Object.entries(node)) visit(child, node, childKey);
  };
  visit(program);
  return { imports, freeNames: [...used].filter((name) => !declared.has(name)) };
}

const isDeclaration = (parent: Node, key: string | undefined): boolean =>
  (key === 'id' && parent.type !== 'MemberExpression') || key === 'params' || key === 'local';

const isLabelOfProperty = (parent: Node, key: string | undefined): boolean =>
  !parent.computed && ((key === 'property' && parent.type === 'MemberExpression') || key === 'key');

const packageOf = (path: string): string => /^packages\/([^/]+)\/src\//.exec(path)?.[1] ?? '';
const folderOfCore = (path: string): string => path.split('/')[3] ?? '';
const resolved = (path: string, name: string): string => posix.join(posix.dirname(path), name);

function forbidden(path: string, name: string): string[] {
  const own = packageOf(path);
  if (name.startsWith('inline:')) return forbidden(path, name.slice('inline:'.length));
  if (name.startsWith('.')) {
    const target = resolved(path, name);
    if (packageOf(target) !== own) return [`${path} imports ${name}, which is outside its package`];
    return own === 'core' ? forbiddenInCore(path, name, target) : [];
  }
  const allowed = PARTS.find(([part]) => path.startsWith(part))?.[1] ?? PACKAGES[own];
  if (!allowed) return [`${path} belongs to a package that the ladder does not know`];
  const fits = allowed.some(
    (one) => name === one || (one === 'node:' && name.startsWith(one)) || isPathOf(one, name),
  );
  return fits ? [] : [`${path} imports ${name}; it may import ${allowed.join(', ') || 'no package'}`];
}

/** Lit and the polyfill are imported by paths of theirs; our own packages only by their named entries. */
const isPathOf = (allowed: string, name: string): boolean =>
  !allowed.startsWith('@patchcord/') && name.startsWith(`${allowed}/`);

function forbiddenInCore(path: string, name: string, target: string): string[] {
  const from = folderOfCore(path);
  const to = folderOfCore(target);
  if (from.endsWith('.ts')) {
    return ROOT_MODULES.includes(from) ? [`${path} imports ${name}; it may import nothing`] : [];
  }
  const allowed = FOLDERS[from];
  if (!allowed) return [`${path} is in a folder that the ladder does not know`];
  if (to === from || allowed.includes(to) || ROOT_MODULES.includes(to)) return [];
  return [`${path} imports ${name}; ${from} may import ${[...allowed, ...ROOT_MODULES].join(', ')}`];
}

function foreign(path: string, freeNames: readonly string[]): string[] {
  if (packageOf(path) !== 'core') return [];
  return FOREIGN_NAMES.filter((name) => freeNames.includes(name)).map(
    (name) => `${path} names ${name}, which not every runtime has or a library must not touch`,
  );
}

/** One sentence for each cycle of relative imports that a depth-first walk meets. */
function cycles(modules: readonly Module[]): string[] {
  const importsOf = new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.filter((name) => name.startsWith('.')).map((name) => resolved(path, name)),
    ]),
  );
  const found: string[] = [];
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) found.push(`a cycle: ${[...trail.slice(seenAt), path].join(' → ')}`);
    if (seenAt >= 0 || finished.has(path)) return;
    for (const next of importsOf.get(path) ?? []) walk(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of importsOf.keys()) walk(path, []);
  return found;
}
