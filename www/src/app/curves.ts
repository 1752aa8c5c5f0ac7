/** The detector over all thresholds at once: what its curves are worth, the curves, and their points in tables. */

import { html, nothing, type TemplateResult } from 'lit';
import type { DetectorSweep } from '../api.js';
import { percent, score } from './format.js';

type Charts = typeof import('./charts.js');

/** A curve, and the words for it. */
interface Drawn {
  id: string;
  title: string;
  /** The stylesheet's name for the line: those of recall and precision, which it shows. */
  name: string;
  x: readonly number[];
  y: readonly number[];
  xText: string;
  yText: string;
  random: readonly [number, number];
}

/** ROC and precision-recall curves of a file with labels. */
export function curves(
  sweep: DetectorSweep,
  charts: Charts | null,
  size: { width: number; height: number },
): TemplateResult {
  const { roc, precisionRecall, baseRate } = sweep;
  if (!roc || !precisionRecall || baseRate === null) {
    return html`<p class="note">Curves over all thresholds need labels of attacks and of benign flows.</p>`;
  }
  const both: Drawn[] = [
    {
      id: 'roc',
      title: 'ROC: recall over benign flows flagged',
      name: 'recall',
      x: roc.falseAlarmRate,
      y: roc.recall,
      xText: 'Benign flagged',
      yText: 'Recall',
      random: [0, 1],
    },
    {
      id: 'precision-recall',
      title: 'Precision over recall',
      name: 'precision',
      x: precisionRecall.recall,
      y: precisionRecall.precision,
      xText: 'Recall',
      yText: 'Precision',
      random: [baseRate, baseRate],
    },
  ];
  return html`<h3>All thresholds at once</h3>
    <p class="note" data-testid="areas">
      AUROC <span class="figure" data-testid="curves-auroc">${score(sweep.auroc)}</span>, average precision
      <span class="figure" data-testid="average-precision">${score(sweep.averagePrecision)}</span>.
      ${percent(baseRate)} of the labelled flows are attacks: flagging at random would get an average precision of
      <span class="figure" data-testid="base-rate">${score(baseRate)}</span>, and an AUROC of 0.5.
    </p>
    <div class="chart-pair">${both.map((curve) => figure(curve, charts, size))}</div>
    <p class="fine">The dotted lines: flagging at random.</p>
    <details class="list">
      <summary><span class="list-name">Every point of the curves</span></summary>
      <div class="chart-pair">${both.map(table)}</div>
    </details>`;
}

function figure(
  { title, name, x, y, xText, yText, random }: Drawn,
  charts: Charts | null,
  { width, height }: { width: number; height: number },
): TemplateResult {
  const label = `${title}: ${yText.toLowerCase()} upwards, ${xText.toLowerCase()} to the right; the text above has the area, the table below the points`;
  return html`<figure>
    <figcaption>${title}</figcaption>
    <div class="chart-place">
      ${charts && width > 0 ? charts.curveChart({ name, x, y, random, width, height, label }) : nothing}
    </div>
  </figure>`;
}

function table({ id, title, x, y, xText, yText }: Drawn): TemplateResult {
  return html`<div class="scroll-box" tabindex="0" role="region" aria-label=${title}>
    <table class="plain" data-testid=${`${id}-points`}>
      <thead>
        <tr>
          <th scope="col" class="num">${xText}</th>
          <th scope="col" class="num">${yText}</th>
        </tr>
      </thead>
      <tbody>
        ${x.map(
          (share, at) => html`<tr>
            <td class="num">${percent(share, 2)}</td>
            <td class="num">${percent(y[at] ?? Number.NaN, 2)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
