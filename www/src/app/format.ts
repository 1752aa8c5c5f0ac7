/** Numbers as people read them: grouped digits, a thin no-break space before every unit. */

const NARROW_SPACE = '\u202f';
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 61204 → "61,204". */
export function count(value: number): string {
  return grouped.format(value);
}

/** "1 row", "61,204 rows". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/**
 * A share between 0 and 1 as percent. Never rounds something to nothing, nor almost everything to
 * everything: 3 of 100,000 is "< 0.1 %", and 99,999 of 100,000 is "> 99.9 %".
 */
export function percent(share: number, digits = 1): string {
  if (!Number.isFinite(share)) return '–';
  const smallest = 10 ** -digits;
  const value = share * 100;
  if (value > 0 && value < smallest / 2) return `<${NARROW_SPACE}${smallest}${NARROW_SPACE}%`;
  if (value < 100 && value > 100 - smallest / 2) {
    return `>${NARROW_SPACE}${(100 - smallest).toFixed(digits)}${NARROW_SPACE}%`;
  }
  return `${value.toFixed(digits)}${NARROW_SPACE}%`;
}

/** part ÷ whole as percent; a dash where there is no whole. */
export function share(part: number, whole: number, digits = 1): string {
  return whole > 0 ? percent(part / whole, digits) : '–';
}

/** Precision, recall, F1, accuracy: four decimals, a dash where undefined. */
export function score(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(4);
}

/** A rate per million, as a whole number; a dash where undefined. */
export function perMillion(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : count(value);
}

/** 47185920 → "45.0 MB" (decimal megabytes, as file managers and MB/s count). */
export function bytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.95 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : 1;
  return `${scaled.toFixed(digits)}${NARROW_SPACE}${units[unit]}`;
}

/** 214 → "214 MB/s". */
export function rate(megabytesPerSecond: number): string {
  const digits = megabytesPerSecond < 10 ? 1 : 0;
  return `${megabytesPerSecond.toFixed(digits)}${NARROW_SPACE}MB/s`;
}

/** 912 → "0.9 s", 75200 → "1 min 15 s". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}${NARROW_SPACE}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}${NARROW_SPACE}min ${whole % 60}${NARROW_SPACE}s`;
}

/** A statistic of a column: as many digits as say something, never an exponent for everyday sizes. */
export function statistic(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(2);
  return value.toLocaleString('en', { maximumSignificantDigits: size >= 1000 ? 6 : 4 });
}

/** "a", "a and b", "a, b and c"; or with another word before the last. */
export function listing(items: readonly string[], word = 'and'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${word} ${items[items.length - 1]}`;
}
