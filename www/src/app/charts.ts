/**
 * Charts, drawn by Observable Plot. A module of its own because it is loaded after the first paint: the
 * page is complete without it, and every chart has its numbers in a table beside it.
 */

import { lineY, type Markish, plot, ruleX, ruleY } from '@observablehq/plot';

/** A line of a chart: its values stand at the chart's places. */
export interface Line {
  /** The stylesheet's name for its look: `line-NAME` colours it. */
  name: string;
  values: readonly number[];
  /** Lines differ in their dashes too, not only in colour. */
  dashes: string;
}

/** Shares between 0 and 1 over contaminations, with a rule at the one in force. */
export function shareChart(options: {
  contaminations: readonly number[];
  lines: readonly Line[];
  current: number | null;
  width: number;
  height: number;
  label: string;
}): SVGElement {
  const { contaminations, lines, current, width, height, label } = options;
  const last = contaminations.at(-1) ?? 1;
  return drawn({ last, width, height, label }, [
    ...(current !== null && current <= last
      ? [ruleX([current], { stroke: 'var(--flagged)', strokeWidth: 2 })]
      : []),
    ...lines.map(({ name, values, dashes }) => shareLine(contaminations, values, name, dashes)),
  ]);
}

/** One share over another, both between 0 and 1, beside the line that flagging at random gives. */
export function curveChart(options: {
  /** The stylesheet's name for the curve's look, as in {@link Line}. */
  name: string;
  x: readonly number[];
  y: readonly number[];
  /** Where the line of flagging at random begins and ends: at 0 and at 1. */
  random: readonly [number, number];
  width: number;
  height: number;
  label: string;
}): SVGElement {
  const { name, x, y, random, width, height, label } = options;
  return drawn({ last: 1, width, height, label }, [
    shareLine([0, 1], random, 'flagged', '2 3'),
    shareLine(x, y, name, 'none'),
  ]);
}

function shareLine(x: readonly number[], y: readonly number[], name: string, dashes: string) {
  return lineY(y, {
    x,
    y,
    stroke: `var(--line-${name})`,
    strokeWidth: 2,
    strokeDasharray: dashes,
    clip: true,
  });
}

/** A chart whose axes are shares: from left to right up to `last`, upwards up to 1. */
function drawn(
  options: { last: number; width: number; height: number; label: string },
  marks: Markish[],
): SVGElement {
  const { last, width, height, label } = options;
  const chart = plot({
    className: 'chart',
    width,
    height,
    marginTop: 10,
    marginRight: 22,
    marginBottom: 28,
    marginLeft: 40,
    ariaLabel: label,
    x: { domain: [0, last], label: null, ticks: 5, tickFormat: percentTick, tickSize: 0 },
    y: { domain: [0, 1], label: null, ticks: 5, tickFormat: percentTick, tickSize: 0, grid: true },
    marks: [ruleY([0], { stroke: 'var(--line-strong)' }), ...marks],
  });
  // The policy admits no inline style; the page's own stylesheet has what this one would say.
  for (const style of chart.querySelectorAll('style')) style.remove();
  // One image to assistive technology: its groups have names but no roles.
  for (const group of chart.querySelectorAll('g')) group.removeAttribute('aria-label');
  chart.setAttribute('role', 'img');
  return chart as unknown as SVGElement;
}

function percentTick(share: number): string {
  return `${Math.round(share * 100)}\u202f%`;
}
