import { LitElement } from 'lit';

/**
 * The base of every component here: it renders into the light DOM, so one stylesheet (`styles/app.css`)
 * holds the design, `<regular-table>` is styled like any other table, labels and fragment links reach
 * across components, and the content security policy needs to know nothing about shadow roots.
 */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
