import { MediaError } from '@patchcord/core';

/** A module for the audio thread. */
export interface WorkletModule {
  /** Its text, bundled. */
  readonly text: string;
  /** Its name in this package's `dist`, for pages that load it from an address of their own. */
  readonly file: string;
}

/** A context takes a processor's name once only. */
const loaded = new WeakMap<BaseAudioContext, Map<string, Promise<void>>>();

/**
 * Makes the processors of a module known to a context: from text within this package, or from `workletUrl` where the page's
 * content-security policy allows no `blob:` scripts.
 *
 * @throws MediaError `refused` when the browser does not load it, or has no AudioWorklet
 */
export function loadWorklet(
  context: BaseAudioContext,
  module: WorkletModule,
  workletUrl?: string | URL,
): Promise<void> {
  const modules = loaded.get(context) ?? new Map<string, Promise<void>>();
  loaded.set(context, modules);
  const before = modules.get(module.file);
  if (before) return before;
  const loading = load(context, module, workletUrl);
  modules.set(module.file, loading);
  loading.catch(() => modules.delete(module.file));
  return loading;
}

async function load(
  context: BaseAudioContext,
  { text, file }: WorkletModule,
  workletUrl?: string | URL,
): Promise<void> {
  if (!context.audioWorklet) {
    throw new MediaError(
      'refused',
      'This page has no AudioWorklet. Browsers give it to secure pages only: serve the page over https or from localhost.',
    );
  }
  const url = workletUrl ?? URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(url);
  } catch (cause) {
    throw new MediaError(
      'refused',
      workletUrl
        ? `The browser did not load the audio worklet from ${workletUrl}. Serve the file dist/${file} of @patchcord/player there, as JavaScript.`
        : `The browser did not load the audio worklet from a blob: URL. Where the page forbids those, serve dist/${file} of @patchcord/player and pass its address as workletUrl.`,
      { cause },
    );
  } finally {
    if (!workletUrl) URL.revokeObjectURL(String(url));
  }
}
