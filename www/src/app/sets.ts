import type { CardCalibration, ModelInfo, Row, Summary } from '../api.js';
import { listing, percent, plural, score, share } from './format.js';

/** "XSS or SqlInjection", "none of the known"; nothing where the set is the predicted class alone. */
export function setText({ set, class: predicted }: Row): string {
  if (set === null || (set.length === 1 && set[0] === predicted)) return '';
  return set.length === 0 ? 'none of the known' : listing(set, 'or');
}

/** What a set is, in a sentence, for what hovering says. */
export function setTitle(row: Row): string {
  const text = setText(row);
  if (text === '') return '';
  return row.set?.length === 0
    ? 'Like no class that the model knows, at the coverage that it states'
    : `May be ${text}, at the coverage that the model states`;
}

/**
 * "2,831 flows (14.6 %) can be one of several", and what that means. What is counted is first on lines of its own, so that
 * nothing moves while numbers grow.
 */
export function setSentence({ sets }: ModelInfo, { setSizes, coverage }: Summary): string {
  const flows = setSizes.reduce((sum, rows) => sum + rows, 0);
  if (!sets || flows === 0) return '';
  const [none = 0, one = 0] = setSizes;
  const several = flows - none - one;
  const part = (rows: number) => `${plural(rows, 'flow')} (${share(rows, flows)})`;
  const found =
    coverage === null ? '' : `\nOf this file’s labelled flows ${percent(coverage)} have.`;
  return [
    `${part(one)} can be one class only,`,
    `${part(several)} one of several,`,
    `${part(none)} look like none of the known.`,
    `Of flows like those of the training ${percent(sets.coverage)} have their class in such a set.${found}`,
  ].join('\n');
}

/** "Calibrated: log-loss 0.6097 became 0.6042, …" on unseen flows. */
export function calibrationNote({ rows, logLoss, calibrationError, ...sets }: CardCalibration) {
  const [before, calibrated] = logLoss;
  const [errorBefore, error] = calibrationError;
  const size = (sets.setClasses / rows).toFixed(2);
  const found =
    sets.setClasses === 0
      ? ''
      : ` Sets had ${size} classes in the mean and held the label of ${share(sets.covered, rows)}; ${share(sets.empty, rows)} were empty.`;
  return (
    `Probabilities are calibrated: on ${plural(rows, 'different unseen flow')} log-loss is ${score(calibrated)} (${score(before)} ` +
    `before), calibration error ${score(error)} (${score(errorBefore)}).${found}`
  );
}
