/**
 * Elements that not every page needs, or not at once: loaded when they are first shown.
 *
 * @module
 */

const loaders: Readonly<Record<string, () => Promise<CustomElementConstructor>>> = {
  'call-facts': async () => (await import('./parts/call-facts.ts')).CallFacts,
  'call-wall': async () => (await import('./parts/call-wall.ts')).CallWall,
  'call-latency': async () => (await import('./parts/call-latency.ts')).CallLatency,
  'hang-up': async () => (await import('./parts/hang-up.ts')).HangUp,
  'barge-in': async () => (await import('./parts/barge-in.ts')).BargeIn,
};

const loading = new Map<string, Promise<void>>();

/** Loads an element and registers it, once. One that stands in the page already begins to work then. */
export function load(name: keyof typeof loaders & string): Promise<void> {
  const before = loading.get(name);
  if (before) return before;
  const loader = loaders[name];
  if (!loader || customElements.get(name)) return Promise.resolve();
  const loaded = loader().then((element) => {
    if (!customElements.get(name)) customElements.define(name, element);
  });
  // A page that was offline for a moment may ask again.
  loaded.catch(() => loading.delete(name));
  loading.set(name, loaded);
  return loaded;
}
