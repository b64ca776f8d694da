import { noChange } from 'lit';
import { Directive, type DirectiveResult, directive, type ElementPart } from 'lit/directive.js';

/**
 * Sets custom properties of an element through its style object, not by a `style` attribute: a strict
 * content-security policy refuses those.
 */
class StyleVars extends Directive {
  override render(_values: Readonly<Record<`--${string}`, string>>): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [values]: [Readonly<Record<`--${string}`, string>>]): typeof noChange {
    const { element } = part;
    if (element instanceof HTMLElement) {
      for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value);
    }
    return noChange;
  }
}

const create = directive(StyleVars);

/** `<i ${styleVars({ '--v': '40%' })}>`. */
export function styleVars(values: Readonly<Record<`--${string}`, string>>): DirectiveResult {
  return create(values);
}
