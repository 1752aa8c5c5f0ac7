import type { Analysis, Recognition, Row } from '../api.js';
import { percent } from './format.js';
import { HIGHEST_TRAINING_RANK, trainingPercentile } from './rank.js';
import { setText, setTitle } from './sets.js';

/** Cells further than this many standard deviations from the training mean are marked. */
const STRAY_DEVIATIONS = 3;

/** What a cell of the table of flows looks like: its text, its classes, what hovering says. */
export interface FlowCell {
  text: string;
  classes: readonly string[];
  title: string;
}

/** A column of the table: the result columns first, then the file's own. */
export interface FlowColumn {
  group: string;
  name: string;
  numeric: boolean;
  cell(row: Row, thresholdRank: number): FlowCell;
}

const RESULT = 'Result';

/** What a model without classes has nothing for. */
const CLASS_COLUMNS: FlowColumn[] = [
  { group: RESULT, name: 'Predicted class', numeric: false, cell: classCell },
  { group: RESULT, name: 'Confidence', numeric: true, cell: confidenceCell },
];

/** What a flow may be where that is not the predicted class alone. */
const SET_COLUMN: FlowColumn = {
  group: RESULT,
  name: 'Possible classes',
  numeric: false,
  cell: (row) => ({ text: setText(row), classes: [], title: setTitle(row) }),
};

/** All columns of the table for one analysis. `sample` tells which others hold numbers. */
export function flowColumns(analysis: Analysis, sample: readonly Row[]): FlowColumn[] {
  const { recognition, model } = analysis;
  const numeric = numericColumns(analysis, sample);
  return [
    ...(model.classes.length > 0 ? CLASS_COLUMNS : []),
    ...(model.sets ? [SET_COLUMN] : []),
    { group: RESULT, name: 'Anomaly', numeric: true, cell: anomalyCell },
    ...(recognition.label ? [labelColumn(recognition)] : []),
    ...recognition.columns.map((name, index) => ({
      group: 'From the file',
      name,
      numeric: numeric.has(index),
      cell: (row: Row) => fileCell(row, index, numeric.has(index)),
    })),
  ];
}

function numericColumns({ model, recognition }: Analysis, sample: readonly Row[]): Set<number> {
  const kinds = new Map(model.columns.map(({ name, kind }) => [name, kind]));
  const numeric = new Set(
    recognition.matched
      .filter(({ column }) => kinds.get(column) === 'numeric')
      .map(({ index }) => index),
  );
  const texts = (index: number) =>
    sample.map(({ cells }) => cells[index] ?? '').filter((text) => text.trim() !== '');
  // Ports and codes that the model takes for categories are numbers to the eye.
  for (const { index } of [...recognition.matched, ...recognition.ignored]) {
    const found = texts(index);
    if (found.length > 0 && found.every((text) => Number.isFinite(Number(text))))
      numeric.add(index);
  }
  return numeric;
}

function classCell(row: Row): FlowCell {
  if (row.rejected || row.class === null) {
    return {
      text: 'not read',
      classes: ['is-rejected'],
      title: 'This row could not be read; its cells are shown as they stand.',
    };
  }
  const kind = row.attack ? 'attack' : 'benign';
  return {
    text: row.class,
    classes: [`is-${kind}`],
    title: `${row.class}: ${kind}, family ${row.family ?? '–'}`,
  };
}

function confidenceCell(row: Row): FlowCell {
  if (row.rejected) return { text: '–', classes: ['num'], title: '' };
  const classes = row.confidence < 0.5 ? ['num', 'is-doubtful'] : ['num'];
  return { text: percent(row.confidence), classes, title: 'Probability of the predicted class' };
}

function anomalyCell(row: Row, thresholdRank: number): FlowCell {
  if (row.rejected) return { text: '–', classes: ['num'], title: '' };
  const classes = row.rank > thresholdRank ? ['num', 'is-flagged'] : ['num'];
  if (row.rank > HIGHEST_TRAINING_RANK) {
    return { text: '> all', classes, title: 'Stranger than every training flow' };
  }
  const percentile = `${trainingPercentile(row.rank).toFixed(1)}\u202f%`;
  return {
    text: percentile,
    classes,
    title: `${percentile} of the training flows are less strange`,
  };
}

function labelColumn({ label }: Recognition): FlowColumn {
  return {
    group: RESULT,
    name: `Label${label && label.header.toLowerCase() !== 'label' ? ` (${label.header})` : ''}`,
    numeric: false,
    cell: (row) => {
      const differs = row.class !== null && row.label !== null && row.label !== row.class;
      return {
        text: row.label ?? '–',
        classes: differs ? ['is-different'] : [],
        title: differs ? `Labelled ${row.label}, predicted ${row.class}` : '',
      };
    },
  };
}

function fileCell(row: Row, index: number, numeric: boolean): FlowCell {
  const text = row.cells[index] ?? '';
  const zscore = row.zscores[index] ?? Number.NaN;
  const stray = Math.abs(zscore) > STRAY_DEVIATIONS;
  const classes = [...(numeric ? ['num'] : []), ...(stray ? ['is-stray'] : [])];
  const side = zscore > 0 ? 'above' : 'below';
  return {
    text,
    classes,
    title: stray
      ? `${text}: ${Math.abs(zscore).toFixed(1)} standard deviations ${side} the training mean`
      : '',
  };
}
