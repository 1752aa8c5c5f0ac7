"""What imbalanced-learn and scikit-learn find in a made-up table: the expected values of src/balance and src/select.

    pip install imbalanced-learn==0.14.2 scikit-learn==1.9.1
    python trainer/tests/balance_golden.py > trainer/tests/golden/balance.txt

The table has four columns of numbers, three of words or few values, and three classes. One line each:

    columns NAME…
    row CLASS VALUE…
    smote ROW NEIGHBOUR…            the five neighbours that SMOTE draws from, on the numbers alone
    smote_nc ROW NEIGHBOUR…         the same of SMOTENC, on numbers and words
    median CLASS VALUE              what SMOTENC counts for a word that differs
    f_classif COLUMN VALUE          of a column of numbers
    f_classif_words COLUMN VALUE    the largest of its words as columns of zeros and ones
    mutual_info_score COLUMN VALUE  in nats

Numbers are multiples of 1/4096, so that 32 bits hold them exactly.
"""

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC
from sklearn.feature_selection import f_classif
from sklearn.metrics import mutual_info_score

NUMBERS = ["duration", "bytes", "rate", "load"]
WORDS = ["proto", "state", "flags"]
SIZES = [60, 17, 6]

rng = np.random.default_rng(20)
labels = np.repeat(np.arange(3), SIZES)
means = rng.normal(0, 2, (3, 4))
numbers = means[labels] + rng.normal(0, 1, (len(labels), 4)) * [1, 3, 0.5, 2]
numbers = np.round(numbers * 4096) / 4096
words = np.stack([rng.integers(0, 2, len(labels)), (labels + rng.integers(0, 2, len(labels))) % 3, rng.integers(0, 5, len(labels))], axis=1)
everything = np.hstack([numbers, words])


def neighbours(sampler, table):
    """Those that a sampler draws from, as rows of the table, by class."""
    found = {}

    def watch(x, y_dtype, y_type, nn_data, nn_num, n_samples, step_size=1.0, y=None):
        found[y_type] = nn_num.copy()
        return type(sampler)._make_samples(sampler, x, y_dtype, y_type, nn_data, nn_num, n_samples, step_size, y)

    sampler._make_samples = watch
    sampler.fit_resample(table, labels)
    for own, nn_num in sorted(found.items()):
        rows = np.flatnonzero(labels == own)
        for row, nearest in zip(rows, nn_num):
            yield row, rows[nearest]


print("columns", *NUMBERS, *WORDS)
for label, row in zip(labels, everything):
    print("row", label, *(repr(float(value)) for value in row))
for row, nearest in neighbours(SMOTE(random_state=0), numbers):
    print("smote", row, *nearest)
sampler = SMOTENC([4, 5, 6], random_state=0)
for row, nearest in neighbours(sampler, everything):
    print("smote_nc", row, *nearest)
for own, median in sorted(sampler.median_std_.items()):
    print("median", own, repr(float(median)))
for name, value in zip(NUMBERS, f_classif(numbers, labels)[0]):
    print("f_classif", name, repr(float(value)))
for name, column in zip(WORDS, words.T):
    indicators = np.stack([column == word for word in np.unique(column)], axis=1).astype(float)
    print("f_classif_words", name, repr(float(f_classif(indicators, labels)[0].max())))
for name, column in list(zip(WORDS, words.T))[1:]:
    print("mutual_info_score", name, repr(float(mutual_info_score(column, labels))))
