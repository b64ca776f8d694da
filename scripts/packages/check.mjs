/** What is wrong with a package as it would be published, in words. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { parseSync } from 'vite';

/** Resolutions that packages of ES modules alone do not serve: Node before it had `exports`, and `require` of types. */
const NOT_SERVED = ['node10', 'node16-cjs'];

/**
 * @param {{ manifest: object, tarball: string, folder: string }} packed the package, where it was packed from
 * @param {string} unpacked the folder of its tarball, unpacked
 * @returns {Promise<string[]>}
 */
export async function problemsOf({ tarball, folder }, unpacked) {
  const data = readFileSync(tarball);
  return [
    ...(await publintSays(data)),
    ...(await typesAreWrong(data, manifestOf(unpacked))),
    ...missingFiles(unpacked),
    ...wrongDependencies(unpacked),
    ...wrongJsr(folder),
  ];
}

async function publintSays(tarball) {
  const { buffer, byteOffset, byteLength } = tarball;
  const { messages, pkg } = await publint({
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
  });
  return messages.map((message) => `publint: ${formatMessage(message, pkg)}`);
}

async function typesAreWrong(tarball, { exports }) {
  // Programs for worklets and workers, which pages load by their address: nobody imports them.
  const programs = Object.keys(exports).filter((entry) => entry.endsWith('.js'));
  const { problems = [], types } = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), {
    excludeEntrypoints: programs,
  });
  if (types === false) return ['attw: it has no types'];
  return problems
    .filter(({ resolutionKind }) => !NOT_SERVED.includes(resolutionKind))
    .filter(({ kind }) => kind !== 'CJSResolvesToESM')
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

function missingFiles(folder) {
  const { exports, bin = {} } = manifestOf(folder);
  const named = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  const scripts = filesOf(folder).filter((file) => file.startsWith('dist/') && file.endsWith('.js'));
  return [...named, ...Object.values(bin), 'README.md', 'LICENSE', ...scripts.map((file) => `${file}.map`)]
    .filter((file) => !existsSync(join(folder, file)))
    .map((file) => `${file} is not in the tarball`)
    .concat(
      Object.values(exports)
        .filter((target) => '@patchcord/source' in Object(target))
        .map(() => 'the condition @patchcord/source is published, and its sources are not'),
    );
}

/** Each dependency is imported by what is published, and nothing else is. */
function wrongDependencies(folder) {
  const { name: ownName, dependencies = {}, peerDependencies = {} } = manifestOf(folder);
  const imported = new Set();
  for (const file of filesOf(folder)) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    for (const specifier of importsOf(file, readFileSync(join(folder, file), 'utf8'))) {
      const [scope, name] = specifier.split('/');
      imported.add(specifier.startsWith('@') ? `${scope}/${name}` : scope);
    }
  }
  const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  const needless = Object.keys(dependencies).filter((name) => !imported.has(name) && !CARRIED.has(name));
  const unnamed = [...imported].filter(
    (name) => !known.includes(name) && !name.startsWith('node:') && name !== ownName,
  );
  return [
    ...needless.map((name) => `the dependency ${name} is imported nowhere`),
    ...unnamed.map((name) => `${name} is imported, and is no dependency`),
  ];
}

/** Bare specifiers that a module imports, or exports from. */
function importsOf(file, code) {
  const { staticImports, staticExports, dynamicImports } = parseSync(file, code).module;
  return [
    ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...staticExports.flatMap(({ entries }) => entries.map((entry) => entry.moduleRequest?.value ?? '.')),
    ...dynamicImports.map(({ moduleRequest: { start, end } }) => code.slice(start + 1, end - 1)),
  ].filter((specifier) => !/^[./]/.test(specifier));
}

/** Imported by no file of ours, yet needed: `isomorphic-ws` has it as a peer. */
const CARRIED = new Set(['ws']);

/** `jsr.json` says what `package.json` says. */
function wrongJsr(folder) {
  const file = join(folder, 'jsr.json');
  if (!existsSync(file)) return []; // only what needs no other package of ours is on JSR; Deno takes the rest from npm
  const { name, version, exports } = manifestOf(folder);
  const jsr = JSON.parse(readFileSync(file, 'utf8'));
  const entries = Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([entry, target]) => [entry, target['@patchcord/source']]);
  return [
    ...(jsr.name === name && jsr.version === version ? [] : ['jsr.json has another name or version']),
    ...(JSON.stringify(Object.entries(jsr.exports)) === JSON.stringify(entries)
      ? []
      : [`jsr.json has other entries than package.json: ${JSON.stringify(Object.fromEntries(entries))}`]),
  ];
}

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
