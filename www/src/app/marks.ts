import { html, svg, type TemplateResult } from 'lit';

/**
 * Attack and benign differ in shape and word, not only in colour: a filled diamond and an open circle.
 * The word is for screen readers where the text beside it does not say it.
 */
export function kindMark(attack: boolean): TemplateResult {
  return attack
    ? html`<svg class="mark is-attack" viewBox="0 0 12 12" role="img" aria-label="attack">
        <path d="M6 .8 11.2 6 6 11.2.8 6z" />
      </svg>`
    : html`<svg class="mark is-benign" viewBox="0 0 12 12" role="img" aria-label="benign">
        <circle cx="6" cy="6" r="4.2" />
      </svg>`;
}

/** The sieve: a row of flows above the mesh, the few that fall through below it. */
export function logo(): TemplateResult {
  const dots = [4, 10, 16, 22, 28];
  return html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    ${dots.map((x) => svg`<circle cx=${x} cy="6" r="1.9" />`)}
    ${dots.map((x) => svg`<circle cx=${x} cy="12.5" r="1.9" />`)}
    <path d="M1 18.5h4.6m3 0h8.4m3 0h3.4m3 0H31" />
    <circle class="fallen" cx="7.1" cy="24" r="1.9" />
    <circle class="fallen" cx="18.5" cy="28" r="1.9" />
    <circle class="fallen" cx="24.9" cy="23.5" r="1.9" />
  </svg>`;
}

/** Shade 0 (nothing) to 9 (the whole row); what is there at all is at least faintly visible. */
export function shade(rows: number, rowTotal: number): number {
  return rows === 0 || rowTotal === 0 ? 0 : Math.max(1, Math.round((rows / rowTotal) * 9));
}

/** Half lit, half dark. */
export function themeIcon(): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="6.2" class="stroke" />
    <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" />
  </svg>`;
}

/** A share of a whole as a bar; the figure stands beside it, so the bar itself is decoration. */
export function shareBar(part: number, whole: number, kind: string): TemplateResult {
  const filled = whole > 0 ? (part / whole) * 100 : 0;
  const width = part > 0 ? Math.max(filled, 0.6) : 0;
  return html`<svg class="share-bar ${kind}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="10" />
    <rect class="fill" width=${width} height="10" />
  </svg>`;
}

/** A contribution as a bar to the left or right of zero, `most` being the longest; the figure stands beside it. */
export function contributionBar(contribution: number, most: number): TemplateResult {
  const width = most > 0 ? (Math.abs(contribution) / most) * 98 : 0;
  const kind = contribution < 0 ? 'is-against' : 'is-for';
  return html`<svg class="contribution-bar" viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class=${kind} x=${contribution < 0 ? 100 - width : 100} y="1" width=${width} height="8" />
    <line x1="100" x2="100" y1="0" y2="10" />
  </svg>`;
}
