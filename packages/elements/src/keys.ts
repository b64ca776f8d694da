/**
 * The keys of the page: one table, for the keyboard and for the dialog that explains it.
 *
 * @module
 */

/** What a key does. */
export type KeyAction =
  | 'search'
  | 'escape'
  | 'enter'
  | 'live'
  | 'back'
  | 'on'
  | 'far-back'
  | 'far-on'
  | 'previous'
  | 'next'
  | 'zoom-in'
  | 'zoom-out'
  | 'mute-caller'
  | 'mute-agent'
  | 'solo-caller'
  | 'solo-agent'
  | 'view-live'
  | 'view-wall'
  | 'view-latency'
  | 'look'
  | 'hang-up'
  | 'barge-in'
  | 'keys';

/** Letters and signs, as `event.key` has them in lower case; `^` stands for Shift. */
const actions: Readonly<Record<string, KeyAction>> = {
  '/': 'search',
  escape: 'escape',
  enter: 'enter',
  l: 'live',
  arrowleft: 'back',
  arrowright: 'on',
  '^arrowleft': 'far-back',
  '^arrowright': 'far-on',
  '[': 'previous',
  ']': 'next',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  m: 'mute-caller',
  '^m': 'mute-agent',
  s: 'solo-caller',
  '^s': 'solo-agent',
  1: 'view-live',
  2: 'view-wall',
  3: 'view-latency',
  w: 'look',
  '^h': 'hang-up',
  '^b': 'barge-in',
  '?': 'keys',
};

/** What a key press asks for; undefined for one that is nobody's, or somebody else's. */
export function actionOf(event: {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}): KeyAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  const isNamed = event.key.length > 1 || /^\p{L}$/u.test(event.key);
  return actions[event.shiftKey && isNamed ? `^${key}` : key];
}

/**
 * What a key press on a page asks an element for. Keys count inside the element, and where nothing on the page has the
 * focus; not in fields, but for sliders, whose arrows are their own.
 */
export function actionFor(
  event: KeyboardEvent,
  element: EventTarget,
  noLetters: boolean,
): KeyAction | undefined {
  if (event.defaultPrevented || (noLetters && event.key.length === 1)) return undefined;
  const path = event.composedPath();
  const [target] = path;
  const isUnfocused = target === document.body;
  if (!isUnfocused && !path.includes(element)) return undefined;
  const isRange = target instanceof HTMLInputElement && target.type === 'range';
  const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (isField && !(isRange && !event.key.startsWith('Arrow'))) return undefined;
  const action = actionOf(event);
  return action === 'enter' && !isUnfocused ? undefined : action;
}

/** The table as people read it: keys, and what they do. */
export const keyTable: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'Search'],
  ['↑ ↓ Home End', 'Move in the list'],
  ['Enter', 'Listen to the call'],
  ['Esc', 'Stop, close, or keep the call'],
  ['L', 'Go live'],
  ['← →', '1 s back or on; with Shift 10 s'],
  ['[ ]', 'Previous, next event'],
  ['+ −', 'Zoom'],
  ['M Shift+M', 'Mute caller, agent'],
  ['S Shift+S', 'Caller only, agent only'],
  ['1 2 3', 'Live, Wall, Latency'],
  ['W', 'Waveform or spectrogram'],
  ['Shift+H', 'Open Hang up…'],
  ['Shift+B', 'Open Barge in…; then hold Space'],
  ['?', 'This list'],
];
