import type { ModelInfo, Summary } from '../api.js';
import { count, listing, percent, plural, share } from './format.js';

/** Counts per attack class, most frequent first, only what occurred. */
function attackClasses(model: ModelInfo, summary: Summary): { name: string; rows: number }[] {
  return model.classes
    .map(({ name, attack }, index) => ({ name, attack, rows: summary.classCounts[index] ?? 0 }))
    .filter(({ attack, rows }) => attack && rows > 0)
    .sort((a, b) => b.rows - a.rows);
}

/** Which classes the attacks are: one that dominates is named alone, otherwise the first three. */
function composition(classes: { name: string; rows: number }[], attacks: number): string {
  const [first, second] = classes;
  if (!first) return '';
  const rest = attacks - classes.reduce((sum, { rows }) => sum + rows, 0);
  if (!second && rest <= 0) return `, all of them ${first.name}`;
  if (first.rows >= attacks * 0.6) return `: mostly ${first.name} (${count(first.rows)})`;
  const leading = classes.slice(0, 3).map(({ name, rows }) => `${name} (${count(rows)})`);
  const isWhole = classes.length === leading.length && rest <= 0;
  const named = `: ${isWhole ? 'namely' : 'most often'} ${listing(leading)}`;
  if (rest <= 0) return named;
  return `${named}; of ${count(rest)} the likeliest single class is benign, but all attacks together are likelier`;
}

/** "61,204 of 86,181 flows look like attacks: mostly DOS_SYN_Hping (58,112)." */
export function attackSentence(model: ModelInfo, summary: Summary): string {
  const { analysed, attackRows } = summary;
  if (analysed === 0) return 'No flow could be read.';
  if (attackRows === 0) {
    return analysed === 1
      ? 'The one flow does not look like an attack.'
      : `None of the ${count(analysed)} flows looks like an attack.`;
  }
  const of = `${count(attackRows)} of ${plural(analysed, 'flow')}`;
  const look = attackRows === 1 ? 'looks like an attack' : 'look like attacks';
  return `${of} ${look}${composition(attackClasses(model, summary), attackRows)}.`;
}

/** "20,000 flows have an anomaly score." For a model without classes. */
export function scoredSentence({ analysed }: Summary): string {
  if (analysed === 0) return 'No flow could be read.';
  return `${plural(analysed, 'flow')} ${analysed === 1 ? 'has' : 'have'} an anomaly score and no class.`;
}

/** What the detector was fitted on, in words. */
export function trainingTraffic(model: ModelInfo | null): string {
  if (model?.detector?.fittedOn === 'benign') return 'benign training traffic';
  return model?.classes.length === 0 ? 'flows it was fitted on' : 'training traffic';
}

/** "0.4 % are stranger than all but 5 % of the training traffic." */
export function strangerSentence(model: ModelInfo, flagged: number, flows: number): string {
  const { detector } = model;
  if (!detector || flows === 0) return '';
  const traffic = trainingTraffic(model);
  if (flagged === 0) return `None is stranger than all but ${percent(0.05, 0)} of the ${traffic}.`;
  const verb = flagged === 1 ? 'is' : 'are';
  return `${share(flagged, flows)} ${verb} stranger than all but ${percent(0.05, 0)} of the ${traffic}.`;
}

/** What the rate that sets the detector's threshold is, by what the detector was fitted on. */
export function rateName(model: ModelInfo | null): string {
  return model?.detector?.fittedOn === 'benign' ? 'False-alarm rate' : 'Contamination';
}

/** "At this threshold expect about 50,000 false alarms per million benign flows." */
export function falseAlarmSentence(model: ModelInfo, perMille: number): string {
  if (model.detector?.fittedOn !== 'benign') return '';
  const alarms = (1000 - perMille) * 1000;
  const rate = `the threshold of ${percent((1000 - perMille) / 1000)}`;
  if (alarms === 0) {
    return `At ${rate} expect no false alarm among benign flows like those of the training, and many more where they differ.`;
  }
  return `At ${rate} expect about ${count(alarms)} false alarms per million benign flows like those of the training.`;
}

/** What the model can and cannot say, in one or two sentences. */
export function knowledgeSentence(model: ModelInfo): string {
  const { card, classes } = model;
  if (classes.length === 0) {
    return (
      `The detector was fitted on ${plural(card.trainingRows, 'flow')} without labels. It says how unlike these a flow ` +
      'is, not whether it is an attack: what is rare stands out, and what is frequent passes.'
    );
  }
  return (
    `The model was trained on ${plural(card.trainingRows, 'flow')} (${card.dataset.title}) and answers ` +
    `with one of its ${plural(classes.length, 'class', 'classes')}, whatever it is shown. An attack of another kind ` +
    'can only show up as a stranger.'
  );
}

/** Benign-looking flows: how many there are, and how many of them are above the verdict's threshold. */
export interface BenignStrangers {
  flows: number;
  strangers: number;
}

/** Reasons to take the answer with care; none where the file looks like what the model was trained on. */
export function cautions(importanceShare: number, benign: BenignStrangers | null): string[] {
  const found: string[] = [];
  if (importanceShare < 0.9) {
    found.push(
      `The file has only ${percent(importanceShare, 0)} of what the model leans on; the rest counts as missing.`,
    );
  }
  if (benign && benign.flows >= 20 && benign.strangers > benign.flows / 4) {
    found.push(
      `${share(benign.strangers, benign.flows, 0)} of the flows classed as benign are strangers, where about ${percent(0.05, 0)} would be ` +
        'usual: this network differs from the one the model knows, so trust its classes less.',
    );
  }
  return found;
}
