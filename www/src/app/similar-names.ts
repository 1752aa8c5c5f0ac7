/**
 * Guesses which column of a file is which of a model, by their names. Exporters abbreviate, translate the
 * direction of packets and join words as they like: `Tot Fwd Pkts`, `total_fwd_packets`, `orig_pkts`.
 */

/** Words that stand for the same, the first for all. */
const SAME_WORDS = [
  ['packet', 'packets', 'pkt', 'pkts', 'pckts'],
  ['byte', 'bytes', 'byts', 'octets', 'size', 'len', 'length'],
  ['fwd', 'forward', 'src', 'source', 'orig', 'originator', 'client', 'out', 's'],
  ['bwd', 'backward', 'dst', 'dest', 'destination', 'resp', 'responder', 'server', 'in', 'd'],
  ['duration', 'dur', 'time', 'elapsed'],
  ['count', 'cnt', 'num', 'number', 'n', 'no'],
  ['total', 'tot', 'sum'],
  ['mean', 'avg', 'average'],
  ['std', 'stdev', 'stddev', 'deviation', 'sd'],
  ['var', 'variance'],
  ['min', 'minimum'],
  ['max', 'maximum'],
  ['proto', 'protocol'],
  ['rate', 'speed', 'per', 'persec'],
  ['sec', 's', 'second', 'seconds'],
  ['flag', 'flags'],
  ['header', 'hdr'],
  ['port', 'p'],
  ['ip', 'h', 'host', 'addr', 'address'],
  ['state', 'status'],
  ['service', 'svc'],
];

const WORD_OF = new Map<string, string>();
for (const [first = '', ...others] of SAME_WORDS) {
  for (const word of [first, ...others]) if (!WORD_OF.has(word)) WORD_OF.set(word, first);
}

/** Words that say little: two names that have only these in common have nothing in common. */
const WEAK = new Set(['flow', 'id', 'count', 'total', 'fwd', 'bwd', 'mean', 'min', 'max', 'std']);

/** Below this likeness two names are no guess. */
const LEAST = 0.5;

/** What names and cells say about a column. */
export interface Candidate {
  name: string;
  /** Whether its cells are numbers; null where there are none. */
  numeric: boolean | null;
}

/** The columns that names make likely: for each expected one the index of a found one, or none. */
export function guessColumns(
  expected: readonly Candidate[],
  found: readonly (Candidate & { index: number })[],
): (number | undefined)[] {
  const wanted = expected.map(({ name }) => wordsOf(name));
  const pairs = found.flatMap((candidate) => {
    const words = wordsOf(candidate.name);
    return expected.map((column, at) => ({
      at,
      index: candidate.index,
      likeness: fits(column, candidate) ? likeness(wanted[at] ?? [], words) : 0,
    }));
  });
  const guesses: (number | undefined)[] = expected.map(() => undefined);
  const taken = new Set<number>();
  for (const { at, index, likeness } of pairs.sort((a, b) => b.likeness - a.likeness)) {
    if (likeness < LEAST || guesses[at] !== undefined || taken.has(index)) continue;
    guesses[at] = index;
    taken.add(index);
  }
  return guesses;
}

/** Words never are numbers; numbers may be categories, as ports and protocols are. */
function fits(expected: Candidate, found: Candidate): boolean {
  return !(expected.numeric === true && found.numeric === false);
}

/** `fwdPktLenMax` and `Fwd Packet Length Max` are the same four words. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '')
    .map((word) => WORD_OF.get(word) ?? word);
}

/** 0 to 1: the share of the words that both have, those that nearly agree by their letters. */
function likeness(one: readonly string[], other: readonly string[]): number {
  const left = [...other];
  let common = 0;
  let telling = false;
  for (const word of one) {
    let best = { at: -1, share: 0 };
    left.forEach((candidate, at) => {
      const share = alike(word, candidate);
      if (share > best.share) best = { at, share };
    });
    if (best.share < 0.6) continue;
    left.splice(best.at, 1);
    common += best.share;
    telling ||= !WEAK.has(word);
  }
  return telling ? (2 * common) / (one.length + other.length) : 0;
}

/** How alike two words are: by the pairs of letters that both have. */
function alike(one: string, other: string): number {
  if (one === other) return 1;
  const pairs = (word: string) => [...word].slice(1).map((letter, at) => `${word[at]}${letter}`);
  const left = pairs(other);
  const ours = pairs(one);
  if (ours.length === 0 || left.length === 0) return 0;
  const total = ours.length + left.length;
  let common = 0;
  for (const pair of ours) {
    const at = left.indexOf(pair);
    if (at < 0) continue;
    left.splice(at, 1);
    common += 2;
  }
  return common / total;
}
