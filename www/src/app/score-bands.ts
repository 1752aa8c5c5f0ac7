import { html, type TemplateResult } from 'lit';
import { count, share } from './format.js';
import { type RankCounts, thresholdRank } from './rank.js';

const BAND_PER_MILLE = 50;

interface Band {
  name: string;
  rows: number;
}

/** Exact counts in bands of five percent of the training flows, and on both sides of them. */
function bands(ranks: RankCounts): Band[] {
  const lowest = ranks.above(thresholdRank(0));
  const found: Band[] = [
    { name: 'No stranger than any training flow', rows: ranks.flows - lowest },
  ];
  for (let from = 0; from < 1000; from += BAND_PER_MILLE) {
    const to = from + BAND_PER_MILLE;
    const rows = ranks.above(thresholdRank(from)) - ranks.above(thresholdRank(to));
    found.push({ name: `${from / 10} to ${to / 10} %`, rows });
  }
  found.push({ name: 'Stranger than every training flow', rows: ranks.above(thresholdRank(1000)) });
  return found;
}

/** The histogram as a table. */
export function bandTable(ranks: RankCounts): TemplateResult {
  return html`<table class="plain" data-testid="band-table">
    <thead>
      <tr>
        <th scope="col">Training flows that are less strange</th>
        <th scope="col" class="num">Flows</th>
        <th scope="col" class="num">Share</th>
      </tr>
    </thead>
    <tbody>
      ${bands(ranks).map(
        ({ name, rows }) => html`<tr>
          <th scope="row">${name}</th>
          <td class="num">${count(rows)}</td>
          <td class="num">${share(rows, ranks.flows)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
