import { html, type TemplateResult } from 'lit';

/** Class names are one long word; on a narrow page they may break after an underscore. */
export function breakable(name: string): TemplateResult[] {
  return name.split(/(?<=_)/).map((part) => html`${part}<wbr />`);
}
