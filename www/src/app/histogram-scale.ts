/** The vertical scale of the score histogram: counts to heights between 0 and 100. */

/** Height of the highest bar: a little air above it. */
const TOP = 96;

export interface CountScale {
  height(rows: number): number;
  ticks: { rows: number; at: number }[];
}

/** Powers of ten; 0 has height 0, and a single flow is visible beside a million. */
export function logScale(most: number): CountScale {
  const top = Math.log10(1 + Math.max(most, 9));
  const height = (rows: number) => (Math.log10(1 + rows) / top) * TOP;
  const powers = Array.from({ length: Math.floor(top) + 1 }, (_, power) => 10 ** power);
  const step = Math.ceil(powers.length / 5);
  const ticks = powers
    .filter((rows, index) => rows <= Math.max(most, 9) && index % step === 0)
    .map((rows) => ({ rows, at: height(rows) }));
  return { height, ticks };
}

/** Proportional heights, ticks at round numbers. */
export function linearScale(most: number): CountScale {
  const top = Math.max(most, 4);
  const height = (rows: number) => (rows / top) * TOP;
  const rough = top / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  const ticks: CountScale['ticks'] = [];
  for (let rows = step; rows <= top; rows += step) ticks.push({ rows, at: height(rows) });
  return { height, ticks };
}

/** Bars as one outline: `counts.length` wide, 100 high, y downwards. */
export function barsOutline(counts: readonly number[], scale: CountScale): string {
  let path = 'M0 100';
  counts.forEach((rows, bin) => {
    path += `V${(100 - scale.height(rows)).toFixed(2)}H${bin + 1}`;
  });
  return `${path}V100Z`;
}

/** 1000 → "1k", 2000000 → "2M": for axis labels, where room is short. */
export function shortCount(value: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(
    value,
  );
}
